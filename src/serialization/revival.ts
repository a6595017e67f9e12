import { DeltaSnapshot } from '@langchain/langgraph-checkpoint';
import { constructLangchain, isListed } from './langchain-classes.js';
import { MARK, PLAIN, setOwn } from './mark.js';

type Fields = Record<string, unknown>;
type Bytes = new (buffer: ArrayBuffer) => unknown;

const BYTES: Readonly<Record<string, Bytes>> = {
  Uint8Array,
  Uint8ClampedArray,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  BigInt64Array,
  BigUint64Array,
  Float32Array,
  Float64Array,
  DataView,
};

/** Every kind of mark but `plain` and the classes of LangChain. What is not here is never made from stored text. */
const KINDS: Readonly<Record<string, (payload: never) => unknown>> = {
  undefined: () => undefined,
  bigint: (digits: string) => BigInt(digits),
  number: (text: string) => Number(text),
  Map: (pairs: [unknown, unknown][]) => new Map(pairs),
  Set: (items: unknown[]) => new Set(items),
  RegExp: ([source, flags]: [string, string]) => new RegExp(source, flags),
  Error: ({ name, message }: Error) => errorOf(name, message),
  DeltaSnapshot: (value: unknown) => new DeltaSnapshot(value),
  ArrayBuffer: bufferOf,
};

/**
 * Gives stored text its values again: what its marks stand for, everything else as it was.
 * @throws SyntaxError for text that is no JSON
 */
export function readStored(text: string): unknown {
  const parsed: unknown = JSON.parse(text);
  return text.includes(`"${MARK}"`) ? revived(parsed) : parsed;
}

/** Whether values of this kind come back from stored text. */
export function isRevivable(kind: string): boolean {
  return Object.hasOwn(KINDS, kind) || Object.hasOwn(BYTES, kind);
}

/** In place: the value is fresh from the parser, and nobody else's. */
function revived(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      const item: unknown = value[index];
      if (typeof item === 'object' && item !== null) value[index] = revived(item);
    }
    return value;
  }
  const mark = (value as Fields)[MARK];
  return Array.isArray(mark) ? unmarked(value as Fields, mark) : revivedFields(value as Fields);
}

function revivedFields(fields: Fields): Fields {
  for (const key of Object.keys(fields)) {
    const field = fields[key];
    if (typeof field === 'object' && field !== null) setOwn(fields, key, revived(field));
  }
  return fields;
}

/** @returns the mark itself when nothing can be made of it: what another version wrote must not hide the rest */
function unmarked(whole: Fields, [kind, payload]: unknown[]): unknown {
  if (typeof kind !== 'string') return whole;
  if (kind === PLAIN) return revivedFields(payload as Fields);
  try {
    if (isListed(kind)) return constructLangchain(kind, revivedFields(payload as Fields));
    if (Object.hasOwn(KINDS, kind)) return (KINDS[kind] as (payload: unknown) => unknown)(revived(payload));
    if (Object.hasOwn(BYTES, kind)) return new (BYTES[kind] as Bytes)(bufferOf(payload as string));
  } catch {
    return whole;
  }
  return whole;
}

function errorOf(name: string, message: string): Error {
  const error = new Error(message);
  if (name !== error.name) Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true });
  return error;
}

function bufferOf(base64: string): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = Buffer.from(base64, 'base64');
  return (buffer).slice(byteOffset, byteOffset + byteLength);
}
