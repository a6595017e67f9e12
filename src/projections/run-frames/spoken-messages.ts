import { fieldsOf } from '../../protocol/fields-of.js';
import type { FrameRow } from './frame-row.js';
import { FRAME_METHOD } from '../../protocol/stream-mode.js';

/** A message as clients read it. */
export type MessageJson = Readonly<Record<string, unknown>>;

/** A piece of a message that a model streams, a message that came whole, or the end of a streamed one. */
export interface Utterance {
  readonly kind: 'chunk' | 'whole' | 'end';
  readonly id: string;
  readonly message: MessageJson;
  readonly metadata: Readonly<Record<string, unknown>>;
}

interface OpenBlock {
  type: unknown;
  /** Arguments of a tool call so far. */
  args: string;
  isStreamed: boolean;
}

interface OpenMessage {
  readonly id: string;
  readonly role: string;
  readonly toolCallId: unknown;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly blocks: Map<number, OpenBlock>;
  text: string;
}

const TYPES: Readonly<Record<string, string>> = { ai: 'ai', assistant: 'ai', human: 'human', user: 'human' };

/**
 * Makes of the content blocks of the log the chunks of messages that models streamed, with the metadata that LangGraph
 * gives them. Where the run recorded it (`frame.message`) that is exact; else it is what its events tell.
 */
export class SpokenMessages {
  private readonly open = new Map<string, OpenMessage>();
  private readonly facts = new Map<unknown, Readonly<Record<string, unknown>>>();
  private readonly whole = new Set<unknown>();
  private readonly steps = new Map<string, number>();

  /** @param own ids of the run, for metadata that was not recorded */
  constructor(private readonly own: Readonly<Record<string, unknown>>) {}

  note(row: FrameRow): Utterance | null {
    switch (row.method) {
      case FRAME_METHOD.message:
        return this.recorded(row.fields);
      case 'checkpoints':
        if (typeof row.fields.step === 'number') this.steps.set(row.namespaceText, row.fields.step);
        return null;
      case 'messages':
        return this.spoken(row);
      default:
        return null;
    }
  }

  private recorded({ run_id: runId, metadata, message }: Record<string, unknown>): Utterance | null {
    const about = fieldsOf(metadata);
    if (message === undefined) {
      this.facts.set(runId, about);
      return null;
    }
    const whole = fieldsOf(message);
    const id = typeof whole.id === 'string' ? whole.id : '';
    this.whole.add(id);
    return { kind: 'whole', id, message: whole, metadata: about };
  }

  private spoken(row: FrameRow): Utterance | null {
    const data = row.fields;
    const key = JSON.stringify([row.namespaceText, row.node, data.run_id ?? null]);
    if (data.event === 'message-start') {
      // A message that was recorded whole is told again in blocks.
      if (this.whole.has(data.id)) this.open.delete(key);
      else this.open.set(key, this.begun(row, data));
      return null;
    }
    const message = this.open.get(key);
    if (!message) return null;
    if (data.event === 'message-finish' || data.event === 'error') {
      this.open.delete(key);
      this.facts.delete(data.run_id);
      return finish(message, data);
    }
    return message.role === 'ai' ? chunkOf(message, data) : gather(message, data);
  }

  private begun(row: FrameRow, data: Record<string, unknown>): OpenMessage {
    const role = typeof data.role === 'string' ? (TYPES[data.role] ?? data.role) : 'ai';
    const metadata = this.facts.get(data.run_id) ?? this.derived(row, data.run_id);
    const id = typeof data.id === 'string' ? data.id : `run-${data.run_id as string}`;
    return { id, role, toolCallId: data.tool_call_id, metadata, blocks: new Map(), text: '' };
  }

  private derived(row: FrameRow, runId: unknown): Record<string, unknown> {
    const namespace = row.namespace.join('|');
    const step = this.steps.get(JSON.stringify(row.namespace.slice(0, -1)));
    return {
      ...this.own,
      langgraph_node: row.node ?? row.namespace.at(-1)?.split(':')[0],
      ...(step === undefined ? {} : { langgraph_step: step + 1 }),
      langgraph_checkpoint_ns: namespace,
      checkpoint_ns: namespace,
      ...(runId === undefined ? {} : { model_run_id: runId }),
    };
  }
}

function utterance(message: OpenMessage, fields: Record<string, unknown>): Utterance {
  const { id, metadata } = message;
  const chunk = {
    content: '', additional_kwargs: {}, response_metadata: {}, type: 'AIMessageChunk', id, tool_calls: [],
    invalid_tool_calls: [], tool_call_chunks: [], ...fields,
  };
  return { kind: 'chunk', id, message: chunk, metadata };
}

function chunkOf(message: OpenMessage, data: Record<string, unknown>): Utterance | null {
  const index = Number(data.index ?? 0);
  switch (data.event) {
    case 'content-block-start':
      message.blocks.set(index, { type: fieldsOf(data.content).type, args: '', isStreamed: false });
      return null;
    case 'content-block-delta': {
      const block = blockAt(message, index);
      block.isStreamed = true;
      return deltaChunk(message, block, index, fieldsOf(data.delta));
    }
    case 'content-block-finish': {
      // Its deltas are gone (compacted), or never were.
      const block = blockAt(message, index);
      return block.isStreamed ? null : finishedChunk(message, index, fieldsOf(data.content));
    }
    default:
      return null;
  }
}

function blockAt(message: OpenMessage, index: number): OpenBlock {
  let block = message.blocks.get(index);
  if (!block) message.blocks.set(index, (block = { type: undefined, args: '', isStreamed: false }));
  return block;
}

function deltaChunk(
  message: OpenMessage, block: OpenBlock, index: number, delta: Record<string, unknown>,
): Utterance | null {
  switch (delta.type) {
    case 'text-delta':
      return utterance(message, { content: delta.text });
    case 'reasoning-delta':
      return utterance(message, { content: [{ type: 'reasoning', reasoning: delta.reasoning, index }] });
    case 'block-delta': {
      const fields = fieldsOf(delta.fields);
      return fields.type === 'tool_call_chunk'
        ? toolCallChunk(message, block, { index, ...fields })
        : utterance(message, { content: [{ index, ...fields }] });
    }
    default: {
      const { type: _, ...fields } = delta;
      return utterance(message, { content: [{ type: block.type, ...fields, index }] });
    }
  }
}

/** The log has the arguments so far, a chunk what is new of them. */
function toolCallChunk(message: OpenMessage, block: OpenBlock, fields: Record<string, unknown>): Utterance | null {
  const args = typeof fields.args === 'string' ? fields.args : '';
  const isFirst = block.args === '';
  const added = args.startsWith(block.args) ? args.slice(block.args.length) : args;
  block.args = args;
  if (!isFirst && added === '') return null;
  const { id, name, index } = fields;
  const named = isFirst ? { ...(id === undefined ? {} : { id }), ...(name === undefined ? {} : { name }) } : {};
  return utterance(message, {
    tool_call_chunks: [{ type: 'tool_call_chunk', index, ...named, args: added }],
  });
}

function finishedChunk(message: OpenMessage, index: number, content: Record<string, unknown>): Utterance | null {
  if (content.type === 'text') return content.text === '' ? null : utterance(message, { content: content.text });
  if (content.type === 'tool_call') {
    const { id, name, args } = content;
    const chunk = { type: 'tool_call_chunk', index, id, name, args: JSON.stringify(args ?? {}) };
    return utterance(message, { tool_call_chunks: [chunk] });
  }
  return utterance(message, { content: [{ index, ...content }] });
}

/** Messages of people, tools and systems come in blocks too; nobody streams them. */
function gather(message: OpenMessage, data: Record<string, unknown>): null {
  const { type, text } = fieldsOf(data.content);
  if (data.event === 'content-block-finish' && type === 'text' && typeof text === 'string') message.text += text;
  return null;
}

function finish(message: OpenMessage, data: Record<string, unknown>): Utterance {
  const { id, role, metadata, text, toolCallId } = message;
  if (role !== 'ai') {
    const named = toolCallId === undefined ? {} : { tool_call_id: toolCallId };
    return { kind: 'whole', id, message: { type: role, content: text, id, ...named }, metadata };
  }
  const about = { ...fieldsOf(data.metadata), ...fieldsOf(data.responseMetadata) };
  const usage = fieldsOf(data.usage);
  const closing = {
    ...(Object.keys(usage).length > 0 ? { usage_metadata: usage } : {}),
    ...(Object.keys(about).length > 0 ? { response_metadata: about } : {}),
  };
  return { kind: 'end', id, message: closing, metadata };
}
