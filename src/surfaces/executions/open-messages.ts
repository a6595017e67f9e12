import { type ExecutionRow, fieldsOf } from './execution-row.js';

/** A model's message that is being said. */
interface UtteredMessage {
  readonly id: unknown;
  /** A model speaks; what people and tools say is not output. */
  readonly isModel: boolean;
  readonly texts: Map<number, string>;
  /** Blocks of which a delta was seen. */
  readonly streamed: Set<number>;
  callsTools: boolean;
}

/** What a row of channel `messages` says to somebody who follows a thread. */
export type Utterance =
  | { readonly kind: 'thinking' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'turn'; readonly text: string; readonly messageId: unknown };

/** Follows the messages of a run from their parts; several may be open at once. */
export class OpenMessages {
  private readonly open = new Map<string, UtteredMessage>();

  /**
   * What this row adds, or null. A block whose deltas are gone (compacted) or never were is said when it is finished.
   */
  note(row: ExecutionRow): Utterance | null {
    const { data } = row;
    const key = JSON.stringify([row.namespace, row.node, data.run_id ?? null]);
    if (data.event === 'message-start') {
      this.open.set(key, newMessage(data));
      return null;
    }
    const message = this.open.get(key) ?? newMessage({});
    this.open.set(key, message);
    if (data.event === 'message-finish' || data.event === 'error') this.open.delete(key);
    return message.isModel ? utterance(message, data) : null;
  }
}

function newMessage({ id, role }: Record<string, unknown>): UtteredMessage {
  const isModel = role === undefined || role === 'ai' || role === 'assistant';
  return { id: id ?? null, isModel, texts: new Map(), streamed: new Set(), callsTools: false };
}

function utterance(message: UtteredMessage, data: Record<string, unknown>): Utterance | null {
  const index = Number(data.index ?? 0);
  switch (data.event) {
    case 'content-block-start':
      return fieldsOf(data.content).type === 'reasoning' ? { kind: 'thinking' } : null;
    case 'content-block-delta': {
      const { type, text } = fieldsOf(data.delta);
      if (type !== 'text-delta' || typeof text !== 'string' || text === '') return null;
      message.streamed.add(index);
      return { kind: 'text', text };
    }
    case 'content-block-finish':
      return finished(message, index, fieldsOf(data.content));
    case 'message-finish':
      if (message.callsTools) return null;
      return { kind: 'turn', text: [...message.texts.values()].join(''), messageId: message.id };
    default:
      return null;
  }
}

function finished(message: UtteredMessage, index: number, { type, text }: Record<string, unknown>): Utterance | null {
  if (type === 'tool_call' || type === 'invalid_tool_call') message.callsTools = true;
  if (type !== 'text' || typeof text !== 'string') return null;
  message.texts.set(index, text);
  return message.streamed.has(index) || text === '' ? null : { kind: 'text', text };
}
