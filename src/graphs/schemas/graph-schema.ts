/** A JSON Schema. */
export type JsonSchema = Record<string, unknown>;

/** What a graph takes and gives, as JSON Schema; null where nobody knows. */
export interface GraphSchemas {
  readonly state: JsonSchema | null;
  readonly input: JsonSchema | null;
  readonly output: JsonSchema | null;
  /** Of `config.configurable`. */
  readonly config: JsonSchema | null;
  readonly context: JsonSchema | null;
}

/** Some of them, from one source. */
export type KnownSchemas = { readonly [Part in keyof GraphSchemas]?: JsonSchema | null };

export const SCHEMA_PARTS = ['state', 'input', 'output', 'config', 'context'] as const;

/** For each part the first source that has it. */
export function firstOf(...sources: readonly KnownSchemas[]): GraphSchemas {
  const found = SCHEMA_PARTS.map((part) => [part, sources.map((source) => source[part]).find(Boolean) ?? null]);
  return Object.fromEntries(found) as GraphSchemas;
}

const CONTENT = { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'object', additionalProperties: true } }] };

/** A message of LangChain, as clients write it. */
export const MESSAGE: JsonSchema = {
  type: 'object',
  properties: {
    type: { type: 'string', description: 'human, ai, system, tool, ...' },
    content: CONTENT,
    id: { type: 'string' },
  },
  required: ['type', 'content'],
};

/** A channel of messages; clients know it by its `langgraph_type`. */
export const MESSAGES: JsonSchema = { type: 'array', items: MESSAGE, langgraph_type: 'messages' };
