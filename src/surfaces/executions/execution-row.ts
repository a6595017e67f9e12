import type { EventBatch } from '../../event-log/event-batch.js';
import { type LogRow, readRow } from '../../projections/log-row.js';
import type { LogEvent } from '../../storage/log/log-event.js';
import { ROW_KIND } from '../../storage/log/event-draft.js';

/** Channels that executions are made from. */
const CHANNELS: readonly string[] = ['lifecycle', 'messages', 'tools', 'input', 'custom'];

/** The same as the log's reader takes it. */
export const CHANNELS_JSON = JSON.stringify(CHANNELS);

const WANTED: ReadonlySet<string> = new Set(CHANNELS);

/** Whether an event may tell something of the execution of this run. */
export function isOfRun(runId: string, event: LogEvent): boolean {
  return event.runId === runId && event.kind === ROW_KIND.protocol && WANTED.has(event.channel);
}

/** The rows of a committed batch that are of this run; each is read once, however many readers there are. */
export function rowsOfRun(batch: EventBatch, runId: string): LogRow[] {
  const rows = batch.once('execution rows', (events) =>
    events.map((event) => (event.runId !== null && isOfRun(event.runId, event) ? readRow(event) : null)),
  );
  return rows.filter((row) => row?.runId === runId) as LogRow[];
}
