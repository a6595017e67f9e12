import type { Awaitable } from './awaitable.js';

/** What threads can be sorted by. */
export const THREAD_SORT_FIELDS = ['thread_id', 'status', 'created_at', 'updated_at', 'state_updated_at'] as const;
export type ThreadSortField = (typeof THREAD_SORT_FIELDS)[number];

/** Which threads are looked for: those that fulfil everything given. */
export interface ThreadQuery {
  readonly owner: string | null;
  /** Their metadata holds this (`containsJson`). */
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly ids?: readonly string[];
  readonly status?: string;
  /** What the storage cannot decide; asked last. */
  readonly matches?: (threadId: string) => Awaitable<boolean>;
}

/** Threads with equal values are sorted by their ids. */
export interface ThreadPage {
  readonly sortBy: ThreadSortField;
  readonly sortOrder: 'asc' | 'desc';
  readonly limit: number;
  readonly offset: number;
}

/** What happens when a thread's time is over: it goes, or all of its checkpoints but the newest. */
export type LifetimeStrategy = 'delete' | 'keep_latest';

/** A thread's time to live, counted from its last change. */
export interface ThreadLifetime {
  readonly strategy: LifetimeStrategy;
  readonly minutes: number;
}

/** Threads whose time is over, and the last that was looked at; null when no thread is left. */
export interface DueThreads {
  readonly threadIds: readonly string[];
  readonly through: string | null;
}

/** No index decides the query, and it would have to look at more threads than MAX_THREADS_SCANNED. */
export class SearchTooBroadError extends Error {}

/** Finds threads among many; whole rows are read elsewhere. */
export abstract class ThreadSearch {
  /**
   * Ids of one page of the threads that fit, in order; one more than `limit` when there are more.
   * @throws SearchTooBroadError
   */
  abstract find(query: ThreadQuery, page: ThreadPage): Awaitable<string[]>;

  /**
   * How many threads fit; null when they are more than `atMost` and the storage does not know without counting them.
   * @throws SearchTooBroadError
   */
  abstract count(query: ThreadQuery, atMost: number): Awaitable<number | null>;
}

/** How long threads live. */
export abstract class ThreadLifetimes {
  /** The thread's own, or null. */
  abstract find(threadId: string): Awaitable<ThreadLifetime | null>;

  /** Gives a thread that exists a time to live of its own. */
  abstract save(threadId: string, lifetime: ThreadLifetime): Awaitable<void>;

  /**
   * Looks at a page of threads, in the order of their ids, for those that are not busy and whose time is over at `now`
   * (epoch ms).
   * @param byDefault of the threads that have none of their own
   */
  abstract due(now: number, byDefault: ThreadLifetime | null, after: string): Awaitable<DueThreads>;

  /** What is to be done about one thread now; null when its time is not over, or it is busy. */
  abstract dueOf(threadId: string, now: number, byDefault: ThreadLifetime | null): Awaitable<LifetimeStrategy | null>;
}
