import { Injectable } from '@nestjs/common';
import { Database } from '../../storage/sqlite/database.js';
import type { Agent } from './agents/agent.js';

/** The agent of a session as it was when the session was made, with what the session changed of it. */
export interface SessionAgent {
  readonly assistantId: string;
  readonly graphId: string;
  /** Those of the assistant; absent in sessions of before assistants had them. */
  readonly config?: Record<string, unknown>;
  readonly context?: Record<string, unknown>;
  readonly agent: Omit<Agent, 'metadata' | 'created_at' | 'updated_at' | 'archived_at'>;
}

/** A message that waits until the questions before it are answered; it starts the run of this id then. */
export interface HeldTurn {
  readonly runId: string;
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
}

/** What is kept of a session beside its thread. Times in epoch ms. */
export interface SessionRow {
  readonly threadId: string;
  readonly owner: string | null;
  readonly agent: SessionAgent;
  readonly environmentId: string;
  readonly title: string | null;
  readonly metadata: Record<string, unknown>;
  readonly heldTurns: readonly HeldTurn[];
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly archivedAt: number | null;
}

export type SessionStatus = 'running' | 'idle' | 'terminated';

/** Which sessions of an owner to list; null means any. */
export interface SessionQuery {
  readonly owner: string | null;
  readonly agentId: string | null;
  readonly agentVersion: number | null;
  readonly includeArchived: boolean;
  readonly statuses: readonly string[] | null;
  readonly from: number;
  readonly to: number;
  readonly order: 'asc' | 'desc';
  readonly after: { readonly createdAt: number; readonly threadId: string } | null;
  readonly limit: number;
}

interface StoredSession extends Omit<SessionRow, 'agent' | 'metadata' | 'heldTurns'> {
  readonly agentJson: string;
  readonly metadataJson: string;
  readonly heldTurnsJson: string;
}

const COLUMNS = `s.thread_id AS threadId, s.owner, s.agent_json AS agentJson, s.environment_id AS environmentId, s.title,
  s.metadata_json AS metadataJson, s.held_turns_json AS heldTurnsJson, s.created_at AS createdAt, s.updated_at AS updatedAt,
  s.archived_at AS archivedAt`;
const STATUS = `CASE WHEN s.archived_at IS NOT NULL THEN 'terminated' WHEN h.open_runs > 0 THEN 'running' ELSE 'idle' END`;

/** The table `sessions`. Every call is one synchronous statement, inside or outside the log's transaction. */
@Injectable()
export class SessionRepository {
  private readonly one;
  private readonly newestFirst;
  private readonly oldestFirst;
  private readonly upsert;
  private readonly remove;
  private readonly holding;

  constructor(database: Database) {
    const prepare = database.handle.prepare.bind(database.handle);
    const page = (comparison: string, direction: string): string => `SELECT ${COLUMNS} FROM sessions s
      LEFT JOIN thread_heads h ON h.thread_id = s.thread_id
      WHERE s.owner IS :owner AND (:agentId IS NULL OR s.agent_id = :agentId)
      AND (:agentVersion IS NULL OR s.agent_version = :agentVersion)
      AND (:includeArchived OR s.archived_at IS NULL) AND s.created_at BETWEEN :from AND :to
      AND (:statusesJson IS NULL OR ${STATUS} IN (SELECT value FROM json_each(:statusesJson)))
      AND (:createdAt IS NULL OR (s.created_at, s.thread_id) ${comparison} (:createdAt, :threadId))
      ORDER BY s.created_at ${direction}, s.thread_id ${direction} LIMIT :limit`;
    this.one = prepare<[string], StoredSession>(`SELECT ${COLUMNS} FROM sessions s WHERE thread_id = ?`);
    this.newestFirst = prepare<[Record<string, unknown>], StoredSession>(page('<', 'DESC'));
    this.oldestFirst = prepare<[Record<string, unknown>], StoredSession>(page('>', 'ASC'));
    this.upsert =
      prepare(`INSERT OR REPLACE INTO sessions (thread_id, owner, agent_id, agent_version, agent_json, environment_id,
      title, metadata_json, held_turns_json, created_at, updated_at, archived_at) VALUES (:threadId, :owner, :agentId, :agentVersion,
      :agentJson, :environmentId, :title, :metadataJson, :heldTurnsJson, :createdAt, :updatedAt, :archivedAt)`);
    this.remove = prepare('DELETE FROM sessions WHERE thread_id = ?');
    this.holding = prepare<[], string>(`SELECT thread_id FROM sessions WHERE held_turns_json <> '[]'`).pluck();
  }

  find(threadId: string): SessionRow | null {
    const stored = this.one.get(threadId);
    return stored ? toRow(stored) : null;
  }

  list({ order, after, statuses, includeArchived, ...query }: SessionQuery): SessionRow[] {
    const statement = order === 'desc' ? this.newestFirst : this.oldestFirst;
    return statement.all({
      ...query,
      includeArchived: includeArchived ? 1 : 0,
      statusesJson: statuses ? JSON.stringify(statuses) : null,
      createdAt: after?.createdAt ?? null,
      threadId: after?.threadId ?? '',
    }).map(toRow);
  }

  save({ agent, metadata, heldTurns, ...row }: SessionRow): void {
    this.upsert.run({
      ...row,
      agentId: agent.agent.id,
      agentVersion: agent.agent.version,
      agentJson: JSON.stringify(agent),
      metadataJson: JSON.stringify(metadata),
      heldTurnsJson: JSON.stringify(heldTurns),
    });
  }

  delete(threadId: string): void {
    this.remove.run(threadId);
  }

  /** Threads with messages that wait for answers. */
  threadsHolding(): string[] {
    return this.holding.all();
  }
}

function toRow({ agentJson, metadataJson, heldTurnsJson, ...stored }: StoredSession): SessionRow {
  return {
    ...stored,
    agent: JSON.parse(agentJson) as SessionAgent,
    metadata: JSON.parse(metadataJson) as Record<string, unknown>,
    heldTurns: JSON.parse(heldTurnsJson) as HeldTurn[],
  };
}
