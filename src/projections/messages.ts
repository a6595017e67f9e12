import { fieldsOf } from '../protocol/fields-of.js';
import { messageKey } from '../protocol/message-key.js';
import type { LogRow } from './log-row.js';

/** A call that a message asks for. */
export interface RequestedCall {
  readonly id: string;
  readonly name: string;
  readonly input: Record<string, unknown>;
}

/** A message that is being said. Plain data, so that whoever follows messages can copy what it remembers. */
export interface Message {
  readonly id: unknown;
  /** A model speaks; what people and tools say is not output. */
  readonly isModel: boolean;
  /** Finished blocks of text and calls of tools, by the index of the block. */
  readonly texts: Map<number, string>;
  readonly calls: Map<number, RequestedCall>;
  /** It asks for a tool, also by a call that cannot be carried out: its text is not the end of a turn. */
  callsTools: boolean;
  /** How much of each block its pieces have said, in characters. */
  readonly said: Map<number, number>;
}

/** What one row adds to a message. */
export type MessagePart =
  | { readonly kind: 'started' | 'finished' | 'broken' }
  /** A block of reasoning begins. */
  | { readonly kind: 'thinking' }
  | { readonly kind: 'piece'; readonly index: number; readonly text: string }
  /** A block is whole. `unsaid` is the text of it that no piece said: pieces may be compacted, or never were. */
  | { readonly kind: 'block'; readonly type: unknown; readonly unsaid: string };

/** A message as its first row begins it. */
export function newMessage({ data: { event, id, role } }: LogRow): Message {
  const isModel = event !== 'message-start' || role === undefined || role === 'ai' || role === 'assistant';
  return { id: id ?? null, isModel, texts: new Map(), calls: new Map(), callsTools: false, said: new Map() };
}

/**
 * Follows one row of channel `messages`; several messages may be open at once.
 * @param open the messages that have begun and not ended, which this changes
 * @param begin makes a message of its first row, which is another than `message-start` when that is not in the log any
 *   more; null for one that is not followed
 * @returns the message and what the row adds to it; null for nothing
 */
export function followMessage<M extends Message>(
  open: Map<string, M>,
  row: LogRow,
  begin: (row: LogRow) => M | null,
): { readonly message: M; readonly part: MessagePart } | null {
  const { namespace, node, data } = row;
  const key = messageKey(namespace, node, data.run_id);
  const known = data.event === 'message-start' ? undefined : open.get(key);
  const message = known ?? begin(row);
  if (!message) return null;
  if (data.event === 'message-finish' || data.event === 'error') open.delete(key);
  else if (!known) open.set(key, message);
  const part = partOf(message, data);
  return part && { message, part };
}

/** The texts of its blocks, in their order. */
export function textsOf({ texts }: Message): string[] {
  return inOrder(texts);
}

/** The calls that it asks for, in their order. */
export function callsOf({ calls }: Message): RequestedCall[] {
  return inOrder(calls);
}

function partOf(message: Message, data: LogRow['data']): MessagePart | null {
  const index = typeof data.index === 'number' ? data.index : 0;
  switch (data.event) {
    case 'message-start':
      return { kind: 'started' };
    case 'content-block-start': {
      const { type, text } = fieldsOf(data.content);
      if (type === 'reasoning') return { kind: 'thinking' };
      return type === 'text' ? pieceOf(message, index, text) : null;
    }
    case 'content-block-delta': {
      const { type, text } = fieldsOf(data.delta);
      return type === 'text-delta' ? pieceOf(message, index, text) : null;
    }
    case 'content-block-finish':
      return blockOf(message, index, fieldsOf(data.content));
    case 'message-finish':
      return { kind: 'finished' };
    case 'error':
      return { kind: 'broken' };
    default:
      return null;
  }
}

function pieceOf(message: Message, index: number, text: unknown): MessagePart | null {
  if (typeof text !== 'string' || text === '') return null;
  message.said.set(index, (message.said.get(index) ?? 0) + text.length);
  return { kind: 'piece', index, text };
}

function blockOf(message: Message, index: number, block: Record<string, unknown>): MessagePart {
  const { type, text, id, name, args } = block;
  if (type === 'tool_call' || type === 'invalid_tool_call') message.callsTools = true;
  if (type === 'tool_call' && typeof id === 'string') {
    message.calls.set(index, { id, name: String(name), input: fieldsOf(args) });
  }
  if (type !== 'text' || typeof text !== 'string') return { kind: 'block', type, unsaid: '' };
  message.texts.set(index, text);
  return { kind: 'block', type, unsaid: text.slice(message.said.get(index) ?? 0) };
}

function inOrder<T>(blocks: ReadonlyMap<number, T>): T[] {
  return [...blocks].sort(([a], [b]) => a - b).map(([, value]) => value);
}
