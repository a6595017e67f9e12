import type { Awaitable } from './awaitable.js';

/** A thread of a run that was asked for without one; `removeAt` in epoch ms, null until the run has ended. */
export interface TemporaryThread {
  readonly threadId: string;
  readonly removeAt: number | null;
}

/** Threads that go by themselves. They are noted in the decision that makes them (`unit.thread.makeTemporary`). */
export abstract class TemporaryThreadStorage {
  abstract all(): Awaitable<TemporaryThread[]>;

  abstract setRemoval(threadId: string, removeAt: number): Awaitable<void>;
}
