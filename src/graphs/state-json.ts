import { setOwn } from '../serialization/mark.js';
import { pathText } from '../serialization/value-path.js';

/** Text of a state could not be made; `path` is where, such as `values.items[2].parent`. */
export class UnserializableStateError extends Error {
  override readonly name = 'UnserializableStateError';

  constructor(readonly path: string, reason: string, options?: ErrorOptions) {
    super(`State cannot be written as JSON at ${path === '' ? 'its root' : path}: ${reason}`, options);
  }
}

/** Fields of a message that say nothing when empty. */
const OMITTED_WHEN_EMPTY = new Set([
  'additional_kwargs', 'response_metadata', 'tool_calls', 'invalid_tool_calls', 'tool_call_chunks',
]);
/** Fields that live on the instance, whether or not the constructor was given them. */
const MESSAGE_FIELDS = [
  'content',
  'id',
  'name',
  'role',
  'tool_calls',
  'invalid_tool_calls',
  'usage_metadata',
  'tool_call_id',
  'status',
  'artifact',
  'example',
  'additional_kwargs',
  'response_metadata',
];
const NOT_ON_THE_WIRE = new Set([
  'contentBlocks',
  'content_blocks',
  'lc_kwargs',
  'lc_namespace',
  'lc_serializable',
  'type',
]);

interface MessageLike {
  toDict(): { type: string; data: Record<string, unknown> };
  getType?(): string;
  _getType?(): string;
  lc_kwargs?: Record<string, unknown>;
}

/** Where the walk is: the objects it is inside of, and the keys that led there. */
interface Walk {
  inside: object[];
  keys: (string | number)[];
}

/**
 * The one JSON text of graph state, on `values` events and on `GET /threads/:id/state` alike (docs/event-stream.md,
 * values). LangChain messages become `{type, content, id?, ...}` at any depth; bigint becomes a string, a Map an object
 * (or an array of pairs when a key is no string), a Set an array, bytes base64, an Error `{name, message}`; functions
 * and `undefined` are left out; `toJSON` is honoured elsewhere. `undefined` itself gives `null`.
 *
 * A walk that copies only what it must, then the engine's own stringify: a replacer function would be several times
 * slower, and would see messages only after their costly `toJSON` had run.
 * @throws UnserializableStateError on a cycle, a getter that throws, or nesting too deep for the stack
 */
export function stateJson(value: unknown): string {
  const walk: Walk = { inside: [], keys: [] };
  try {
    return JSON.stringify(plain(value, walk)) ?? 'null';
  } catch (error) {
    if (error instanceof UnserializableStateError) throw error;
    const deep = error instanceof RangeError;
    const path = deep ? pathText(walk.keys.slice(0, 8)) : pathText(walk.keys);
    throw new UnserializableStateError(
      path,
      deep ? 'it is nested too deeply (state may nest MAX_STATE_DEPTH levels)' : String(error),
      { cause: error },
    );
  }
}

function plain(value: unknown, walk: Walk): unknown {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return value;
    case 'object':
      return value === null ? null : plainObject(value, walk);
    case 'bigint':
      return value.toString();
    default:
      return undefined;
  }
}

function plainObject(value: object, walk: Walk): unknown {
  if (walk.inside.includes(value)) throw new UnserializableStateError(pathText(walk.keys), 'a circular reference');
  walk.inside.push(value);
  const result = Array.isArray(value) ? plainArray(value, walk) : plainByKind(value, walk);
  walk.inside.pop();
  return result;
}

function plainArray(items: unknown[], walk: Walk): unknown[] {
  let copy: unknown[] | undefined;
  for (let index = 0; index < items.length; index += 1) {
    const item = items[index];
    const result = plainAt(index, item, walk);
    if (result !== item && copy === undefined) copy = items.slice(0, index);
    copy?.push(result);
  }
  return copy ?? items;
}

function plainByKind(value: object, walk: Walk): unknown {
  if ('toDict' in value && typeof value.toDict === 'function') return plainMessage(value as MessageLike, walk);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    if (value instanceof Map) return plainMap(value, walk);
    if (value instanceof Set) return plainArray([...value], walk);
    if (ArrayBuffer.isView(value))
      return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
    if (value instanceof ArrayBuffer) return Buffer.from(value).toString('base64');
    if (value instanceof Error) return { name: value.name, message: value.message };
  }
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return plain((value as { toJSON(): unknown }).toJSON(), walk);
  return plainFields(value as Record<string, unknown>, walk);
}

function plainFields(fields: Record<string, unknown>, walk: Walk): Record<string, unknown> {
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(fields)) {
    const field = fields[key];
    const result = plainAt(key, field, walk);
    if (result === field) continue;
    copy ??= { ...fields };
    setOwn(copy, key, result);
  }
  return copy ?? fields;
}

function plainAt(key: string | number, value: unknown, walk: Walk): unknown {
  if (typeof value !== 'object' || value === null) return plain(value, walk);
  walk.keys.push(key);
  const result = plainObject(value, walk);
  walk.keys.pop();
  return result;
}

function plainMap(map: Map<unknown, unknown>, walk: Walk): unknown {
  const entries = [...map];
  const named = entries.every((entry): entry is [string, unknown] => typeof entry[0] === 'string');
  return named ? plainFields(Object.fromEntries(entries), walk) : plainArray(entries, walk);
}

/**
 * A message as clients read it, built from the instance: `toDict()` costs several times as much, and escapes what looks
 * like LangChain's own serialisation. Something else that has `toDict()` is taken at its word.
 */
function plainMessage(message: MessageLike, walk: Walk): unknown {
  const kwargs = message.lc_kwargs;
  const type = message.getType?.() ?? message._getType?.();
  if (kwargs === undefined || kwargs === null || type === undefined) {
    const { type: named, data } = message.toDict();
    return plainFields({ ...data, type: named }, walk);
  }
  const instance = message as unknown as Record<string, unknown>;
  const fields: Record<string, unknown> = { type };
  for (const key of MESSAGE_FIELDS) if (key in instance) setField(fields, key, instance[key], walk);
  for (const key of Object.keys(kwargs)) {
    if (!Object.hasOwn(fields, key) && !MESSAGE_FIELDS.includes(key) && !NOT_ON_THE_WIRE.has(key)) {
      setField(fields, key, Object.hasOwn(instance, key) ? instance[key] : kwargs[key], walk);
    }
  }
  return fields;
}

function setField(fields: Record<string, unknown>, key: string, value: unknown, walk: Walk): void {
  if (value === undefined || typeof value === 'function') return;
  if (OMITTED_WHEN_EMPTY.has(key) && (value === null || Object.keys(value).length === 0)) return;
  setOwn(fields, key, plainAt(key, value, walk));
}
