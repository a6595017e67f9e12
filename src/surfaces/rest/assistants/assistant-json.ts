import type { GraphSchemas } from '../../../graphs/schemas/graph-schema.js';
import type { AssistantRow } from '../../../storage/assistant-storage.js';

/** A version of an assistant as the REST API gives it; `created_at` is when the version was made, as ISO 8601. */
export interface AssistantVersionJson {
  readonly assistant_id: string;
  readonly graph_id: string;
  readonly config: Record<string, unknown>;
  readonly context: Record<string, unknown>;
  readonly metadata: Record<string, unknown>;
  readonly created_at: string;
  readonly version: number;
  readonly name: string;
  readonly description: string | null;
}

/** An assistant; `created_at` is when it was made. */
export interface AssistantJson extends AssistantVersionJson {
  readonly updated_at: string;
}

/** What a graph takes and gives, as JSON Schema; null where nobody knows. */
export interface SchemasJson {
  readonly graph_id: string;
  readonly input_schema: Record<string, unknown> | null;
  readonly output_schema: Record<string, unknown> | null;
  readonly state_schema: Record<string, unknown> | null;
  readonly config_schema: Record<string, unknown> | null;
  readonly context_schema: Record<string, unknown> | null;
}

export function assistantJson(row: AssistantRow): AssistantJson {
  return { ...fieldsOf(row), created_at: isoTime(row.createdAt), updated_at: isoTime(row.updatedAt) };
}

export function versionJson(row: AssistantRow): AssistantVersionJson {
  return { ...fieldsOf(row), created_at: isoTime(row.updatedAt) };
}

/** Those of the fields that are named; all of them when none is. */
export function selected(assistant: AssistantJson, fields: readonly (keyof AssistantJson)[]): Partial<AssistantJson> {
  if (fields.length === 0) return assistant;
  return Object.fromEntries(fields.map((field) => [field, assistant[field]]));
}

export function schemasJson(graphId: string, schemas: GraphSchemas): SchemasJson {
  const { input, output, state, config, context } = schemas;
  return {
    graph_id: graphId,
    input_schema: input,
    output_schema: output,
    state_schema: state,
    config_schema: config,
    context_schema: context,
  };
}

function fieldsOf(row: AssistantRow): Omit<AssistantVersionJson, 'created_at'> {
  return {
    assistant_id: row.assistantId,
    graph_id: row.graphId,
    config: row.config,
    context: row.context,
    metadata: row.metadata,
    version: row.version,
    name: row.name,
    description: row.description,
  };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
