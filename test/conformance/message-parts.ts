import { check, show } from './checks.js';
import { type ProtocolEvent, of } from './protocol-event.js';

/** One message as its events give it. */
export interface StreamedMessage {
  readonly id: string;
  readonly role: unknown;
  readonly blocks: Map<number, StreamedBlock>;
  end: 'message-finish' | 'error' | null;
  readonly firstSeq: number;
  lastSeq: number;
}

export interface StreamedBlock {
  readonly start: Record<string, unknown>;
  text: string;
  fields: Record<string, unknown>;
  finish: Record<string, unknown> | null;
}

/**
 * Puts the `messages` events together as the SDKs do: by namespace, node and the run_id of the model call.
 * @throws Failure for an event that belongs to no open message, or for a second start of one that is open
 */
export function assembleMessages(events: readonly ProtocolEvent[]): StreamedMessage[] {
  const open = new Map<string, StreamedMessage>();
  const all: StreamedMessage[] = [];
  for (const event of events.filter(of('messages'))) {
    const { namespace, node, data } = event.params;
    const key = JSON.stringify([namespace, node, data.run_id]);
    if (data.event === 'message-start') {
      check(
        !open.has(key),
        `a message starts while another one of the same namespace, node and run_id is open (seq ${event.seq})`,
      );
      const message: StreamedMessage = {
        id: String(data.id),
        role: data.role,
        blocks: new Map(),
        end: null,
        firstSeq: event.seq,
        lastSeq: event.seq,
      };
      open.set(key, message);
      all.push(message);
      continue;
    }
    const message = open.get(key);
    check(message, `an event belongs to no open message: ${show(event)}`);
    message.lastSeq = event.seq;
    apply(message, data);
    if (message.end) open.delete(key);
  }
  return all;
}

function apply(message: StreamedMessage, data: ProtocolEvent['params']['data']): void {
  if (data.event === 'message-finish' || data.event === 'error') {
    message.end = data.event;
    return;
  }
  const index = data.index as number;
  if (data.event === 'content-block-start') {
    const start = data.content as Record<string, unknown>;
    message.blocks.set(index, {
      start,
      text: typeof start.text === 'string' ? start.text : '',
      fields: { ...start },
      finish: null,
    });
    return;
  }
  const block = message.blocks.get(index);
  check(block, `block ${index} was not started: ${show(data)}`);
  if (data.event === 'content-block-finish') block.finish = data.content as Record<string, unknown>;
  const delta = data.delta as { type?: string; text?: string; fields?: Record<string, unknown> } | undefined;
  if (delta?.type === 'text-delta') block.text += delta.text ?? '';
  if (delta?.type === 'block-delta') Object.assign(block.fields, delta.fields);
}
