import type { EventBatch } from '../../event-log/event-batch.js';
import type { LogEvent } from '../../storage/log-event.js';
import { ROW_KIND } from '../../storage/event-draft.js';

/** Channels that executions are made from. */
const CHANNELS: readonly string[] = ['lifecycle', 'messages', 'tools', 'input', 'custom'];

/** The same as the log's reader takes it. */
export const CHANNELS_JSON = JSON.stringify(CHANNELS);

const WANTED: ReadonlySet<string> = new Set(CHANNELS);

/** A row of the log with what a projection looks at. */
export interface ExecutionRow {
  readonly seq: number;
  readonly method: string;
  readonly runId: string | null;
  readonly namespace: readonly string[];
  readonly node: string | null;
  readonly timestamp: number;
  readonly data: Record<string, unknown>;
}

/** Whether an event may tell something of the execution of this run. */
export function isOfRun(runId: string, event: LogEvent): boolean {
  return event.runId === runId && event.kind === ROW_KIND.protocol && WANTED.has(event.channel);
}

/** Reads an event of the log. */
export function executionRow({ seq, method, runId, envelope }: LogEvent): ExecutionRow {
  const { params } = JSON.parse(envelope) as {
    params: { namespace: string[]; node?: string; timestamp: number; data: unknown };
  };
  const { namespace, node, timestamp, data } = params;
  return { seq, method, runId, namespace, node: node ?? null, timestamp, data: fieldsOf(data) };
}

/** The rows of a committed batch that are of this run; each is read once, however many readers there are. */
export function rowsOfRun(batch: EventBatch, runId: string): ExecutionRow[] {
  const rows = batch.once('execution rows', (events) =>
    events.map((event) => (event.runId !== null && isOfRun(event.runId, event) ? executionRow(event) : null)),
  );
  return rows.filter((row) => row?.runId === runId) as ExecutionRow[];
}

/** A value as an object; anything else has no fields. */
export function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
