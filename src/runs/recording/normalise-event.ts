import { CHANNELS } from '../../protocol/channel.js';
import { fieldsOf } from '../../protocol/fields-of.js';
import type { RaisedInterrupt } from '../interrupts/interrupt-journal.js';
import type { NativeEvent } from './native-event.js';
import type { Stage } from './stages.js';

/** An event in the protocol's shape, its data not yet text. */
export interface NormalisedEvent {
  readonly method: string;
  readonly namespace: readonly string[];
  readonly node?: string;
  readonly name?: string;
  readonly data: unknown;
  /** What an `input.requested` asks, in the place of `data`. */
  readonly interrupt?: RaisedInterrupt;
}

/** Lets the events through that readers get, in the shape of the protocol. */
export const normalised: Stage<NativeEvent, NormalisedEvent> = {
  pass: (native, next) => {
    const event = normaliseEvent(native);
    if (event) next(event);
  },
};

const METHODS: ReadonlySet<string> = new Set(CHANNELS);

/**
 * Gives a native event the shape that docs/event-stream.md promises for its channel, or null for what is not sent:
 * the native root lifecycle (the server owns it), interrupts inside `values` and `updates` (they are
 * `input.requested`), and methods that no channel carries.
 */
export function normaliseEvent({ method, params }: NativeEvent): NormalisedEvent | null {
  const { namespace, node, data } = params;
  if (method.startsWith('custom:')) return named(namespace, method.slice('custom:'.length), data);
  switch (method) {
    case 'lifecycle':
      return namespace.length === 0 ? null : { method, namespace, data };
    case 'values': {
      const values = withoutInterrupts(data);
      return values === null ? null : { method, namespace, data: values };
    }
    case 'updates':
      return fieldsOf(data).node === '__interrupt__' ? null : { method, namespace, node: nodeOf(node, data), data };
    case 'messages':
      return { method, namespace, node, data: asMessageEvent(data) };
    case 'tools':
      return { method, namespace, node, data: withParsedInput(data) };
    case 'custom': {
      const { name } = fieldsOf(data);
      return { method, namespace, node, data, ...(name === undefined || name === null ? {} : { name: asName(name) }) };
    }
    default:
      return METHODS.has(method) ? { method, namespace, node, data } : null;
  }
}

/** What a transformer sends on its own channel: `custom` with the channel's name. */
function named(namespace: readonly string[], name: string, payload: unknown): NormalisedEvent {
  return { method: 'custom', namespace, name, data: { name, payload } };
}

function asName(name: unknown): string {
  return typeof name === 'string' ? name : JSON.stringify(name);
}

function withoutInterrupts(data: unknown): unknown {
  const fields = fieldsOf(data);
  if (!('__interrupt__' in fields)) return data;
  const { __interrupt__: _, ...values } = fields;
  return Object.keys(values).length === 0 ? null : values;
}

function nodeOf(node: string | undefined, data: unknown): string | undefined {
  const own = fieldsOf(data).node;
  return node ?? (typeof own === 'string' ? own : undefined);
}

/**
 * A model's message says who speaks; the native start leaves it out for the model itself. A tool call begins empty:
 * the native event shares its block with the ones after it, so by now it may hold arguments that are yet to come.
 */
function asMessageEvent(data: unknown): unknown {
  const fields = fieldsOf(data);
  if (fields.event === 'message-start' && fields.role === undefined) return { ...fields, role: 'ai' };
  const block = fieldsOf(fields.content);
  if (fields.event !== 'content-block-start' || block.type !== 'tool_call_chunk') return data;
  return { ...fields, content: { ...block, args: '' } };
}

/** Tool input is natively a JSON string; readers get the value. A string that is not JSON stays as it is. */
function withParsedInput(data: unknown): unknown {
  const fields = fieldsOf(data);
  if (fields.event !== 'tool-started' || typeof fields.input !== 'string') return data;
  try {
    return { ...fields, input: JSON.parse(fields.input) as unknown };
  } catch {
    return data;
  }
}
