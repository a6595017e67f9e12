import type { EventBatch } from '../../event-log/event-batch.js';
import type { LogEvent } from '../../storage/log/log-event.js';
import type { EventFilter } from '../../protocol/event-filter.js';
import { type NamespaceView, inView, matchesInView } from './namespace-view.js';

/** The frame of one event: `event` is its method, `data` the envelope on one line, `id` its seq. */
export function sseFrame({ method, envelope, seq }: LogEvent): string {
  return `event: ${method}\ndata: ${envelope}\nid: ${seq}\n\n`;
}

/** The frames of several events as one chunk, or null for none. */
export function sseChunk(events: readonly LogEvent[]): Buffer | null {
  if (events.length === 0) return null;
  return Buffer.from(events.map(sseFrame).join(''));
}

/** What one reader gets of a committed batch; made once for all readers whose filters are equal. */
export function sseChunkOf(batch: EventBatch, filter: EventFilter, view: NamespaceView): Buffer | null {
  return batch.once(`sse ${view} ${filter.key}`, (events) =>
    sseChunk(events.filter((event) => matchesInView(view, filter, event)).map((event) => inView(view, event))),
  );
}
