import { z } from 'zod';
import type { AssistantRow } from '../../../storage/assistant-storage.js';
import { metadata, metadataPatch } from '../request-body.js';
import { prefixedId } from '../projection/session-ids.js';

/** An agent as clients of the session API read it. */
export interface Agent {
  readonly id: string;
  readonly type: 'agent';
  readonly version: number;
  readonly name: string;
  readonly description: string | null;
  readonly model: Record<string, unknown>;
  readonly system: string | null;
  readonly tools: readonly unknown[];
  readonly mcp_servers: readonly unknown[];
  readonly skills: readonly unknown[];
  readonly metadata: Record<string, unknown>;
  readonly multiagent: unknown;
  readonly execution_identity: { readonly type: string };
  readonly created_at: string;
  readonly updated_at: string;
  readonly archived_at: string | null;
}

/** An agent, the graph that it is, and what its runs are called with. */
export interface KnownAgent extends Pick<AssistantRow, 'assistantId' | 'graphId' | 'config' | 'context'> {
  readonly agent: Agent;
}

const model = z.union([z.string().min(1), z.looseObject({ id: z.string().min(1) })]);
const list = z.array(z.unknown());
const settings = {
  system: z.string().nullish(),
  description: z.string().nullish(),
  tools: list.optional(),
  mcp_servers: list.optional(),
  skills: list.optional(),
  multiagent: z.unknown().optional(),
  execution_identity: z.looseObject({ type: z.string() }).optional(),
};

export const createAgentBody = z.looseObject({
  name: z.string().min(1).max(256),
  model,
  metadata: metadata.optional(),
  ...settings,
});
export const updateAgentBody = z.looseObject({
  version: z.int().optional(),
  name: z.string().min(1).max(256).optional(),
  model: model.optional(),
  metadata: metadataPatch.optional(),
  ...settings,
});
/** What one session may have otherwise than its agent. */
export const agentOverrides = z.looseObject({
  model: model.optional(),
  system: settings.system,
  tools: settings.tools,
  mcp_servers: settings.mcp_servers,
  skills: settings.skills,
});

/** The model under its object form. */
export function asModel(value: z.infer<typeof model>): Record<string, unknown> {
  return typeof value === 'string' ? { id: value } : value;
}

/** The fields that are kept under their own names. */
export function agentSettings(body: Record<string, unknown>): Record<string, unknown> {
  const names = ['model', 'system', 'tools', 'mcp_servers', 'skills', 'multiagent', 'execution_identity'];
  const given = Object.fromEntries(names.filter((name) => body[name] !== undefined).map((name) => [name, body[name]]));
  return body.model === undefined ? given : { ...given, model: asModel(body.model as z.infer<typeof model>) };
}

/** What an assistant's config says of model, system and tools: `configurable.agent`, where the graph finds it. */
export function settingsOf({ config }: Pick<AssistantRow, 'config'>): Record<string, unknown> {
  const { agent } = (config.configurable ?? {}) as Record<string, unknown>;
  return typeof agent === 'object' && agent !== null && !Array.isArray(agent) ? (agent as Record<string, unknown>) : {};
}

/** The config with these settings. */
export function configWith(
  config: Record<string, unknown>,
  settings: Record<string, unknown>,
): Record<string, unknown> {
  if (Object.keys(settings).length === 0) return config;
  return { ...config, configurable: { ...(config.configurable as object | undefined), agent: settings } };
}

export function toAgent(row: AssistantRow, id = prefixedId('agent', row.assistantId)): Agent {
  const {
    model: given,
    system,
    tools,
    mcp_servers,
    skills,
    multiagent,
    execution_identity,
  } = settingsOf(row) as Partial<Agent>;
  return {
    id,
    type: 'agent',
    version: row.version,
    name: row.name,
    description: row.description,
    model: given ?? { id: row.graphId },
    system: system ?? null,
    tools: tools ?? [],
    mcp_servers: mcp_servers ?? [],
    skills: skills ?? [],
    metadata: row.metadata,
    multiagent: multiagent ?? null,
    execution_identity: execution_identity ?? { type: 'service_account' },
    created_at: isoTime(row.createdAt),
    updated_at: isoTime(row.updatedAt),
    archived_at: row.archivedAt === null ? null : isoTime(row.archivedAt),
  };
}

/** ISO time of epoch ms. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
