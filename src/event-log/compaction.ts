import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { LogUpkeep } from '../storage/log/log-upkeep.js';
import { EventLog } from './event-log.js';
import { firstStep } from './removal-step.js';
import { type FinishedRegion, SupersededRows } from './superseded-rows.js';
import { type ThreadHead, finishedThrough } from '../storage/log/thread-head.js';

const TERMINALS: ReadonlySet<string> = new Set(['completed', 'failed', 'interrupted']);

/**
 * Removes from the log of finished runs what their replay can do without, so that it takes a fraction of the bytes and
 * assembles to the same messages and the same state (docs/event-stream.md, Compaction).
 *
 * It goes run by run. A finished run is never written again, so what goes is found outside the transactions that remove
 * it; each of those moves `compacted_through_seq` with what it removed, so that it can be stopped between any two.
 */
@Injectable()
export class Compaction {
  constructor(
    private readonly upkeep: LogUpkeep,
    private readonly log: EventLog,
    private readonly superseded: SupersededRows,
    private readonly settings: Settings,
  ) {}

  get enabled(): boolean {
    return this.settings.COMPACT_AFTER_MS > 0;
  }

  /**
   * Compacts the runs of a thread that ended more than COMPACT_AFTER_MS ago, in transactions of MAX_STEP_ROWS rows.
   * @param now epoch ms
   * @param signal stops between two transactions
   */
  async compact(threadId: string, now: number, signal?: AbortSignal): Promise<void> {
    while (!signal?.aborted) {
      const head = this.log.head(threadId);
      const region = head && (await this.nextRegion(head, now - this.settings.COMPACT_AFTER_MS));
      if (!region) return;
      await this.compactRegion(threadId, region, signal);
    }
  }

  /** The oldest finished run that is not compacted, when its terminal is older than `before` (epoch ms). */
  private async nextRegion(head: ThreadHead, before: number): Promise<FinishedRegion | null> {
    const { threadKey, oldestSeq } = head;
    const after = Math.max(head.compactedThroughSeq, oldestSeq - 1);
    const limit = finishedThrough(head);
    const first = after < limit ? await this.upkeep.firstLifecycle({ threadKey, after, through: limit }) : null;
    if (!first || first.timestamp >= before) return null;
    const isTerminal = TERMINALS.has(first.event) || first.runId === null;
    // The index by run spares a long run the scan for its end.
    const end = isTerminal ? first : await this.upkeep.lastLifecycle(threadKey, first.runId ?? '', limit);
    if (!end || !TERMINALS.has(end.event) || end.timestamp >= before) return null;
    return { threadKey, oldestSeq, after, through: end.seq };
  }

  private async compactRegion(threadId: string, region: FinishedRegion, signal?: AbortSignal): Promise<void> {
    const { after, through } = region;
    await this.upkeep.prepareRemoval(region.threadKey, signal);
    if (signal?.aborted) return;
    let rows = await this.superseded.find(region);
    do {
      const step = firstStep(rows);
      rows = rows.slice(step.length);
      const reached = rows.length === 0 ? through : Math.max(after + 1, (step.at(-1) as { seq: number }).seq);
      await this.log.transact(threadId, (unit) => {
        const { head } = unit;
        unit.remove(step.map(({ seq }) => seq));
        head.compactedThroughSeq = Math.max(head.compactedThroughSeq, reached);
      }, { waits: true });
    } while (rows.length > 0 && !signal?.aborted);
  }
}
