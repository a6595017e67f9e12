import type { FollowSource, LiveBatch, ReadResult } from '../../../delivery/follow.js';
import type { EventLog } from '../../../event-log/event-log.js';
import type { ThreadSubjects } from '../../../event-log/thread-subjects.js';
import type { SessionFold } from './session-fold.js';
import { type Awaitable, whenReady } from '../../../storage/awaitable.js';
import type { ProjectedEvent, SessionEvent } from '../projection/session-event.js';
import type { Projection } from '../projection/session-projector.js';
import type { SessionView } from './session-view.js';

/** The frame of one event: `id` and `event` for clients that read them, `data` on one line. */
export function sessionFrame(event: SessionEvent): string {
  return `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** Pieces of an event have no `id`, so that a client never comes back with one that is not kept. */
function previewFrame(body: Readonly<Record<string, unknown>>): string {
  return `event: ${String(body.type)}\ndata: ${JSON.stringify(body)}\n\n`;
}

/** One reader's view of a session, projected as it goes. */
export class SessionSource implements FollowSource<Buffer> {
  /** What the reader had no room for: its rows are behind the projection already, so it is kept until there is. */
  private unsent: (ReadResult<Buffer> & { readonly after: number }) | null = null;

  constructor(
    private readonly fold: SessionFold,
    private readonly view: SessionView,
    private readonly log: EventLog,
    private readonly subjects: ThreadSubjects,
  ) {}

  head(): number {
    return this.log.lastSeq(this.fold.threadId);
  }

  read(after: number, maxBytes: number): Awaitable<ReadResult<Buffer>> {
    if (this.unsent && after === this.unsent.after && this.fold.through === this.unsent.through) return this.unsent;
    let text = '';
    const visit = (projected: ProjectedEvent): void => {
      const event = this.view.present(projected);
      if (event) text += sessionFrame(event);
    };
    return whenReady(this.fold.step(this.head(), visit, Math.max(maxBytes, 1)), () => ({
      chunk: chunkOf(text),
      through: this.fold.through,
    }));
  }

  live(listener: (batch: LiveBatch<Buffer>) => void, failed: (error: unknown) => void): () => void {
    return this.subjects.listen(this.fold.threadId, ({ events, lastSeq }) => {
      const after = this.fold.through;
      const taken = this.fold.take(events, lastSeq, this.view.wantsPreviews);
      if (!taken) return listener({ lastSeq, chunk: null, isDeferred: true });
      const chunk = chunkOf(taken.map((row) => this.framesOf(row)).join(''));
      this.unsent = { after, chunk, through: lastSeq };
      listener({ lastSeq, chunk });
    }, failed);
  }

  private framesOf({ events, previews }: Projection): string {
    const pieces = previews.map((preview) => this.view.presentPreview(preview)).filter((body) => body !== null);
    const whole = events.map((projected) => this.view.present(projected)).filter((event) => event !== null);
    return pieces.map(previewFrame).join('') + whole.map(sessionFrame).join('');
  }
}

function chunkOf(text: string): Buffer | null {
  return text === '' ? null : Buffer.from(text);
}
