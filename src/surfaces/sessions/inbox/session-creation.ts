import { BadRequestException, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import type { Caller } from '../../../auth/caller.js';
import { ThreadMetadata } from '../../../threads/thread-metadata.js';
import { AgentCatalog } from '../agents/agent-catalog.js';
import { agentSettings } from '../agents/agent.js';
import { DEFAULT_ENVIRONMENT, EnvironmentCatalog } from '../agents/environment-catalog.js';
import type { createSessionBody } from '../session-bodies.js';
import { sessionAgent } from '../session-directory.js';
import { SessionInbox } from './session-inbox.js';
import type { SessionRow } from '../../../storage/rows/session.js';

/** Makes sessions: a thread that is bound to the agent's graph, and what the session keeps beside it. */
@Injectable()
export class SessionCreation {
  constructor(
    private readonly agents: AgentCatalog,
    private readonly environments: EnvironmentCatalog,
    private readonly metadata: ThreadMetadata,
    private readonly inbox: SessionInbox,
  ) {}

  /**
   * Makes the session and takes its first events, in one commit.
   * @throws NotFoundException for an agent or environment that is missing or another's, BadRequestException
   */
  async create(body: z.infer<typeof createSessionBody>, caller: Caller): Promise<SessionRow> {
    const session = await this.newSession(body, caller);
    const { owner, agent, createdAt: now } = session;
    const metadata = { graph_id: agent.graphId, assistant_id: agent.assistantId };
    await this.inbox.send(session, caller, body.initial_events ?? [], (unit) => {
      this.metadata.insertIfAbsent(unit, { owner, metadata, now });
      unit.session.save(session);
    });
    return session;
  }

  private async newSession(body: z.infer<typeof createSessionBody>, caller: Caller): Promise<SessionRow> {
    const wanted =
      typeof body.agent === 'string' ? { type: 'agent' as const, id: body.agent, version: null } : body.agent;
    const found = await this.agents.find(wanted.id, caller, wanted.version ?? null);
    if (found.agent.archived_at !== null) throw new BadRequestException(`agent: ${wanted.id} is archived`);
    const environmentId = body.environment_id ?? DEFAULT_ENVIRONMENT;
    const environment = await this.environments.find(environmentId, caller);
    if (environment.archived_at !== null) throw new BadRequestException(`environment_id: ${environmentId} is archived`);
    const overrides = wanted.type === 'agent_with_overrides' ? agentSettings(wanted) : {};
    const now = Date.now();
    return {
      threadId: uuidv7(),
      owner: caller.owner,
      agent: sessionAgent(found, overrides),
      environmentId: environment.id,
      title: body.title ?? null,
      metadata: body.metadata ?? {},
      heldTurns: [],
      createdAt: now,
      updatedAt: now,
      archivedAt: null,
    };
  }
}
