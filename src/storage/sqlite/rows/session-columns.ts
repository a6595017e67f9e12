import type { HeldTurn, SessionAgent, SessionRow } from '../../rows/session.js';

/** A row of `sessions` as SQLite gives it. */
export interface StoredSession extends Omit<SessionRow, 'agent' | 'metadata' | 'heldTurns'> {
  readonly agentJson: string;
  readonly metadataJson: string;
  readonly heldTurnsJson: string;
}

export const SESSION_COLUMNS = `s.thread_id AS threadId, s.owner, s.agent_json AS agentJson,
  s.environment_id AS environmentId, s.title, s.metadata_json AS metadataJson, s.held_turns_json AS heldTurnsJson,
  s.created_at AS createdAt, s.updated_at AS updatedAt, s.archived_at AS archivedAt`;
export const SELECT_SESSION = `SELECT ${SESSION_COLUMNS} FROM sessions s WHERE thread_id = ?`;

export function toSessionRow({ agentJson, metadataJson, heldTurnsJson, ...stored }: StoredSession): SessionRow {
  return {
    ...stored,
    agent: JSON.parse(agentJson) as SessionAgent,
    metadata: JSON.parse(metadataJson) as Record<string, unknown>,
    heldTurns: JSON.parse(heldTurnsJson) as HeldTurn[],
  };
}
