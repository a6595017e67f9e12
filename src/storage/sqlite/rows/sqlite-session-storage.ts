import { Injectable } from '@nestjs/common';
import type { SessionRow } from '../../rows/session.js';
import { type SessionQuery, SessionStorage } from '../../session-storage.js';
import { Database } from '../database.js';
import { SELECT_SESSION, SESSION_COLUMNS, type StoredSession, toSessionRow } from './session-columns.js';

const STATUS = `CASE WHEN s.archived_at IS NOT NULL THEN 'terminated'
  WHEN h.open_runs > 0 THEN 'running' ELSE 'idle' END`;

/** Sessions in SQLite: one synchronous statement per call. */
@Injectable()
export class SqliteSessionStorage extends SessionStorage {
  private readonly one;
  private readonly newestFirst;
  private readonly oldestFirst;
  private readonly holding;

  constructor({ handle }: Database) {
    super();
    const page = (comparison: string, direction: string): string => `SELECT ${SESSION_COLUMNS} FROM sessions s
      LEFT JOIN thread_heads h ON h.thread_id = s.thread_id
      WHERE s.owner IS :owner AND (:agentId IS NULL OR s.agent_id = :agentId)
      AND (:agentVersion IS NULL OR s.agent_version = :agentVersion)
      AND (:includeArchived OR s.archived_at IS NULL) AND s.created_at BETWEEN :from AND :to
      AND (:statusesJson IS NULL OR ${STATUS} IN (SELECT value FROM json_each(:statusesJson)))
      AND (:createdAt IS NULL OR (s.created_at, s.thread_id) ${comparison} (:createdAt, :threadId))
      ORDER BY s.created_at ${direction}, s.thread_id ${direction} LIMIT :limit`;
    this.one = handle.prepare<[string], StoredSession>(SELECT_SESSION);
    this.newestFirst = handle.prepare<[Record<string, unknown>], StoredSession>(page('<', 'DESC'));
    this.oldestFirst = handle.prepare<[Record<string, unknown>], StoredSession>(page('>', 'ASC'));
    this.holding = handle
      .prepare<[], string>(`SELECT thread_id FROM sessions WHERE held_turns_json <> '[]'`)
      .pluck();
  }

  override find(threadId: string): SessionRow | null {
    const stored = this.one.get(threadId);
    return stored ? toSessionRow(stored) : null;
  }

  override list({ order, after, statuses, includeArchived, ...query }: SessionQuery): SessionRow[] {
    const statement = order === 'desc' ? this.newestFirst : this.oldestFirst;
    const filter = {
      ...query,
      includeArchived: includeArchived ? 1 : 0,
      statusesJson: statuses ? JSON.stringify(statuses) : null,
      createdAt: after?.createdAt ?? null,
      threadId: after?.threadId ?? '',
    };
    return statement.all(filter).map(toSessionRow);
  }

  override threadsHolding(): string[] {
    return this.holding.all();
  }
}
