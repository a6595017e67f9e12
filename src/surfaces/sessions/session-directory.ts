import { Injectable, NotFoundException } from '@nestjs/common';
import type { Caller } from '../../auth/caller.js';
import { Ownership } from '../../auth/ownership.js';
import { ThreadStorage } from '../../storage/thread-storage.js';
import { AgentCatalog } from './agents/agent-catalog.js';
import type { KnownAgent } from './agents/agent.js';
import { DEFAULT_ENVIRONMENT } from './agents/environment-catalog.js';
import type { FoldSubject } from './reading/session-fold.js';
import { threadOfSession } from './projection/session-ids.js';
import type { SessionAgent, SessionRow } from '../../storage/rows/session.js';
import { SessionStorage } from '../../storage/session-storage.js';

/** Finds sessions. Every thread that a graph is bound to is one, wherever it was made. */
@Injectable()
export class SessionDirectory {
  constructor(
    private readonly sessions: SessionStorage,
    private readonly threads: ThreadStorage,
    private readonly agents: AgentCatalog,
    private readonly ownership: Ownership,
  ) {}

  /** @throws NotFoundException also for another's */
  async find(sessionId: string, caller: Caller): Promise<SessionRow> {
    const threadId = threadOfSession(sessionId);
    const what = `Session ${sessionId}`;
    const outline = threadId === null ? null : await this.threads.outline(threadId);
    const thread = this.ownership.assert(outline, caller, what);
    const row = await this.sessions.find(thread.threadId);
    if (row) return row;
    const { graphId } = thread;
    if (!this.agents.hasGraph(graphId)) throw new NotFoundException(`${what} not found`);
    return {
      threadId: thread.threadId,
      owner: thread.owner,
      agent: sessionAgent(this.agents.ofGraph(graphId)),
      environmentId: DEFAULT_ENVIRONMENT,
      title: null,
      metadata: {},
      heldTurns: [],
      createdAt: thread.createdAt,
      updatedAt: thread.updatedAt,
      archivedAt: null,
    };
  }
}

/** What a session keeps of its agent, so that later versions of it change nothing here. */
export function sessionAgent(
  { agent, assistantId, graphId }: KnownAgent,
  overrides: Record<string, unknown> = {},
): SessionAgent {
  const { metadata: _, created_at: _created, updated_at: _updated, archived_at: _archived, ...kept } = agent;
  return { assistantId, graphId, agent: { ...kept, ...overrides } };
}

/** What the projection has to know of a session. */
export function subjectOf({ threadId, agent, createdAt }: SessionRow): FoldSubject {
  return { threadId, agentName: agent.agent.name, createdAt };
}
