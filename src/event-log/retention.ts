import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Database } from '../database/database.js';
import { ROW_KIND } from './event-draft.js';
import { EventLog } from './event-log.js';
import { MAX_STEP_ROWS, type SizedRow, firstStep } from './removal-step.js';
import { type ThreadHead, finishedThrough } from './thread-head.js';
import type { ThreadTransaction } from './thread-transaction.js';

interface StoredRow extends SizedRow {
  readonly kind: number;
  readonly channel: string;
  readonly namespace: string;
  readonly timestamp: number;
}

/** What goes: rows up to `throughSeq`, and rows older than `before` (epoch ms). Both mean a beginning of the log. */
interface Expiry {
  readonly throughSeq: number;
  readonly before: number;
}

/** Threads whose count of rows is remembered; beyond that the memory starts again. */
const MAX_REMEMBERED = 100_000;

/**
 * Removes the beginning of a thread's log, by age and by number of events. The last root `checkpoints` and `values` at
 * or below the cut stay under their own seq: they are the snapshot from which a reader that lost events goes on.
 * Unfinished runs are never trimmed (docs/event-stream.md, Signs of loss).
 */
@Injectable()
export class Retention {
  private readonly rows;
  private readonly snapshot;
  private readonly rowBelow;
  /** By thread key, the head at which a compacted thread was found to hold no more events than it may. */
  private readonly withinLimitAt = new Map<number, number>();

  constructor(database: Database, private readonly log: EventLog, private readonly settings: Settings) {
    const columns = 'seq, kind, channel, namespace, timestamp, octet_length(envelope) AS bytes';
    this.rows = database.handle.prepare<[number, number, number, number], StoredRow>(
      `SELECT ${columns} FROM log_events WHERE thread_key = ? AND seq >= ? AND seq <= ? ORDER BY seq LIMIT ?`,
    );
    this.snapshot = database.handle.prepare<[number, number], StoredRow>(
      `SELECT ${columns} FROM log_events WHERE thread_key = ? AND seq < ? ORDER BY seq`,
    );
    this.rowBelow = database.handle
      .prepare<[number, number, number], number>(
        'SELECT seq FROM log_events WHERE thread_key = ? AND seq < ? ORDER BY seq DESC LIMIT 1 OFFSET ?',
      )
      .pluck();
  }

  get enabled(): boolean {
    return this.settings.RETENTION_MAX_AGE_MS > 0 || this.settings.RETENTION_MAX_EVENTS > 0;
  }

  /**
   * Trims one thread as far as the settings say, in transactions of MAX_STEP_ROWS rows.
   * @param now epoch ms
   * @param signal stops between two transactions
   */
  async trim(threadId: string, now: number, signal?: AbortSignal): Promise<void> {
    let head = this.log.head(threadId);
    if (!head) return;
    const maxAge = this.settings.RETENTION_MAX_AGE_MS;
    const expiry = {
      throughSeq: await this.throughByCount(head),
      before: maxAge > 0 ? now - maxAge : Number.NEGATIVE_INFINITY,
    };
    // Most threads have nothing to lose: that costs a look at one row, not a transaction.
    if (this.expired(head, expiry, 1).length > 0) await this.log.settle(threadId, signal);
    while (head && !signal?.aborted && this.expired(head, expiry, 1).length > 0) {
      await this.log.transact(threadId, (transaction) => this.trimStep(transaction, expiry), { waits: true });
      head = this.log.head(threadId);
    }
  }

  private trimStep(transaction: ThreadTransaction, expiry: Expiry): void {
    const { head } = transaction;
    const gone = this.expired(head, expiry, MAX_STEP_ROWS);
    const cut = gone.at(-1)?.seq;
    if (cut === undefined) return;
    const kept = snapshotOf([...this.snapshot.all(head.threadKey, head.oldestSeq), ...gone]);
    transaction.removeThrough(cut, kept);
    head.oldestSeq = cut + 1;
  }

  /** The oldest rows that go, `limit` at most. Timestamps never fall, so the first row that stays ends them. */
  private expired(head: ThreadHead, { throughSeq, before }: Expiry, limit: number): StoredRow[] {
    const rows = this.rows.all(head.threadKey, head.oldestSeq, finishedThrough(head), limit);
    const stays = rows.findIndex(({ seq, timestamp }) => seq > throughSeq && timestamp >= before);
    return firstStep(stays === -1 ? rows : rows.slice(0, stays));
  }

  /** The seq up to which rows go so that RETENTION_MAX_EVENTS are left; 0 for none. */
  private async throughByCount({ threadKey, lastSeq, oldestSeq, compactedThroughSeq }: ThreadHead): Promise<number> {
    const limit = this.settings.RETENTION_MAX_EVENTS;
    if (limit === 0 || lastSeq - oldestSeq < limit || this.withinLimitAt.get(threadKey) === lastSeq) return 0;
    const dense = Math.max(compactedThroughSeq, oldestSeq - 1);
    if (lastSeq - limit >= dense) return lastSeq - limit;
    // Compaction leaves gaps, so below it rows have to be counted.
    let left = limit - (lastSeq - dense);
    let lowestKept = dense + 1;
    while (left > 0) {
      const counted = Math.min(left, MAX_STEP_ROWS);
      lowestKept = this.rowBelow.get(threadKey, lowestKept, counted - 1) ?? 0;
      left -= counted;
      if (left > 0) await nextTurn();
    }
    const next = this.rowBelow.get(threadKey, lowestKept, 0) ?? 0;
    if (next >= oldestSeq) return next;
    if (this.withinLimitAt.size >= MAX_REMEMBERED) this.withinLimitAt.clear();
    this.withinLimitAt.set(threadKey, lastSeq);
    return 0;
  }
}

/** The seqs of the last root `checkpoints` and the last root `values` among rows in seq order. */
function snapshotOf(rows: readonly StoredRow[]): number[] {
  const last = (wanted: string): StoredRow | undefined =>
    rows.findLast(({ kind, channel, namespace }) => kind === ROW_KIND.protocol && channel === wanted && namespace === '[]');
  return [last('checkpoints'), last('values')].flatMap((row) => (row ? [row.seq] : []));
}
