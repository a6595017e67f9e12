import type { Awaitable } from './awaitable.js';
import type { InterruptRow } from './rows/interrupt.js';

/** Reads interrupts as committed; decisions look at their `ThreadUnit` instead. */
export abstract class InterruptStorage {
  /** All of a thread, in the order in which they were announced. */
  abstract ofThread(threadId: string): Awaitable<InterruptRow[]>;

  /** JSON text of the data of each one's `input.requested`, by the id of the interrupt. */
  abstract questionsOf(threadId: string): Awaitable<ReadonlyMap<string, string>>;
}
