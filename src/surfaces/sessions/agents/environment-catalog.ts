import { BadRequestException, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import type { Caller } from '../../../auth/caller.js';
import { Ownership } from '../../../auth/ownership.js';
import { isoTime } from './agent.js';
import { type EnvironmentRow, EnvironmentStorage } from '../../../storage/environment-storage.js';
import { metadata, metadataPatch, patched } from '../request-body.js';
import { prefixedId, uuidOfPrefixed } from '../projection/session-ids.js';

/** The environment that is always there: this server. */
export const DEFAULT_ENVIRONMENT = 'env_default';

const config = z.looseObject({ type: z.enum(['cloud', 'self_hosted']) });
const text = z.string().nullish();

export const createEnvironmentBody = z.looseObject({
  name: z.string().min(1).max(256), config: config.nullish(), description: text, metadata: metadata.optional(),
});
export const updateEnvironmentBody = z.looseObject({
  name: z.string().min(1).max(256).optional(),
  config: config.optional(),
  description: text,
  metadata: metadataPatch.optional(),
});

/** An environment as clients read it. */
export type Environment = Readonly<Record<string, unknown>> & { readonly id: string };

/** Environments: names for where sessions run. All of them run here, whatever they say. */
@Injectable()
export class EnvironmentCatalog {
  private readonly startedAt = Date.now();

  constructor(private readonly environments: EnvironmentStorage, private readonly ownership: Ownership) {}

  /** @throws NotFoundException also for another's */
  async find(id: string, caller: Caller): Promise<Environment> {
    return id === DEFAULT_ENVIRONMENT ? this.default() : toEnvironment(await this.own(id, caller));
  }

  /** Those that clients made, newest first, then the default one. */
  async list(caller: Caller, includeArchived: boolean, offset: number, limit: number): Promise<Environment[]> {
    const made = (await this.environments.list(caller.owner, includeArchived, offset + limit)).map(toEnvironment);
    return [...made, this.default()].slice(offset, offset + limit);
  }

  async create(body: z.infer<typeof createEnvironmentBody>, caller: Caller): Promise<Environment> {
    const now = Date.now();
    const row: EnvironmentRow = {
      environmentId: uuidv7(),
      owner: caller.owner,
      name: body.name,
      description: body.description ?? null,
      config: body.config ?? { type: 'cloud' },
      metadata: body.metadata ?? {},
      createdAt: now,
      updatedAt: now,
      archivedAt: null,
    };
    await this.environments.save(row);
    return toEnvironment(row);
  }

  async update(id: string, body: z.infer<typeof updateEnvironmentBody>, caller: Caller): Promise<Environment> {
    const row = await this.own(id, caller);
    const next = {
      ...row,
      name: body.name ?? row.name,
      description: body.description === undefined ? row.description : body.description,
      config: body.config ?? row.config,
      metadata: patched(row.metadata, body.metadata),
      updatedAt: Date.now(),
    };
    await this.environments.save(next);
    return toEnvironment(next);
  }

  async archive(id: string, caller: Caller): Promise<Environment> {
    const row = await this.own(id, caller);
    const now = Date.now();
    const next = { ...row, archivedAt: row.archivedAt ?? now, updatedAt: now };
    await this.environments.save(next);
    return toEnvironment(next);
  }

  async delete(id: string, caller: Caller): Promise<{ id: string; type: 'environment_deleted' }> {
    const row = await this.own(id, caller);
    await this.environments.delete(row.environmentId);
    return { id: prefixedId('env', row.environmentId), type: 'environment_deleted' };
  }

  private async own(id: string, caller: Caller): Promise<EnvironmentRow> {
    if (id === DEFAULT_ENVIRONMENT) throw new BadRequestException(`${id} is always there and stays as it is`);
    const uuid = uuidOfPrefixed('env', id);
    return this.ownership.assert(uuid ? await this.environments.find(uuid) : null, caller, `Environment ${id}`);
  }

  private default(): Environment {
    const row = {
      environmentId: '',
      owner: null,
      name: 'default',
      description: 'This server.',
      config: { type: 'cloud' },
      metadata: {},
      createdAt: this.startedAt,
      updatedAt: this.startedAt,
      archivedAt: null,
    };
    return { ...toEnvironment(row), id: DEFAULT_ENVIRONMENT };
  }
}

function toEnvironment(row: EnvironmentRow): Environment {
  return {
    id: prefixedId('env', row.environmentId),
    type: 'environment',
    name: row.name,
    description: row.description,
    config: row.config,
    metadata: row.metadata,
    created_at: isoTime(row.createdAt),
    updated_at: isoTime(row.updatedAt),
    archived_at: row.archivedAt === null ? null : isoTime(row.archivedAt),
  };
}
