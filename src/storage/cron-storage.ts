import type { Awaitable } from './awaitable.js';
import type { CronOutline, CronRow, CronTick } from './rows/cron.js';

/** Which crons of an owner are meant; null means any. */
export interface CronFilter {
  readonly owner: string | null;
  /** Names under which the assistant is known. */
  readonly assistantIds: readonly string[] | null;
  readonly threadId: string | null;
  readonly enabled: boolean | null;
  /** Keys that the metadata must have, each with this very value. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

export const CRON_ORDERS = [
  'cron_id', 'assistant_id', 'thread_id', 'created_at', 'updated_at', 'next_run_date',
] as const;
export type CronOrder = (typeof CRON_ORDERS)[number];

/** One page of them, in order; equal ones by id. */
export interface CronQuery extends CronFilter {
  readonly sortBy: CronOrder;
  readonly descending: boolean;
  readonly limit: number;
  readonly offset: number;
}

/**
 * Crons, and when they are due. A tick that starts a run is part of the decision that accepts it (`ThreadUnit.tick`).
 */
export abstract class CronStorage {
  abstract insert(row: CronRow): Awaitable<void>;

  abstract find(cronId: string): Awaitable<CronRow | null>;

  /**
   * Decides over the cron as it is stored, and stores what was decided, in one transaction.
   * @param decide synchronous; whatever it throws changes nothing
   * @returns the cron as it is now; null when there is none
   */
  abstract change(cronId: string, decide: (stored: CronRow) => CronRow): Awaitable<CronRow | null>;

  abstract remove(cronId: string): Awaitable<void>;

  abstract search(query: CronQuery): Awaitable<CronRow[]>;

  abstract count(filter: CronFilter): Awaitable<number>;

  /** Crons that are due at `now`, the one that waits longest first. */
  abstract due(now: number, limit: number): Awaitable<CronOutline[]>;

  /** When the next one is due (epoch ms), or null. */
  abstract nextDueAt(): Awaitable<number | null>;

  /** A tick that starts nothing. Returns false when the cron was not due at that time any more. */
  abstract skip(tick: CronTick): Awaitable<boolean>;
}
