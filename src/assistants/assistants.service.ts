import { ConflictException, ForbiddenException, Injectable, UnprocessableEntityException } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { Caller } from '../auth/caller.js';
import { Ownership } from '../auth/ownership.js';
import { Settings } from '../config/settings.js';
import { AssistantResolver } from '../graphs/assistant-resolver.js';
import { GraphRegistry } from '../graphs/graph-registry.js';
import { validationIssue } from '../protocol/validation-issue.js';
import { type AssistantRow, AssistantStorage } from '../storage/assistant-storage.js';
import { assertRoom } from './assistant-limits.js';
import { SystemAssistants } from './system-assistants.js';

/** What a client says of an assistant that it makes or changes; undefined says nothing. */
export interface AssistantFields {
  readonly graphId?: string;
  readonly name?: string;
  readonly description?: string | null;
  readonly config?: Record<string, unknown>;
  readonly context?: Record<string, unknown>;
  readonly metadata?: Record<string, unknown>;
}

/** A new assistant; a UUIDv7 is made where there is no id. */
export interface NewAssistant extends AssistantFields {
  readonly graphId: string;
  readonly assistantId?: string;
}

/** Times that a change is tried again because another one came first. */
const MAX_TRIES = 10;

/**
 * Assistants as a resource. Those of the graphs are everybody's to read; what a client made is there for its owner
 * alone.
 */
@Injectable()
export class Assistants {
  constructor(
    private readonly storage: AssistantStorage,
    private readonly system: SystemAssistants,
    private readonly resolver: AssistantResolver,
    private readonly graphs: GraphRegistry,
    private readonly ownership: Ownership,
    private readonly settings: Settings,
  ) {}

  /**
   * @param id of the assistant, or of a graph, which means the graph's own
   * @throws NotFoundException also for another's
   */
  async find(id: string, caller: Caller): Promise<AssistantRow> {
    return this.ownership.assert(await this.known(id, caller), caller, `Assistant ${id}`);
  }

  /** What a run of this assistant, or graph, is made of; null when the caller has none, or it is archived. */
  async forRun(id: string, caller: Caller): Promise<AssistantRow | null> {
    const row = await this.known(id, caller);
    return row && row.archivedAt === null && this.ownership.mayAccess(row.owner, caller) ? row : null;
  }

  /**
   * @param keepsExisting answers with the caller's assistant of that id where there is one
   * @throws UnprocessableEntityException for an unknown graph or too much, ConflictException when the id is taken
   */
  async create(fields: NewAssistant, keepsExisting: boolean, caller: Caller): Promise<AssistantRow> {
    this.assertGraph(fields.graphId);
    const now = Date.now();
    const row: AssistantRow = {
      assistantId: fields.assistantId ?? uuidv7(),
      owner: caller.owner,
      system: false,
      graphId: fields.graphId,
      name: fields.name ?? fields.graphId,
      description: fields.description ?? null,
      version: 1,
      metadata: fields.metadata ?? {},
      config: fields.config ?? {},
      context: fields.context ?? {},
      createdAt: now,
      updatedAt: now,
      archivedAt: null,
    };
    assertRoom(row, this.settings);
    const isOfGraph = this.resolver.graphIdOf(row.assistantId) !== null;
    if (!isOfGraph && (await this.storage.save(row))) return row;
    const existing = await this.known(row.assistantId, caller);
    if (keepsExisting && existing && this.ownership.mayAccess(existing.owner, caller)) return existing;
    throw new ConflictException(`Assistant ${row.assistantId} already exists`);
  }

  /**
   * Makes a new version: metadata is merged key by key, anything else replaced.
   * @throws NotFoundException, ForbiddenException, UnprocessableEntityException, ConflictException
   */
  async update(id: string, fields: AssistantFields, caller: Caller): Promise<AssistantRow> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const row = await this.changeable(id, caller);
      this.assertChange(row, fields);
      const { metadata, ...replaced } = fields;
      const next: AssistantRow = {
        ...row,
        ...withoutUndefined(replaced),
        metadata: { ...row.metadata, ...metadata },
        version: (await this.storage.newestVersion(row.assistantId)) + 1,
        updatedAt: Date.now(),
      };
      assertRoom(next, this.settings, row);
      if (await this.storage.save(next)) return next;
    }
    throw new ConflictException(`Assistant ${id} is being changed by others all the time; try again`);
  }

  /** Makes it what it was in a version. @throws NotFoundException also for a version that it does not have */
  async setLatest(id: string, version: number, caller: Caller): Promise<AssistantRow> {
    const row = await this.changeable(id, caller);
    const found = await this.storage.version(row.assistantId, version);
    const wanted = this.ownership.assert(found && { ...found, owner: row.owner }, caller, `Version ${version} of assistant ${id}`);
    const { owner, system, createdAt, archivedAt } = row;
    const latest = { ...wanted, owner, system, createdAt, archivedAt, updatedAt: Date.now() };
    await this.storage.replace(latest);
    return latest;
  }

  /** Removes it; threads and runs stay. Returns its id. @throws NotFoundException, ForbiddenException */
  async delete(id: string, caller: Caller): Promise<string> {
    const { assistantId, system, graphId } = await this.changeable(id, caller);
    if (system) throw new ForbiddenException(`Assistant ${id} is there as long as langgraph.json has the graph ${graphId}`);
    await this.storage.delete(assistantId);
    return assistantId;
  }

  private async known(id: string, caller: Caller): Promise<AssistantRow | null> {
    const graphId = this.resolver.graphIdOf(id);
    // Everybody's, so it is the caller's as well.
    if (graphId !== null) return { ...(await this.system.of(graphId)), owner: caller.owner };
    const row = await this.storage.find(id);
    return row?.system ? null : row;
  }

  private async changeable(id: string, caller: Caller): Promise<AssistantRow> {
    const row = await this.find(id, caller);
    if (!row.system) return row;
    if (this.ownership.mayAccess(null, caller)) return { ...row, owner: null };
    throw new ForbiddenException(
      `Assistant ${id} belongs to the graph ${row.graphId} and is everybody's: make one of your own to change it`,
    );
  }

  private assertChange({ system, graphId }: AssistantRow, fields: AssistantFields): void {
    if (fields.graphId === undefined || fields.graphId === graphId) return;
    if (system) throw graphIssue(`this assistant belongs to the graph ${graphId}: make another one`, fields.graphId);
    this.assertGraph(fields.graphId);
  }

  private assertGraph(graphId: string): void {
    if (this.graphs.has(graphId)) return;
    throw graphIssue(`there is no graph ${graphId}; there are ${this.graphs.ids().join(', ')}`, graphId);
  }
}

function graphIssue(message: string, given: string): UnprocessableEntityException {
  return new UnprocessableEntityException({ detail: [validationIssue(['body', 'graph_id'], message, 'enum', given)] });
}

function withoutUndefined<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}
