import { BaseCallbackHandler } from '@langchain/core/callbacks/base';
import type { LLMResult } from '@langchain/core/outputs';
import { FRAME_METHOD } from '../../../protocol/stream-mode.js';
import { isMessage, messageJson, type MessageLike } from './message-json.js';
import type { FrameWriter } from './frame-writer.js';

type Metadata = Record<string, unknown>;

/** What LangChain tells a handler. */
type Arguments<Method extends keyof BaseCallbackHandler> =
  NonNullable<BaseCallbackHandler[Method]> extends (...given: infer Given extends unknown[]) => unknown
    ? Given
    : never;

interface Origin {
  readonly namespace: readonly string[];
  readonly metadata: Metadata;
}

/** What the caller is stays with the server. */
const OF_THE_CALLER = 'langgraph_auth_';

/**
 * Writes down what LangGraph's mode `messages` tells and the events of the protocol do not: the metadata of each model
 * call, ahead of its first chunk, and whole messages, those of tools among them. A message gets its id here as it gets
 * it there, so that the streams and the state name it alike.
 */
export class MessageFacts extends BaseCallbackHandler {
  readonly name = 'message_facts';
  /** The chunk must not be told before its metadata. */
  override awaitHandlers = true;
  private readonly origins = new Map<string, Origin>();
  private readonly streamed = new Set<string>();
  private readonly ids = new Map<string, string>();
  private readonly seen = new Set<string>();

  constructor(private readonly write: FrameWriter) {
    super();
  }

  override handleChatModelStart(...[, , runId, , , tags, metadata, name]: Arguments<'handleChatModelStart'>): void {
    if (tags?.includes('langsmith:nostream') || tags?.includes('nostream')) return;
    this.begin(runId, tags, metadata, name);
  }

  override handleLLMNewToken(
    _token: string, _index: unknown, runId: string, _parent?: string, _tags?: string[],
    fields?: { chunk?: unknown },
  ): void {
    const origin = this.origins.get(runId);
    if (!origin) return;
    const { message } = (fields?.chunk ?? {}) as { message?: unknown };
    this.seen.add(this.idOf(isMessage(message) ? message : null, runId));
    if (this.streamed.has(runId)) return;
    this.streamed.add(runId);
    this.write(FRAME_METHOD.message, origin.namespace, { run_id: runId, metadata: origin.metadata });
  }

  override handleLLMEnd({ generations }: LLMResult, runId: string): void {
    const origin = this.origins.get(runId);
    const { message } = (generations[0]?.[0] ?? {}) as { message?: unknown };
    if (origin && isMessage(message) && !this.streamed.has(runId)) this.tell(origin, message, runId);
    this.forget(runId);
  }

  override handleLLMError(_error: unknown, runId: string): void {
    this.forget(runId);
  }

  override handleChainStart(...[, inputs, runId, , tags, metadata, , name]: Arguments<'handleChainStart'>): void {
    if (!metadata || name !== metadata.langgraph_node || tags?.includes('langsmith:hidden')) return;
    this.begin(runId, tags, metadata, name);
    for (const { id } of messagesIn(inputs)) if (id !== undefined) this.seen.add(id);
  }

  override handleChainEnd(outputs: unknown, runId: string): void {
    const origin = this.origins.get(runId);
    if (origin) for (const message of messagesIn(outputs)) this.tell(origin, message, runId);
    this.forget(runId);
  }

  override handleChainError(_error: unknown, runId: string): void {
    this.forget(runId);
  }

  private begin(runId: string, tags?: string[], metadata?: Metadata, name?: string): void {
    const place = metadata?.langgraph_checkpoint_ns ?? metadata?.checkpoint_ns;
    if (typeof place !== 'string' || place === '') return;
    const told = Object.entries({ tags, name, ...metadata }).filter(([key]) => !key.startsWith(OF_THE_CALLER));
    this.origins.set(runId, { namespace: place.split('|'), metadata: Object.fromEntries(told) });
  }

  private tell({ namespace, metadata }: Origin, message: MessageLike, runId: string): void {
    if (message.id !== undefined && this.seen.has(message.id)) return;
    const id = this.idOf(message, runId);
    if (message.id !== id) {
      message.id = id;
      message.lc_kwargs.id = id;
    }
    this.seen.add(id);
    this.write(FRAME_METHOD.message, namespace, { run_id: runId, metadata, message: messageJson(message) });
  }

  private idOf(message: MessageLike | null, runId: string): string {
    const own = message?.id;
    if (message?.getType() === 'tool') return own ?? `run-${runId}-tool-${message.tool_call_id}`;
    const id = own === undefined || own === `run-${runId}` ? (this.ids.get(runId) ?? own ?? `run-${runId}`) : own;
    if (!this.ids.has(runId)) this.ids.set(runId, id);
    return id;
  }

  private forget(runId: string): void {
    this.origins.delete(runId);
    this.streamed.delete(runId);
    this.ids.delete(runId);
  }
}

/** Messages that a node was given or has returned: itself, its items, its fields and the items of these. */
function messagesIn(value: unknown): MessageLike[] {
  if (isMessage(value)) return [value];
  if (typeof value !== 'object' || value === null) return [];
  const fields: unknown[] = Array.isArray(value) ? value : Object.values(value).flat();
  return fields.filter(isMessage);
}
