import type { Awaitable } from '../awaitable.js';
import type { CommitUnit, Committed } from './commit-unit.js';
import type { ThreadHead } from './thread-head.js';

/**
 * Where the log is written. One engine answers in the same tick, another with promises; the order is that of the calls.
 */
export abstract class LogStorage {
  /** The head of a thread as committed, or null when nothing was ever stored for it. */
  abstract head(threadId: string): Readonly<ThreadHead> | null;

  /**
   * One transaction for all units: for each thread its head is locked, the decisions run in the order of the units, and
   * what they changed is applied. The order of seqs is that of commits.
   * @throws whatever a decision throws, or the database's error; nothing of any unit is stored then
   */
  abstract commit(units: readonly CommitUnit[]): Awaitable<Committed>;

  /** Writes and removes something, to see whether the database can write again. @throws the database's error */
  abstract probe(): Awaitable<void>;

  /**
   * What keeps the engine from storing that it sees without writing, such as files that are gone; null when nothing
   * does.
   */
  abstract fault(): Error | null;

  /** Nothing is written by the engine on its own account from now on. */
  abstract close(): void;
}
