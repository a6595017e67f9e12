import { isoTime } from './agents/agent.js';
import { sessionIdOf } from './projection/session-ids.js';
import type { SessionRow } from '../../storage/rows/session.js';
import type { SessionStatus } from '../../storage/session-storage.js';
import type { SessionThreadState } from './projection/projection-state.js';
import type { Profile } from './reading/session-mode.js';

export type Json = Readonly<Record<string, unknown>>;

/** A session as clients read it; `usage` is told for one session alone. */
export function toSession(row: SessionRow, status: SessionStatus, usage: Json = {}): Json {
  return {
    id: sessionIdOf(row.threadId),
    type: 'session',
    status,
    title: row.title,
    metadata: row.metadata,
    environment_id: row.environmentId,
    agent: row.agent.agent,
    resources: [],
    vault_ids: [],
    outcome_evaluations: [],
    stats: {},
    usage,
    budget: null,
    created_at: isoTime(row.createdAt),
    updated_at: isoTime(row.updatedAt),
    archived_at: row.archivedAt === null ? null : isoTime(row.archivedAt),
  };
}

/** A thread of a session as clients read it; some fields are for the clients of one profile only. */
export function toSessionThread({ threadId, agent }: SessionRow, thread: SessionThreadState, profile: Profile): Json {
  const isPrimary = thread.parent === null;
  const own = isPrimary
    ? agent.agent
    : { type: 'agent', id: `agent_${thread.agentName}`, version: 1, name: thread.agentName };
  const isArchived = thread.archivedAt !== null;
  return {
    id: thread.id,
    type: 'session_thread',
    session_id: sessionIdOf(threadId),
    parent_thread_id: thread.parent?.id ?? null,
    agent: own,
    status: isArchived && profile === 'extended' ? 'archived' : thread.status,
    stats: null,
    usage: null,
    workflow_run_id: null,
    created_at: isoTime(thread.createdAt),
    updated_at: isoTime(thread.updatedAt),
    archived_at: thread.archivedAt === null ? null : isoTime(thread.archivedAt),
    ...(profile === 'anthropic' ? {} : {
      agent_id: own.id, agent_version: own.version, name: thread.agentName, role: isPrimary ? 'coordinator' : 'child',
      stop_reason: thread.stopReason, created_by_tool_use_id: thread.createdBy,
    }),
  };
}
