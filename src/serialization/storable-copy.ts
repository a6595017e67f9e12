import { types } from 'node:util';
import { langchainClassOf, langchainFields } from './langchain-classes.js';
import { MARK, type Marked, marked, PLAIN, setOwn } from './mark.js';
import { isRevivable } from './revival.js';
import { UnstorableValueError } from './unstorable-value-error.js';

type Fields = Record<string, unknown>;

const UNDEFINED = marked('undefined');
const ADVICE = 'keep it out of the state, or put it into a channel that is not stored (UntrackedValue)';

/**
 * Makes what `JSON.stringify` writes in the form of stored state: marks (see `MARK`) for what JSON cannot say,
 * everything else as it is. Only what changes is copied; the value itself is never changed.
 *
 * An instance of a class that is not in the tables is stored as its data: what its `toJSON` gives, else its own fields.
 * Functions are no data of an instance and are left out; anywhere else they are refused, as everything is that would
 * not come back.
 */
export class StorableCopy {
  /** Where the walk is, up to its depth; behind that they are out of date. */
  private readonly keys: PropertyKey[] = [];
  private readonly parents: object[] = [];
  /** Instances that the walk is inside of. */
  private instances = 0;

  /** @param maxDepth levels of arrays and objects that a value may nest: MAX_STATE_DEPTH */
  constructor(private readonly maxDepth: number) {}

  /** @throws UnstorableValueError; whatever a getter or a `toJSON` of the value throws */
  of(value: unknown): unknown {
    return this.any(value, 0);
  }

  private any(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value;
      case 'number':
        if (Number.isFinite(value) && !(value === 0 && 1 / value < 0)) return value;
        return marked('number', Object.is(value, -0) ? '-0' : String(value));
      case 'object':
        return value === null ? null : this.object(value, depth);
      case 'undefined':
        return UNDEFINED;
      case 'bigint':
        return marked('bigint', value.toString());
      default:
        // To leave it out: JSON has neither.
        if (this.instances > 0) return undefined;
        throw this.refusal(depth, `it is a ${typeof value}; ${ADVICE}`);
    }
  }

  private object(value: object, depth: number): unknown {
    this.parents[depth] = value;
    if (depth >= this.maxDepth) throw this.tooDeep(depth);
    if (Array.isArray(value)) return this.array(value, depth);
    const prototype = Object.getPrototypeOf(value) as object | null;
    if (prototype === Object.prototype || prototype === null) return this.record(value as Fields, depth);
    return this.instance(value, prototype, depth);
  }

  private array(items: readonly unknown[], depth: number): readonly unknown[] {
    let copy: unknown[] | undefined;
    for (let index = 0; index < items.length; index += 1) {
      const item = items[index];
      if (typeof item === 'string') {
        copy?.push(item);
        continue;
      }
      this.keys[depth] = index;
      const stored = this.any(item, depth + 1);
      if (stored !== item && copy === undefined) copy = items.slice(0, index);
      copy?.push(stored);
    }
    return copy ?? items;
  }

  private record(fields: Fields, depth: number): unknown {
    let copy: Fields | undefined;
    let hasMark = false;
    for (const key of Object.keys(fields)) {
      const field = fields[key];
      if (key === MARK) hasMark = true;
      if (typeof field === 'string') continue;
      this.keys[depth] = key;
      if (key === 'toJSON' && typeof field === 'function')
        return this.inside(() => this.asJson(fields as unknown as WithToJson, depth));
      const stored = this.any(field, depth + 1);
      if (stored === field) continue;
      copy ??= { ...fields };
      setOwn(copy, key, stored);
    }
    return hasMark ? marked(PLAIN, copy ?? fields) : (copy ?? fields);
  }

  private instance(value: object, prototype: object, depth: number): unknown {
    const name = langchainClassOf(value, prototype);
    if (name !== null) return this.inside(() => marked(name, this.record(langchainFields(value), depth)));
    if (types.isArrayBufferView(value) || types.isAnyArrayBuffer(value)) return this.bytes(value, depth);
    const own = value as Fields;
    if (typeof own.lg_name === 'string') return this.langgraph(own, depth);
    if (typeof own.toJSON === 'function') return this.inside(() => this.asJson(own as unknown as WithToJson, depth));
    if (types.isMap(value)) return marked('Map', this.array([...value], depth));
    if (types.isSet(value)) return marked('Set', this.array([...value], depth));
    if (types.isRegExp(value)) return marked('RegExp', [value.source, value.flags]);
    if (value instanceof Error || types.isNativeError(value))
      return marked('Error', { name: value.name, message: value.message });
    if (types.isBoxedPrimitive(value)) return this.any((value as { valueOf(): unknown }).valueOf(), depth);
    if (isNeverData(value) && this.instances === 0) throw this.refusal(depth, `it is a ${tagOf(value)}; ${ADVICE}`);
    return this.inside(() => this.record(own, depth));
  }

  /** What LangGraph makes itself holds data of the graph, so nothing in it is left out. */
  private langgraph(value: Fields, depth: number): unknown {
    if (value.lg_name === 'DeltaSnapshot') return marked('DeltaSnapshot', this.any(value.value, depth));
    if (value.lg_name === 'Send') {
      const { node, args, timeout } = value;
      return this.record({ node, args, ...(timeout === undefined ? {} : { timeout }) }, depth);
    }
    if (typeof value.toJSON === 'function') return this.asJson(value as unknown as WithToJson, depth);
    return this.inside(() => this.record(value, depth));
  }

  /** As `JSON.stringify` does: the `toJSON` of the result is not asked. */
  private asJson(value: WithToJson, depth: number): unknown {
    const json = value.toJSON(String(this.keys[depth - 1] ?? ''));
    if (typeof json !== 'object' || json === null || Array.isArray(json)) return this.any(json, depth);
    const prototype = Object.getPrototypeOf(json) as object | null;
    const asksAgain = typeof (json as Fields).toJSON === 'function';
    if (asksAgain && (prototype === null || langchainClassOf(json, prototype) === null)) {
      const { toJSON: _, ...fields } = json as Fields;
      return this.record(fields, depth);
    }
    return prototype === Object.prototype || prototype === null
      ? this.record(json as Fields, depth)
      : this.instance(json, prototype, depth);
  }

  /** Bytes of a typed array (a Buffer is a Uint8Array), a DataView or an ArrayBuffer. */
  private bytes(value: ArrayBufferView | ArrayBufferLike, depth: number): Marked {
    const kind = tagOf(value);
    if (!isRevivable(kind)) throw this.refusal(depth, `it is a ${kind}; ${ADVICE}`);
    const buffer = ArrayBuffer.isView(value)
      ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
      : Buffer.from(value);
    return marked(kind, buffer.toString('base64'));
  }

  private inside<T>(walk: () => T): T {
    this.instances += 1;
    const result = walk();
    this.instances -= 1;
    return result;
  }

  private tooDeep(depth: number): UnstorableValueError {
    const met = new Map<object, number>();
    for (let level = 0; level <= depth; level += 1) {
      const parent = this.parents[level] as object;
      const before = met.get(parent);
      if (before !== undefined) {
        return new UnstorableValueError(
          this.keys.slice(0, level),
          'it is a part of itself (a circular reference); keep an id in its place',
        );
      }
      met.set(parent, level);
    }
    return new UnstorableValueError(this.keys.slice(0, depth), 'it nests deeper than MAX_STATE_DEPTH levels');
  }

  private refusal(depth: number, reason: string): UnstorableValueError {
    return new UnstorableValueError(this.keys.slice(0, depth), reason);
  }
}

interface WithToJson {
  toJSON(key: string): unknown;
}

function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** What has no fields of its own although it stands for something: stored, it would come back as an empty object. */
function isNeverData(value: object): boolean {
  return types.isPromise(value) || types.isWeakMap(value) || types.isWeakSet(value) || value instanceof WeakRef;
}
