import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Settings } from '../../../config/settings.js';
import { ROW_KIND } from '../../log/event-draft.js';
import {
  type AgedRow, LogUpkeep, MAX_STEP_ROWS, type ReplaceableRow, type RootLifecycle, type SeqRange,
} from '../../log/log-upkeep.js';
import { Database } from '../database.js';
import { EventRows } from './event-rows.js';

const REPLACEABLE = `('values', 'tasks', 'messages', 'checkpoints')`;

/** What retention and compaction read from both tables of events. */
@Injectable()
export class SqliteLogUpkeep extends LogUpkeep {
  private readonly rows: EventRows;
  private readonly threads;
  private readonly aged;
  private readonly below;
  private readonly first;
  private readonly last;
  private readonly forward;
  private readonly backward;
  private readonly moveStep;

  constructor({ handle }: Database, private readonly settings: Settings) {
    super();
    this.rows = new EventRows(handle);
    this.moveStep = handle.transaction((threadKey: number) => this.rows.moveToPlace(threadKey, MAX_STEP_ROWS));
    this.threads = handle.prepare<[number, number], { threadKey: number; threadId: string }>(
      `SELECT thread_key AS threadKey, thread_id AS threadId FROM thread_heads
       WHERE thread_key > ? AND oldest_seq <= last_seq ORDER BY thread_key LIMIT ?`,
    );
    this.aged = handle.prepare<[number, number, number, number], AgedRow>(
      `SELECT seq, kind, channel, namespace, timestamp, octet_length(envelope) AS bytes FROM log_events
       WHERE thread_key = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?`,
    );
    this.below = handle
      .prepare<[number, number, number], number>(
        'SELECT seq FROM log_events WHERE thread_key = ? AND seq < ? ORDER BY seq DESC LIMIT 1 OFFSET ?',
      )
      .pluck();
    const lifecycle = `SELECT seq, timestamp, run_id AS runId, json_extract(envelope, '$.params.data.event') AS event FROM log_events
      WHERE channel = 'lifecycle' AND namespace = '[]' AND kind = ${ROW_KIND.protocol}`;
    this.first = handle.prepare<[number, number, number], RootLifecycle>(
      `${lifecycle} AND thread_key = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT 1`,
    );
    // The plus signs keep SQLite from the primary key: it would walk back over every later run.
    this.last = handle.prepare<[string, number, number], RootLifecycle>(
      `${lifecycle} AND run_id = ? AND +thread_key = ? AND +seq <= ? ORDER BY seq DESC LIMIT 1`,
    );
    const replaceable = `SELECT seq, channel, namespace, octet_length(envelope) AS bytes,
      CASE channel WHEN 'messages' THEN envelope END AS envelope,
      CASE channel WHEN 'tasks' THEN json_type(envelope, '$.params.data.input') IS NOT NULL ELSE 0 END AS isTaskStart
      FROM log_events WHERE thread_key = ? AND seq > ? AND seq <= ? AND kind = ${ROW_KIND.protocol} AND channel IN ${REPLACEABLE}`;
    this.forward = handle.prepare<[number, number, number], ReplaceableRow>(`${replaceable} ORDER BY seq`);
    this.backward = handle.prepare<[number, number, number], ReplaceableRow>(`${replaceable} ORDER BY seq DESC`);
  }

  override threadsAfter(after: number, limit: number): { threadKey: number; threadId: string }[] {
    return this.threads.all(after, limit);
  }

  override async prepareRemoval(threadKey: number, signal?: AbortSignal): Promise<void> {
    while (!signal?.aborted && this.rows.hasRecent(threadKey)) {
      this.moveStep.immediate(threadKey);
      await nextTurn();
    }
  }

  override agedRows({ threadKey, after, through }: SeqRange, limit: number): AgedRow[] {
    return this.aged.all(threadKey, after, through, limit);
  }

  override seqBelow(threadKey: number, seq: number, offset: number): number | null {
    return this.below.get(threadKey, seq, offset) ?? null;
  }

  override firstLifecycle({ threadKey, after, through }: SeqRange): RootLifecycle | null {
    return this.first.get(threadKey, after, through) ?? null;
  }

  override lastLifecycle(threadKey: number, runId: string, through: number): RootLifecycle | null {
    return this.last.get(runId, threadKey, through) ?? null;
  }

  override replaceableRows({ threadKey, after, through }: SeqRange, from: 'start' | 'end'): ReplaceableRow[] {
    const page: ReplaceableRow[] = [];
    let parsed = 0;
    const statement = from === 'start' ? this.forward : this.backward;
    for (const row of statement.iterate(threadKey, after, through)) {
      page.push(row);
      if (row.channel === 'messages' || row.channel === 'tasks') parsed += row.bytes;
      if (page.length >= MAX_STEP_ROWS || parsed >= this.settings.READ_PAGE_BYTES) break;
    }
    return page;
  }
}
