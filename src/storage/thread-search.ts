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

/** A thread's time to live, counted from its last change. */
export interface ThreadLifetime {
  /** What happens then: the thread goes, or all of its checkpoints but the newest. */
  readonly strategy: 'delete' | 'keep_latest';
  readonly minutes: number;
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
   * Threads that are not busy and whose time is over at `now` (epoch ms), in the order of their ids, above `after`.
   * @param byDefault of the threads that have none of their own
   */
  abstract due(
    now: number, byDefault: ThreadLifetime | null, after: string, limit: number,
  ): Awaitable<{ threadId: string; strategy: ThreadLifetime['strategy'] }[]>;
}
