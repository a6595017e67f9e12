import type { SchemaReaders } from '../loading/graph-libraries.js';
import { isObject } from '../../storage/json-containment.js';
import { type JsonSchema, type KnownSchemas, MESSAGES } from './graph-schema.js';

type Reader = (graph: unknown) => unknown;

/** What a graph built with schemas (zod, or any other that can be written as JSON Schema) says of itself. */
export function schemasOf(graph: object, readers: SchemaReaders): KnownSchemas {
  const { builder } = graph as { builder?: unknown };
  if (!isObject(builder)) return {};
  const read = (reader: Reader | undefined, definition: string): JsonSchema | null => {
    if (!reader) return null;
    return withMessages(whole(reader, builder) ?? byChannel(reader, builder, definition, readers));
  };
  const state = '_schemaRuntimeDefinition';
  const config = read(readers.getConfigTypeSchema, '_configRuntimeSchema');
  return {
    state: read(readers.getStateTypeSchema, state),
    input: read(readers.getInputTypeSchema, isObject(builder._inputRuntimeDefinition) ? '_inputRuntimeDefinition' : state),
    output: read(readers.getOutputTypeSchema, '_outputRuntimeDefinition'),
    config,
    context: config,
  };
}

/** The names of a graph's channels, which is all that is left at run time of one that is typed by TypeScript alone. */
export function channelNames(graph: object): KnownSchemas {
  const { builder } = graph as { builder?: unknown };
  if (!isObject(builder)) return {};
  return {
    state: namesOf(builder._schemaDefinition ?? builder.channels),
    input: namesOf(builder._inputDefinition),
    output: namesOf(builder._outputDefinition),
  };
}

function namesOf(channels: unknown): JsonSchema | null {
  if (!isObject(channels)) return null;
  const names = Object.keys(channels).filter((name) => !/^__|^branch:/.test(name));
  return names.length === 0
    ? null
    : { type: 'object', properties: Object.fromEntries(names.map((name) => [name, {}])) };
}

function whole(reader: Reader, builder: object): JsonSchema | null {
  try {
    const schema = reader({ builder });
    return isObject(schema) ? schema : null;
  } catch {
    // A channel that has no JSON form.
    return null;
  }
}

/** Each channel on its own, so that one without a JSON form, as that of messages often is, hides no other. */
function byChannel(
  reader: Reader,
  builder: Record<string, unknown>,
  definition: string,
  { schemaMetaRegistry: known }: SchemaReaders,
): JsonSchema | null {
  const { shape, pick } = (builder[definition] ?? {}) as { shape?: unknown; pick?: (keys: object) => unknown };
  if (!isObject(shape) || typeof pick !== 'function') return null;
  const properties: Record<string, unknown> = {};
  const required: string[] = [];
  for (const [name, channel] of Object.entries(shape)) {
    const picked = pick.call(builder[definition], { [name]: true });
    const schema = whole(reader, { ...builder, [definition]: picked });
    properties[name] = (schema?.properties as JsonSchema | undefined)?.[name] ?? described(channel, known);
    if ((schema?.required as string[] | undefined)?.includes(name)) required.push(name);
  }
  return { type: 'object', properties, ...(required.length > 0 && { required }) };
}

function described(channel: unknown, known: SchemaReaders['schemaMetaRegistry']): JsonSchema {
  const extra = known?.get(channel as never)?.jsonSchemaExtra;
  return isObject(extra) ? extra : {};
}

/** A channel of messages often says no more than that it is one. */
function withMessages(schema: JsonSchema | null): JsonSchema | null {
  if (!isObject(schema?.properties)) return schema;
  const properties = Object.entries(schema.properties).map(([name, property]) => {
    const isMessages = isObject(property) && property.langgraph_type === 'messages' && !('type' in property);
    return [name, isMessages ? { ...MESSAGES, ...property } : property] as const;
  });
  return { ...schema, properties: Object.fromEntries(properties) };
}
