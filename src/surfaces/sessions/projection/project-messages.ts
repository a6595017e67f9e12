import { contentBlocks } from './content-blocks.js';
import type { ProjectionContext } from './projection-context.js';
import type { ProjectedMessage } from './projection-state.js';
import type { EventPreview } from './session-event.js';
import { objectOf } from './session-row.js';
import { emitToolUse, noteToolCall } from './project-tools.js';

/** Channel `messages`: what models say, think and ask of tools, and what it cost. */
export function projectMessage(context: ProjectionContext): void {
  const { row, state } = context;
  const key = JSON.stringify([row.namespace, row.node, row.data.run_id ?? null]);
  if (row.data.event === 'message-start') return start(context, key);
  const message = state.messages.get(key);
  if (!message) return;
  switch (row.data.event) {
    case 'content-block-start':
      return previewStart(context, message);
    case 'content-block-delta':
      return previewDelta(context, message);
    case 'content-block-finish':
      return finishBlock(context, message);
    case 'message-finish':
      state.messages.delete(key);
      return finish(context, message);
    case 'error':
      state.messages.delete(key);
      endSpan(context, message, true);
  }
}

function start(context: ProjectionContext, key: string): void {
  const { row, state } = context;
  if (row.data.role !== 'ai') return;
  const thread = state.ownerOf(row.namespace);
  // The model goes on, so whatever it asked for before needed nobody's leave.
  for (const call of state.tools.values()) if (call.thread === thread) emitToolUse(context, call, 'allow');
  const spanId = context.emit(thread, 'span.model_request_start');
  state.messages.set(key, {
    thread, spanId, messageId: context.nextId(), thinkingId: context.nextId(), texts: new Map(), calls: new Map(),
    textOrder: new Map(), hasThought: false, previewable: true,
  });
}

function finishBlock(context: ProjectionContext, message: ProjectedMessage): void {
  const { data } = context.row;
  const index = typeof data.index === 'number' ? data.index : 0;
  const block = objectOf(data.content);
  if (block.type === 'text' && typeof block.text === 'string') message.texts.set(index, block.text);
  if (block.type === 'tool_call' && typeof block.id === 'string') {
    message.calls.set(index, { id: block.id, name: String(block.name), input: objectOf(block.args) });
  }
  if (block.type !== 'reasoning' || message.hasThought) return;
  message.hasThought = true;
  context.emit(message.thread, 'agent.thinking', {}, { id: message.thinkingId });
}

function finish(context: ProjectionContext, message: ProjectedMessage): void {
  const { thread, texts, calls, messageId } = message;
  const content = inOrder(texts).flatMap((text) => contentBlocks(text));
  if (content.length > 0) {
    thread.lastText = content.map(({ text }) => text).join('');
    context.emit(thread, 'agent.message', { content }, { id: messageId });
  }
  endSpan(context, message, false);
  for (const { id, name, input } of inOrder(calls)) noteToolCall(context, { callId: id, name, input, thread });
}

function endSpan(context: ProjectionContext, { thread, spanId }: ProjectedMessage, isError: boolean): void {
  const usage = objectOf(context.row.data.usage ?? context.row.data.usage_metadata);
  const details = objectOf(usage.input_token_details);
  const reported = {
    input_tokens: count(usage.input_tokens),
    output_tokens: count(usage.output_tokens),
    cache_creation_input_tokens: count(details.cache_creation),
    cache_read_input_tokens: count(details.cache_read),
  };
  for (const name of Object.keys(reported) as (keyof typeof reported)[]) context.state.usage[name] += reported[name];
  context.emit(thread, 'span.model_request_end', {
    model_request_start_id: spanId,
    is_error: isError,
    model_usage: reported,
  });
}

function previewStart(context: ProjectionContext, message: ProjectedMessage): void {
  if (!message.previewable) return;
  const block = objectOf(context.row.data.content);
  if (block.type === 'reasoning') {
    context.previews.push(
      preview(message, 'agent.thinking', {
        type: 'event_start',
        event: { type: 'agent.thinking', id: message.thinkingId },
      }),
    );
  }
  if (block.type === 'text' && typeof block.text === 'string') previewText(context, message, block.text);
}

function previewDelta(context: ProjectionContext, message: ProjectedMessage): void {
  const delta = objectOf(context.row.data.delta);
  if (delta.type === 'text-delta' && typeof delta.text === 'string') previewText(context, message, delta.text);
}

/** The first text of a message announces it: one that only calls tools gives no `agent.message`. */
function previewText(context: ProjectionContext, message: ProjectedMessage, text: string): void {
  if (text === '' || !message.previewable) return;
  const { messageId, textOrder } = message;
  const { index: block } = context.row.data;
  const place = typeof block === 'number' ? block : 0;
  if (textOrder.size === 0) {
    context.previews.push(
      preview(message, 'agent.message', { type: 'event_start', event: { type: 'agent.message', id: messageId } }),
    );
  }
  if (!textOrder.has(place)) textOrder.set(place, textOrder.size);
  const delta = { type: 'content_delta', index: textOrder.get(place), content: { type: 'text', text } };
  context.previews.push(preview(message, 'agent.message', { type: 'event_delta', event_id: messageId, delta }));
}

function preview(
  message: ProjectedMessage,
  previewOf: EventPreview['previewOf'],
  body: EventPreview['body'],
): EventPreview {
  const { thread, messageId, thinkingId } = message;
  const eventId = previewOf === 'agent.message' ? messageId : thinkingId;
  return { thread: thread.id, isPrimary: thread.parent === null, eventId, previewOf, body };
}

function inOrder<T>(blocks: ReadonlyMap<number, T>): T[] {
  return [...blocks].sort(([a], [b]) => a - b).map(([, value]) => value);
}

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
