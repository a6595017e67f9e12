import { onOneLine } from '../../protocol/envelope.js';
import { executionId } from './execution.js';

/** What can happen on a thread of an execution (docs/executions.md, Events). */
export type ThreadEventType =
  | 'output' | 'blocked' | 'started' | 'completed' | 'failed' | 'turn_complete' | 'status' | 'tool_running';

/** One event of one thread, before it has the form of the wire. */
export interface ThreadEvent {
  /** Seq of the log row that it was made from; one row gives at most one. */
  readonly seq: number;
  readonly type: ThreadEventType;
  readonly threadId: string;
  /** Counts the events of this thread in this execution, from 1. */
  readonly sequence: number;
  /** Epoch ms of the row. */
  readonly timestamp: number;
  readonly payload: Record<string, unknown>;
}

/** The event as clients get it. `status` events also have their fields beside `data_json`. */
export function threadEventJson(runId: string, { type, threadId, sequence, timestamp, payload }: ThreadEvent): string {
  return onOneLine(JSON.stringify({
    executionId: executionId(runId),
    threadId,
    type: `gateway_thread_${type}`,
    data: {
      thread_id: threadId,
      event_type: type,
      data_json: JSON.stringify(payload),
      timestamp_ms: timestamp,
      sequence,
      ...(type === 'status' ? statusFields(payload) : {}),
    },
    timestamp: new Date(timestamp).toISOString(),
  }));
}

/** The frame of one event: its name without the prefix of the gateway, its `id` the seq to resume after. */
export function threadFrame(runId: string, event: ThreadEvent): string {
  return `event: thread_${event.type}\ndata: ${threadEventJson(runId, event)}\nid: ${event.seq}\n\n`;
}

function statusFields({ status, summary, progress }: Record<string, unknown>): Record<string, unknown> {
  return { status, summary, progress };
}
