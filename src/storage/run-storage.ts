import type { Awaitable } from './awaitable.js';
import type { Run, RunOutline, RunStatus } from './rows/run.js';

/** Which runs of a thread to list; `status` null means any. */
export interface ListQuery {
  readonly threadId: string;
  readonly status: RunStatus | null;
  readonly limit: number;
  readonly offset: number;
}

/** Which runs to list, over all threads of an owner; `threadId` null means any. */
export interface OwnedRunsQuery {
  readonly owner: string | null;
  readonly threadId: string | null;
  readonly limit: number;
  readonly offset: number;
}

/** Reads runs as committed; decisions look at their `ThreadUnit` instead. */
export abstract class RunStorage {
  /** The whole run, or null. What schedules and stops needs its outline only. */
  abstract find(runId: string): Awaitable<Run | null>;

  abstract outline(runId: string): Awaitable<RunOutline | null>;

  abstract statusOf(runId: string): Awaitable<RunStatus | null>;

  /** The run that is active, or else the one that is next and due, or null. */
  abstract next(threadId: string): Awaitable<RunOutline | null>;

  /** When (epoch ms) a run that waits for its time is due, the first after `since`; null when none is. */
  abstract nextDue(since: number): Awaitable<number | null>;

  /** Threads with runs that became due after `since` and until `now` (epoch ms). */
  abstract dueThreads(since: number, now: number): Awaitable<string[]>;

  /** Runs of a thread that are active or wait, in order of acceptance. */
  abstract unfinishedOf(threadId: string): Awaitable<RunOutline[]>;

  /** The run that was accepted last, or null. */
  abstract newest(threadId: string): Awaitable<RunOutline | null>;

  /** The newest run that a graph had on the thread; those that ended while they waited do not count. */
  abstract newestStarted(threadId: string, graphId: string): Awaitable<Run | null>;

  /** Runs of a thread, newest first. */
  abstract list(query: ListQuery): Awaitable<Run[]>;

  /** Runs of one owner, newest first. */
  abstract listOwned(query: OwnedRunsQuery): Awaitable<Run[]>;

  /** The same without what they were given. */
  abstract outlinesOfOwner(query: OwnedRunsQuery): Awaitable<RunOutline[]>;

  /** How many runs an owner has, or has on one thread. */
  abstract countOwned(owner: string | null, threadId: string | null): Awaitable<number>;

  /** Threads with a run that has not ended, or has not told so; in order of acceptance. */
  abstract threadsWithUnfinishedRuns(): Awaitable<string[]>;

  /** Whether runs of the thread were cancelled while they waited, and their terminals are not in the log yet. */
  abstract owesTerminals(threadId: string): Awaitable<boolean>;
}
