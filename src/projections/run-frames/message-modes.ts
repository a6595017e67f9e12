import { FRAME_CHANNEL } from '../../storage/log/event-draft.js';
import { fieldsOf } from '../../protocol/fields-of.js';
import type { FrameRow } from './frame-row.js';
import { type ModeFrame, type ModeProjection, NOTHING } from './mode-projection.js';
import { SpokenMessages, type Utterance } from './spoken-messages.js';

const CHANNELS = ['messages', 'checkpoints', FRAME_CHANNEL];

/** `messages-tuple`: each chunk of a message with its metadata, as LangGraph's own mode `messages` gives them. */
export class MessageTupleFrames implements ModeProjection {
  readonly channels = CHANNELS;
  readonly isStateful = true;
  readonly origin = 'node';

  constructor(private readonly messages: SpokenMessages) {}

  project(row: FrameRow): readonly ModeFrame[] {
    const said = this.messages.note(row);
    if (!said) return NOTHING;
    const message = said.kind === 'end' ? closingChunk(said) : said.message;
    return message ? [{ event: 'messages', data: JSON.stringify([message, said.metadata]) }] : NOTHING;
  }
}

/** The last chunk of a message says what it cost; without that there is none. */
function closingChunk({ id, message }: Utterance): object | null {
  if (Object.keys(message).length === 0) return null;
  return {
    content: '', additional_kwargs: {}, response_metadata: {}, type: 'AIMessageChunk', id, tool_calls: [],
    invalid_tool_calls: [], tool_call_chunks: [], ...message,
  };
}

interface ToolCallSoFar {
  id?: unknown;
  name?: unknown;
  args: string;
}

/** A streamed message as far as it has come. */
class MessageSoFar {
  private text = '';
  private readonly blocks: Record<string, unknown>[] = [];
  private readonly calls = new Map<unknown, ToolCallSoFar>();

  constructor(private readonly id: string) {}

  add({ content, tool_call_chunks: calls }: Readonly<Record<string, unknown>>): void {
    if (typeof content === 'string') this.text += content;
    else for (const block of content as Record<string, unknown>[]) this.addBlock(block);
    for (const { index, id, name, args } of calls as Record<string, unknown>[]) {
      const call = this.calls.get(index) ?? { args: '' };
      this.calls.set(index, {
        ...call,
        ...(id ? { id } : {}),
        ...(name ? { name } : {}),
        args: call.args + String(args),
      });
    }
  }

  json(closing: object = {}): object {
    const calls = [...this.calls.values()].map(({ args, ...call }) => ({ ...call, args: parsed(args), text: args }));
    const text = this.text === '' ? [] : [{ type: 'text', text: this.text }];
    return {
      content: this.blocks.length === 0 ? this.text : [...this.blocks, ...text],
      additional_kwargs: {},
      response_metadata: {},
      type: 'ai',
      id: this.id,
      tool_calls: calls.flatMap(({ text: _, args, ...call }) => (args ? [{ ...call, args, type: 'tool_call' }] : [])),
      invalid_tool_calls: calls.flatMap(({ text: args, args: whole, ...call }) =>
        whole ? [] : [{ ...call, args, error: 'Malformed args.', type: 'invalid_tool_call' }],
      ),
      ...closing,
    };
  }

  /** Reasoning is streamed block by block: what is new belongs to the block of its index. */
  private addBlock(block: Record<string, unknown>): void {
    const known = this.blocks.find(({ index, type }) => index === block.index && type === block.type);
    if (!known) return void this.blocks.push({ ...block });
    for (const [key, value] of Object.entries(block)) {
      const before = known[key];
      const isText = typeof value === 'string' && typeof before === 'string' && key !== 'type' && key !== 'id';
      known[key] = isText ? before + value : value;
    }
  }
}

function parsed(args: string): unknown {
  try {
    return fieldsOf(JSON.parse(args === '' ? '{}' : args));
  } catch {
    return null;
  }
}

/** `messages`: the metadata of a message, then the message as far as it has come, at each chunk, then whole. */
export class MessagesFrames implements ModeProjection {
  readonly channels = CHANNELS;
  readonly isStateful = true;
  readonly origin = 'node';
  private readonly open = new Map<string, MessageSoFar>();

  constructor(private readonly messages: SpokenMessages) {}

  project(row: FrameRow): readonly ModeFrame[] {
    const said = this.messages.note(row);
    if (!said) return NOTHING;
    const { id, kind, message, metadata } = said;
    if (kind === 'whole')
      return [metadataFrame(id, metadata), { event: 'messages/complete', data: JSON.stringify([message]) }];
    const known = this.open.get(id);
    if (kind === 'end') {
      this.open.delete(id);
      return known ? [{ event: 'messages/complete', data: JSON.stringify([known.json(message)]) }] : NOTHING;
    }
    const soFar = known ?? new MessageSoFar(id);
    this.open.set(id, soFar);
    soFar.add(message);
    const partial = { event: 'messages/partial', data: JSON.stringify([soFar.json()]) };
    return known ? [partial] : [metadataFrame(id, metadata), partial];
  }
}

function metadataFrame(id: string, metadata: object): ModeFrame {
  return { event: 'messages/metadata', data: JSON.stringify({ [id]: { metadata } }) };
}
