import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Settings } from '../config/settings.js';
import { ROW_KIND } from '../storage/log/event-draft.js';
import { type AgedRow, LogUpkeep, MAX_STEP_ROWS } from '../storage/log/log-upkeep.js';
import { EventLog } from './event-log.js';
import { firstStep } from './removal-step.js';
import { type ThreadHead, finishedThrough } from '../storage/log/thread-head.js';

/** What goes: rows up to `throughSeq`, and rows older than `before` (epoch ms). Both mean a beginning of the log. */
interface Expiry {
  readonly throughSeq: number;
  readonly before: number;
}

/** Threads whose count of rows is remembered. */
const MAX_REMEMBERED = 100_000;

/**
 * Removes the beginning of a thread's log, by age and by number of events. The last root `checkpoints` and `values` at
 * or below the cut stay under their own seq: they are the snapshot from which a reader that lost events goes on.
 * Unfinished runs are never trimmed (docs/event-stream.md, Signs of loss).
 */
@Injectable()
export class Retention {
  /**
   * By thread key, the head at which a compacted thread was found to hold no more events than it may. `maxSize` takes
   * memory as it fills, where `max` would take all of it at once.
   */
  private readonly withinLimitAt = new LRUCache<number, number>({ maxSize: MAX_REMEMBERED, sizeCalculation: () => 1 });

  constructor(
    private readonly upkeep: LogUpkeep,
    private readonly log: EventLog,
    private readonly settings: Settings,
  ) {}

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
    if ((await this.expired(head, expiry, 1)).length > 0) await this.upkeep.prepareRemoval(head.threadKey, signal);
    while (head && !signal?.aborted) {
      const gone = await this.expired(head, expiry, MAX_STEP_ROWS);
      if (gone.length === 0) return;
      await this.remove(head, gone);
      head = this.log.head(threadId);
    }
  }

  /** A finished run is never written again, so what was read of it before the transaction is still true in it. */
  private async remove({ threadId, threadKey, oldestSeq }: ThreadHead, gone: readonly AgedRow[]): Promise<void> {
    const cut = (gone.at(-1) as AgedRow).seq;
    const below = await this.upkeep.agedRows({ threadKey, after: 0, through: oldestSeq - 1 }, MAX_STEP_ROWS);
    const kept = snapshotOf([...below, ...gone]);
    await this.log.transact(
      threadId,
      (unit) => {
        if (unit.head.oldestSeq !== oldestSeq) return;
        unit.removeThrough(cut, kept);
        unit.head.oldestSeq = cut + 1;
      },
      { waits: true },
    );
  }

  /** The oldest rows that go, `limit` at most. Timestamps never fall, so the first row that stays ends them. */
  private async expired(head: ThreadHead, { throughSeq, before }: Expiry, limit: number): Promise<AgedRow[]> {
    const range = { threadKey: head.threadKey, after: head.oldestSeq - 1, through: finishedThrough(head) };
    const rows = await this.upkeep.agedRows(range, limit);
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
      lowestKept = (await this.upkeep.seqBelow(threadKey, lowestKept, counted - 1)) ?? 0;
      left -= counted;
      if (left > 0) await nextTurn();
    }
    const next = (await this.upkeep.seqBelow(threadKey, lowestKept, 0)) ?? 0;
    if (next >= oldestSeq) return next;
    this.withinLimitAt.set(threadKey, lastSeq);
    return 0;
  }
}

/** The seqs of the last root `checkpoints` and the last root `values` among rows in seq order. */
function snapshotOf(rows: readonly AgedRow[]): number[] {
  const last = (wanted: string): AgedRow | undefined =>
    rows.findLast(
      ({ kind, channel, namespace }) => kind === ROW_KIND.protocol && channel === wanted && namespace === '[]',
    );
  return [last('checkpoints'), last('values')].flatMap((row) => (row ? [row.seq] : []));
}
