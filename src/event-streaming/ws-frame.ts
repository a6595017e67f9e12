import type { EventBatch, LogEvent } from '../event-log/log-event.js';
import type { Chunk } from './follow.js';

/** Several events, each as one text frame. */
export class FrameList implements Chunk {
  readonly byteLength: number;

  constructor(readonly frames: readonly Buffer[]) {
    this.byteLength = frames.reduce((sum, frame) => sum + frame.byteLength, 0);
  }
}

/** The frames of the events, or null for none. */
export function frameList(events: readonly LogEvent[]): FrameList | null {
  return events.length === 0 ? null : new FrameList(events.map(({ envelope }) => Buffer.from(envelope)));
}

/** The frames of those events of a committed batch that `wants` picks; each is made once for all sockets. */
export function frameListOf(batch: EventBatch, wants: (event: LogEvent) => boolean): FrameList | null {
  const made = batch.once('ws', (events) => events.map(({ envelope }) => Buffer.from(envelope)));
  const frames = made.filter((_, index) => wants(batch.events[index] as LogEvent));
  return frames.length === 0 ? null : new FrameList(frames);
}
