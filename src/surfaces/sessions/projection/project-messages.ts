import { callsOf, followMessage, newMessage, textsOf } from '../../../projections/messages.js';
import { contentBlocks } from './content-blocks.js';
import type { ProjectionContext } from './projection-context.js';
import type { ProjectedMessage } from './projection-state.js';
import type { EventPreview } from './session-event.js';
import { fieldsOf } from '../../../protocol/fields-of.js';
import { emitToolUse, noteToolCall } from './project-tools.js';

/** Channel `messages`: what models say, think and ask of tools, and what it cost. */
export function projectMessage(context: ProjectionContext): void {
  const { row, state } = context;
  const followed = followMessage(state.messages, row, () => start(context));
  if (!followed) return;
  const { message, part } = followed;
  switch (part.kind) {
    case 'started':
      return;
    case 'thinking':
      return previewThought(context, message);
    case 'piece':
      return previewText(context, message, part.index, part.text);
    case 'block':
      return part.type === 'reasoning' ? noteThought(context, message) : undefined;
    case 'finished':
      return finish(context, message);
    case 'broken':
      return endSpan(context, message, true);
  }
}

/** The message that begins with this row; null for one whose beginning is gone, and for what no model says. */
function start(context: ProjectionContext): ProjectedMessage | null {
  const { row, state } = context;
  const message = newMessage(row);
  if (row.data.event !== 'message-start' || !message.isModel) return null;
  const thread = state.ownerOf(row.namespace);
  // The model goes on, so whatever it asked for before needed nobody's leave.
  for (const call of state.tools.values()) if (call.thread === thread) emitToolUse(context, call, 'allow');
  const spanId = context.emit(thread, 'span.model_request_start');
  const [messageId, thinkingId] = [context.nextId(), context.nextId()];
  return {
    ...message, thread, spanId, messageId, thinkingId, textOrder: new Map(), hasThought: false, previewable: true,
  };
}

function noteThought(context: ProjectionContext, message: ProjectedMessage): void {
  if (message.hasThought) return;
  message.hasThought = true;
  context.emit(message.thread, 'agent.thinking', {}, { id: message.thinkingId });
}

function finish(context: ProjectionContext, message: ProjectedMessage): void {
  const { thread, messageId } = message;
  const content = textsOf(message).flatMap((text) => contentBlocks(text));
  if (content.length > 0) {
    thread.lastText = content.map(({ text }) => text).join('');
    context.emit(thread, 'agent.message', { content }, { id: messageId });
  }
  endSpan(context, message, false);
  for (const { id, name, input } of callsOf(message)) noteToolCall(context, { callId: id, name, input, thread });
}

function endSpan(context: ProjectionContext, { thread, spanId }: ProjectedMessage, isError: boolean): void {
  const usage = fieldsOf(context.row.data.usage ?? context.row.data.usage_metadata);
  const details = fieldsOf(usage.input_token_details);
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

function previewThought(context: ProjectionContext, message: ProjectedMessage): void {
  if (!message.previewable) return;
  context.previews.push(
    preview(message, 'agent.thinking', {
      type: 'event_start',
      event: { type: 'agent.thinking', id: message.thinkingId },
    }),
  );
}

/** The first text of a message announces it: one that only calls tools gives no `agent.message`. */
function previewText(context: ProjectionContext, message: ProjectedMessage, index: number, text: string): void {
  if (!message.previewable) return;
  const { messageId, textOrder } = message;
  if (textOrder.size === 0) {
    context.previews.push(
      preview(message, 'agent.message', { type: 'event_start', event: { type: 'agent.message', id: messageId } }),
    );
  }
  if (!textOrder.has(index)) textOrder.set(index, textOrder.size);
  const delta = { type: 'content_delta', index: textOrder.get(index), content: { type: 'text', text } };
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

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
