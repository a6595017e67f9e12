import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { LogUpkeep, type ReplaceableRow, type SizedRow } from '../storage/log/log-upkeep.js';
import { FinishedDeltas } from './finished-deltas.js';

/** The rows of one finished run: above `after`, up to and with its terminal. */
export interface FinishedRegion {
  readonly threadKey: number;
  /** First seq that retention has not reached: what is below is the snapshot, which stays. */
  readonly oldestSeq: number;
  readonly after: number;
  readonly through: number;
}

/** Finds what a replay of a finished run can do without (docs/event-stream.md, Compaction). Reads in bounded pages. */
@Injectable()
export class SupersededRows {
  constructor(private readonly upkeep: LogUpkeep) {}

  /** The rows to remove, in seq order; rows that the compaction of earlier runs had to leave are among them. */
  async find(region: FinishedRegion): Promise<SizedRow[]> {
    const superseded = new Superseded();
    let cursor = region.after;
    while (cursor < region.through) {
      const page = await this.upkeep.replaceableRows({ ...region, after: cursor }, 'start');
      for (const row of page) superseded.note(row);
      cursor = page.at(-1)?.seq ?? region.through;
      await nextTurn();
    }
    return [...(await this.left(region, superseded)), ...superseded.inOrder()];
  }

  /** What an earlier region kept because it was its last, and this one has a newer of. */
  private async left({ threadKey, oldestSeq, after }: FinishedRegion, newer: Superseded): Promise<SizedRow[]> {
    const found: SizedRow[] = [];
    let wantsValues = newer.hasValues;
    let wantsTasks = newer.hasCheckpoint;
    let top = after;
    while ((wantsValues || wantsTasks) && top >= oldestSeq) {
      const page = await this.upkeep.replaceableRows({ threadKey, after: oldestSeq - 1, through: top }, 'end');
      for (const row of page) {
        const isRoot = row.namespace === '[]';
        if (row.channel === 'checkpoints' && isRoot) wantsTasks = false;
        const isValues = wantsValues && row.channel === 'values' && isRoot;
        if (isValues) wantsValues = false;
        if (isValues || (wantsTasks && row.isTaskStart)) found.push(row);
      }
      top = (page.at(-1)?.seq ?? oldestSeq) - 1;
      await nextTurn();
    }
    return found.reverse();
  }
}

/** The rules, applied to the rows of a region in seq order. */
class Superseded {
  hasCheckpoint = false;
  private readonly rows: SizedRow[] = [];
  private readonly deltas = new FinishedDeltas();
  private lastValues: SizedRow | null = null;
  /** Inputs of tasks since the last root checkpoint: of what may not be done yet. */
  private taskStarts: SizedRow[] = [];

  get hasValues(): boolean {
    return this.lastValues !== null;
  }

  note(row: ReplaceableRow): void {
    const isRoot = row.namespace === '[]';
    if (row.channel === 'messages') this.add(this.deltas.note({ ...row, envelope: row.envelope as string }));
    else if (row.channel === 'tasks' && row.isTaskStart) this.taskStarts.push(row);
    else if (row.channel === 'values' && !isRoot) this.rows.push(row);
    else if (row.channel === 'values') {
      if (this.lastValues) this.rows.push(this.lastValues);
      this.lastValues = row;
    } else if (row.channel === 'checkpoints' && isRoot) {
      this.hasCheckpoint = true;
      this.add(this.taskStarts);
      this.taskStarts = [];
    }
  }

  inOrder(): SizedRow[] {
    return this.rows.map(({ seq, bytes }) => ({ seq, bytes })).sort((a, b) => a.seq - b.seq);
  }

  private add(rows: readonly SizedRow[]): void {
    for (const row of rows) this.rows.push(row);
  }
}
