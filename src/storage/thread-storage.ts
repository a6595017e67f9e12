import type { Awaitable } from './awaitable.js';
import type { ThreadOutline, ThreadRow } from './rows/thread.js';

/** Reads threads as committed; decisions look at their `ThreadUnit` instead. Whose they are, `Ownership` decides. */
export abstract class ThreadStorage {
  /** The whole thread, or null. */
  abstract find(threadId: string): Awaitable<ThreadRow | null>;

  /** The thread without what can be large, or null. */
  abstract outline(threadId: string): Awaitable<ThreadOutline | null>;

  /** What `Ownership` needs of a thread, or null; a stream asks for it more often than for the rest. */
  abstract ownerOf(threadId: string): Awaitable<Pick<ThreadRow, 'owner'> | null>;
}
