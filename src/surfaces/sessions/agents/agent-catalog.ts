import { BadRequestException, ConflictException, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import type { Caller } from '../../../auth/caller.js';
import { SystemAssistants } from '../../../assistants/system-assistants.js';
import { Ownership } from '../../../auth/ownership.js';
import { AssistantResolver, assistantIdOf } from '../../../graphs/assistant-resolver.js';
import { GraphRegistry } from '../../../graphs/graph-registry.js';
import { type AssistantRow, AssistantStorage } from '../../../storage/assistant-storage.js';
import {
  type Agent,
  type KnownAgent,
  agentSettings,
  configWith,
  type createAgentBody,
  settingsOf,
  toAgent,
  type updateAgentBody,
} from './agent.js';
import { patched } from '../request-body.js';
import { prefixedId, uuidOfPrefixed } from '../projection/session-ids.js';

/** The agents: one for each graph, which everybody may use, and those that clients made. */
@Injectable()
export class AgentCatalog {
  private readonly startedAt = Date.now();

  constructor(
    private readonly assistants: AssistantStorage,
    private readonly system: SystemAssistants,
    private readonly graphs: GraphRegistry,
    private readonly resolver: AssistantResolver,
    private readonly ownership: Ownership,
  ) {}

  /**
   * @param id `agent_<graph>`, or the id of one that was made; also the id of a graph or of its assistant
   * @throws NotFoundException also for another's
   */
  async find(id: string, caller: Caller, version: number | null = null): Promise<KnownAgent> {
    const graphId = this.graphOf(id);
    if (graphId !== null) {
      const { config, context } = await this.system.of(graphId);
      return { ...this.ofGraph(graphId), config, context };
    }
    const uuid = uuidOfPrefixed('agent', id);
    const row = this.ownership.assert(uuid ? await this.made(uuid) : null, caller, `Agent ${id}`);
    if (version === null || version === row.version) return known(row);
    const versioned = Number.isSafeInteger(version) ? await this.assistants.version(row.assistantId, version) : null;
    return known(this.ownership.assert(versioned, caller, `Version ${version} of agent ${id}`));
  }

  /** The agent that every graph has: the graph as it is, whatever its assistant was given over REST. */
  ofGraph(graphId: string): KnownAgent {
    const { description } = this.graphs.describe(graphId);
    const row: AssistantRow = {
      assistantId: assistantIdOf(graphId),
      owner: null,
      system: true,
      graphId,
      name: graphId,
      description: description ?? null,
      version: 1,
      metadata: { graph_id: graphId },
      config: {},
      context: {},
      createdAt: this.startedAt,
      updatedAt: this.startedAt,
      archivedAt: null,
    };
    return { ...known(row), agent: toAgent(row, `agent_${graphId}`) };
  }

  hasGraph(graphId: unknown): graphId is string {
    return typeof graphId === 'string' && this.graphs.has(graphId);
  }

  /** Agents that clients made, newest first, then those of the graphs: `offset` counts over both. */
  async list(caller: Caller, includeArchived: boolean, offset: number, limit: number): Promise<Agent[]> {
    const rows = await this.assistants.list({
      owner: caller.owner,
      includeArchived,
      before: null,
      limit: offset + limit,
    });
    const made = rows.map((row) => known(row).agent);
    const all = [...made, ...this.graphs.ids().map((graphId) => this.ofGraph(graphId).agent)];
    return all.slice(offset, offset + limit);
  }

  async create(body: z.infer<typeof createAgentBody>, caller: Caller): Promise<Agent> {
    const now = Date.now();
    const row: AssistantRow = {
      assistantId: uuidv7(),
      owner: caller.owner,
      system: false,
      graphId: this.graphFor(body),
      name: body.name,
      description: body.description ?? null,
      version: 1,
      metadata: body.metadata ?? {},
      config: configWith({}, agentSettings(body)),
      context: {},
      createdAt: now,
      updatedAt: now,
      archivedAt: null,
    };
    await this.assistants.save(row);
    return known(row).agent;
  }

  /**
   * Makes a new version.
   * @throws ConflictException when `version` is not the newest, BadRequestException for a graph's own agent
   */
  async update(id: string, body: z.infer<typeof updateAgentBody>, caller: Caller): Promise<Agent> {
    const row = await this.own(id, caller);
    if (row.archivedAt !== null) throw new BadRequestException(`Agent ${id} is archived`);
    if (body.version !== undefined && body.version !== row.version) {
      throw new ConflictException(`Agent ${id} has version ${row.version}, not ${body.version}`);
    }
    const next: AssistantRow = {
      ...row,
      name: body.name ?? row.name,
      description: body.description === undefined ? row.description : body.description,
      metadata: patched(row.metadata, body.metadata),
      config: configWith(row.config, { ...settingsOf(row), ...agentSettings(body) }),
      version: (await this.assistants.newestVersion(row.assistantId)) + 1,
      updatedAt: Date.now(),
    };
    if (!(await this.assistants.save(next))) {
      throw new ConflictException(`Agent ${id} was changed at the same time; read it and try again`);
    }
    return known(next).agent;
  }

  async archive(id: string, caller: Caller): Promise<Agent> {
    const row = await this.own(id, caller);
    await this.assistants.archive(row.assistantId, Date.now());
    return (await this.find(id, caller)).agent;
  }

  /** Versions, the newest first. */
  async versions(id: string, caller: Caller, offset: number, limit: number): Promise<Agent[]> {
    const found = await this.find(id, caller);
    if (this.graphOf(id) !== null) return offset === 0 ? [found.agent] : [];
    const rows = await this.assistants.versions(found.assistantId, { metadata: null, offset, limit });
    return rows.map((row) => known(row).agent);
  }

  private async own(id: string, caller: Caller): Promise<AssistantRow> {
    if (this.graphOf(id) !== null)
      throw new BadRequestException(`Agent ${id} belongs to its graph: make one of your own to change it`);
    const uuid = uuidOfPrefixed('agent', id);
    return this.ownership.assert(uuid ? await this.made(uuid) : null, caller, `Agent ${id}`);
  }

  /** Not that of a graph, which goes by another name. */
  private async made(assistantId: string): Promise<AssistantRow | null> {
    const row = await this.assistants.find(assistantId);
    return row?.system ? null : row;
  }

  private graphOf(id: string): string | null {
    return this.resolver.graphIdOf(id.replace(/^agent_/, ''));
  }

  /** `metadata.graph_id`, else a graph of the model's or the agent's name, else the first of langgraph.json. */
  private graphFor(body: z.infer<typeof createAgentBody>): string {
    const wanted = body.metadata?.graph_id;
    if (wanted !== undefined && !this.graphs.has(wanted)) {
      throw new BadRequestException(
        `metadata.graph_id: there is no graph ${wanted}; there are ${this.graphs.ids().join(', ')}`,
      );
    }
    const modelId = typeof body.model === 'string' ? body.model : body.model.id;
    const names = [wanted, modelId, body.name];
    return names.find((name) => this.hasGraph(name)) ?? (this.graphs.ids()[0] as string);
  }
}

function known(row: AssistantRow): KnownAgent {
  const { assistantId, graphId, config, context } = row;
  return { agent: toAgent(row, prefixedId('agent', assistantId)), assistantId, graphId, config, context };
}
