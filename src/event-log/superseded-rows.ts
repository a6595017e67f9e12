import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Database } from '../database/database.js';
import { ROW_KIND } from './event-draft.js';
import { FinishedDeltas } from './finished-deltas.js';
import { MAX_STEP_ROWS, type SizedRow } from './removal-step.js';

/** The rows of one finished run: above `after`, up to and with its terminal. */
export interface FinishedRegion {
  readonly threadKey: number;
  /** First seq that retention has not reached: what is below is the snapshot, which stays. */
  readonly oldestSeq: number;
  readonly after: number;
  readonly through: number;
}

interface StoredRow extends SizedRow {
  readonly channel: 'values' | 'tasks' | 'messages' | 'checkpoints';
  readonly namespace: string;
  /** The envelope of a `messages` row, else null. */
  readonly envelope: string | null;
  /** 1 for a `tasks` row that says a task's input, else 0. */
  readonly isTaskStart: number;
}

const CHANNELS = `('values', 'tasks', 'messages', 'checkpoints')`;

/** Finds what a replay of a finished run can do without (docs/event-stream.md, Compaction). Reads in bounded pages. */
@Injectable()
export class SupersededRows {
  private readonly forward;
  private readonly backward;

  constructor(database: Database, private readonly settings: Settings) {
    const select = `SELECT seq, channel, namespace, octet_length(envelope) AS bytes,
      CASE channel WHEN 'messages' THEN envelope END AS envelope,
      CASE channel WHEN 'tasks' THEN json_type(envelope, '$.params.data.input') IS NOT NULL ELSE 0 END AS isTaskStart
      FROM log_events WHERE thread_key = ? AND seq > ? AND seq <= ? AND kind = ${ROW_KIND.protocol} AND channel IN ${CHANNELS}`;
    this.forward = database.handle.prepare<[number, number, number], StoredRow>(`${select} ORDER BY seq`);
    this.backward = database.handle.prepare<[number, number, number], StoredRow>(`${select} ORDER BY seq DESC`);
  }

  /** The rows to remove, in seq order; rows that the compaction of earlier runs had to leave are among them. */
  async find(region: FinishedRegion): Promise<SizedRow[]> {
    const superseded = new Superseded();
    let cursor = region.after;
    while (cursor < region.through) {
      const page = this.page(this.forward, region.threadKey, cursor, region.through);
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
      const page = this.page(this.backward, threadKey, oldestSeq - 1, top);
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

  /** Rows from one end of the range; as many as may be parsed without holding the loop. */
  private page(statement: SupersededRows['forward'], threadKey: number, after: number, through: number): StoredRow[] {
    const page: StoredRow[] = [];
    let parsed = 0;
    for (const row of statement.iterate(threadKey, after, through)) {
      page.push(row);
      if (row.channel === 'messages' || row.channel === 'tasks') parsed += row.bytes;
      if (page.length >= MAX_STEP_ROWS || parsed >= this.settings.READ_PAGE_BYTES) break;
    }
    return page;
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

  note(row: StoredRow): void {
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
