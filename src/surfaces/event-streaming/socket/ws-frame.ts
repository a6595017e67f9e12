import type { EventBatch } from '../../../event-log/event-batch.js';
import type { LogEvent } from '../../../storage/log/log-event.js';
import type { Chunk } from '../../../delivery/follow.js';
import { type NamespaceView, inView } from '../namespace-view.js';

/** Several events, each as one text frame. */
export class FrameList implements Chunk {
  readonly byteLength: number;

  constructor(readonly frames: readonly Buffer[]) {
    this.byteLength = frames.reduce((sum, frame) => sum + frame.byteLength, 0);
  }
}

/** The frames of the events, or null for none. */
export function frameList(events: readonly LogEvent[], view: NamespaceView): FrameList | null {
  return events.length === 0 ? null : new FrameList(events.map((event) => frame(event, view)));
}

/** The frames of those events of a committed batch that `wants` picks; each is made once for all sockets. */
export function frameListOf(
  batch: EventBatch,
  view: NamespaceView,
  wants: (event: LogEvent) => boolean,
): FrameList | null {
  const made = batch.once(`ws ${view}`, (events) => events.map((event) => frame(event, view)));
  const frames = made.filter((_, index) => wants(batch.events[index] as LogEvent));
  return frames.length === 0 ? null : new FrameList(frames);
}

function frame(event: LogEvent, view: NamespaceView): Buffer {
  return Buffer.from(inView(view, event).envelope);
}
