import { Injectable } from '@nestjs/common';
import type { Statement } from 'better-sqlite3';
import { type CronFilter, type CronOrder, type CronQuery, CronStorage } from '../cron-storage.js';
import type { CronOutline, CronRow, CronTick } from '../rows/cron.js';
import { Database } from './database.js';
import { ADVANCE_CRON } from './rows/cron-ticks.js';

interface StoredOutline extends Omit<CronOutline, 'enabled'> {
  readonly enabled: number;
}

interface StoredCron extends StoredOutline {
  readonly payloadJson: string;
  readonly metadataJson: string;
}

const OUTLINE = `crons.cron_id AS cronId, owner, assistant_id AS assistantId, thread_id AS threadId,
  on_run_completed AS onRunCompleted, schedule, timezone, enabled, end_time AS endTime, next_run_at AS nextRunAt,
  created_at AS createdAt, updated_at AS updatedAt`;
const SELECT = `SELECT ${OUTLINE}, payload_json AS payloadJson, metadata_json AS metadataJson
  FROM crons JOIN cron_documents USING (cron_id)`;

/** A filter's metadata: none of its keys may be missing, or have another value. */
const FITS = `owner IS :owner AND (:threadId IS NULL OR thread_id = :threadId)
  AND (:enabled IS NULL OR enabled = :enabled)
  AND (:assistantIds IS NULL OR assistant_id IN (SELECT value FROM json_each(:assistantIds)))
  AND (:metadata = '{}' OR NOT EXISTS (SELECT 1 FROM json_each(:metadata) AS wanted WHERE NOT EXISTS (
    SELECT 1 FROM json_each(metadata_json) AS own
    WHERE own.key = wanted.key AND own.type = wanted.type AND own.value IS wanted.value)))`;

const COLUMNS: Readonly<Record<CronOrder, string>> = {
  cron_id: 'cron_id',
  assistant_id: 'assistant_id',
  thread_id: 'thread_id',
  created_at: 'created_at',
  updated_at: 'updated_at',
  next_run_date: 'next_run_at',
};

/** The tables `crons` and `cron_documents`. Every call is one short synchronous transaction. */
@Injectable()
export class SqliteCronStorage extends CronStorage {
  private readonly one;
  private readonly pages = new Map<string, Statement<[Record<string, unknown>], StoredCron>>();
  private readonly total;
  private readonly dueNow;
  private readonly firstDue;
  private readonly advance;
  private readonly deleteRow;
  private readonly store;
  private readonly decideAndStore;
  private readonly prepare;

  constructor({ handle }: Database) {
    super();
    this.prepare = handle.prepare.bind(handle);
    this.one = handle.prepare<[string], StoredCron>(`${SELECT} WHERE crons.cron_id = ?`);
    this.total = handle
      .prepare<[Record<string, unknown>], number>(
        `SELECT COUNT(*) FROM crons JOIN cron_documents USING (cron_id) WHERE ${FITS}`,
      )
      .pluck();
    this.dueNow = handle.prepare<[number, number], StoredOutline>(
      `SELECT ${OUTLINE} FROM crons WHERE next_run_at <= ? ORDER BY next_run_at LIMIT ?`,
    );
    this.firstDue = handle
      .prepare<[], number | null>('SELECT MIN(next_run_at) FROM crons WHERE next_run_at IS NOT NULL')
      .pluck();
    this.advance = handle.prepare<[CronTick]>(ADVANCE_CRON);
    this.deleteRow = handle.prepare<[string]>('DELETE FROM crons WHERE cron_id = ?');
    const upsert = handle.prepare(`INSERT INTO crons (cron_id, owner, assistant_id, thread_id, on_run_completed, schedule,
        timezone, enabled, end_time, next_run_at, created_at, updated_at)
      VALUES (:cronId, :owner, :assistantId, :threadId, :onRunCompleted, :schedule, :timezone, :enabled, :endTime,
        :nextRunAt, :createdAt, :updatedAt)
      ON CONFLICT (cron_id) DO UPDATE SET on_run_completed = excluded.on_run_completed, schedule = excluded.schedule,
        timezone = excluded.timezone, enabled = excluded.enabled, end_time = excluded.end_time,
        next_run_at = excluded.next_run_at, updated_at = excluded.updated_at`);
    const upsertDocuments = handle.prepare(`INSERT INTO cron_documents (cron_id, payload_json, metadata_json)
      VALUES (?, ?, ?) ON CONFLICT (cron_id) DO UPDATE SET payload_json = excluded.payload_json,
      metadata_json = excluded.metadata_json`);
    this.store = handle.transaction(({ payload, metadata, ...row }: CronRow) => {
      upsert.run({ ...row, enabled: row.enabled ? 1 : 0 });
      upsertDocuments.run(row.cronId, JSON.stringify(payload), JSON.stringify(metadata));
    });
    this.decideAndStore = handle.transaction((cronId: string, decide: (stored: CronRow) => CronRow) => {
      const stored = this.find(cronId);
      if (!stored) return null;
      const decided = decide(stored);
      this.store(decided);
      return decided;
    });
  }

  override insert(row: CronRow): void {
    this.store.immediate(row);
  }

  override find(cronId: string): CronRow | null {
    const stored = this.one.get(cronId);
    return stored ? toRow(stored) : null;
  }

  override change(cronId: string, decide: (stored: CronRow) => CronRow): CronRow | null {
    return this.decideAndStore.immediate(cronId, decide);
  }

  override remove(cronId: string): void {
    this.deleteRow.run(cronId);
  }

  override search({ sortBy, descending, ...query }: CronQuery): CronRow[] {
    const { limit, offset, ...filter } = query;
    return this.page(sortBy, descending).all({ ...parametersOf(filter), limit, offset }).map(toRow);
  }

  override count(filter: CronFilter): number {
    return this.total.get(parametersOf(filter)) ?? 0;
  }

  override due(now: number, limit: number): CronOutline[] {
    return this.dueNow.all(now, limit).map((row) => ({ ...row, enabled: row.enabled === 1 }));
  }

  override nextDueAt(): number | null {
    return this.firstDue.get() ?? null;
  }

  override skip(tick: CronTick): boolean {
    return this.advance.run(tick).changes > 0;
  }

  private page(sortBy: CronOrder, descending: boolean): Statement<[Record<string, unknown>], StoredCron> {
    const order = `${COLUMNS[sortBy]} ${descending ? 'DESC' : 'ASC'}, cron_id ${descending ? 'DESC' : 'ASC'}`;
    const known = this.pages.get(order);
    if (known) return known;
    const statement = this.prepare<[Record<string, unknown>], StoredCron>(
      `${SELECT} WHERE ${FITS} ORDER BY ${order} LIMIT :limit OFFSET :offset`,
    );
    this.pages.set(order, statement);
    return statement;
  }
}

function parametersOf({ assistantIds, enabled, metadata, ...filter }: CronFilter): Record<string, unknown> {
  return {
    ...filter,
    assistantIds: assistantIds === null ? null : JSON.stringify(assistantIds),
    enabled: enabled === null ? null : Number(enabled),
    metadata: JSON.stringify(metadata),
  };
}

function toRow({ enabled, payloadJson, metadataJson, ...stored }: StoredCron): CronRow {
  return {
    ...stored,
    enabled: enabled === 1,
    payload: JSON.parse(payloadJson) as Record<string, unknown>,
    metadata: JSON.parse(metadataJson) as Record<string, unknown>,
  };
}
