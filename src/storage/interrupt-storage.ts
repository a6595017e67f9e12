import type { Awaitable } from './awaitable.js';
import type { InterruptRow } from './rows/interrupt.js';

/** Reads interrupts as committed; decisions look at their `ThreadUnit` instead. */
export abstract class InterruptStorage {
  /** All of a thread, in the order in which they were announced. */
  abstract ofThread(threadId: string): Awaitable<InterruptRow[]>;
}
