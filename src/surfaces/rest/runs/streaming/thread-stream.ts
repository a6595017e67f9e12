import { CursorLostError } from '../../../../delivery/cursor-lost-error.js';
import type { FollowSource, LiveBatch, ReadResult } from '../../../../delivery/follow.js';
import type { PendingFrames } from '../../../../delivery/rendering-sink.js';
import type { FrameCursor } from '../../../../projections/run-frames/frame-cursor.js';
import { FrameRow, rowsOf } from '../../../../projections/run-frames/frame-row.js';
import type { ShownRun, ThreadFrames } from '../../../../projections/run-frames/thread-frames.js';
import type { ReadFilter } from '../../../../storage/log/event-reader.js';
import type { LogEvent } from '../../../../storage/log/log-event.js';
import type { RunOutline } from '../../../../storage/rows/run.js';
import { type Awaitable } from '../../../../storage/awaitable.js';
import type { ThreadHead } from '../../../../storage/log/thread-head.js';
import { FRAME_OVERHEAD, incompleteThrough, type PlacedFrame, placedBehind, type RunLog } from './run-stream.js';

/** What of a thread one reader gets. */
export interface ThreadStreamRequest {
  readonly threadId: string;
  readonly frames: ThreadFrames;
  readonly cursor: FrameCursor;
  /** Makes of frames what goes to the reader. */
  readonly render: (frames: readonly PlacedFrame[]) => Buffer;
  /** How a run is shown, whether or not there is more than its rows. */
  readonly shown: (runId: string) => Promise<ShownRun>;
  /** The run that is active, or is to be next. */
  readonly next: () => Awaitable<RunOutline | null>;
  /** Whether the thread is the reader's, still. */
  readonly isOpen: () => Promise<boolean>;
  /** Called instead of anything being sent once the thread is not the reader's any more. */
  readonly onLost: () => void;
}

/** One reader's view of all runs of one thread; it has no end. */
export class ThreadStream implements FollowSource<PendingFrames> {
  private readonly filter: ReadFilter;
  /** Below this seq not every row was kept when the reader came: it was told. */
  private readonly incompleteThrough: number;
  /** The run whose rows were read last: the thread was the reader's then, and changes hands only between runs. */
  private checkedRun: string | null = null;

  constructor(private readonly request: ThreadStreamRequest, private readonly access: RunLog) {
    const { frames, threadId } = request;
    this.filter = { channelsJson: frames.channelsJson, matches: (event) => frames.mayWant(event) };
    this.incompleteThrough = incompleteThrough(access.log.head(threadId));
  }

  head(): number {
    return this.access.log.lastSeq(this.request.threadId);
  }

  /**
   * The seq above which reading has to begin: where earlier rows of a run that the reader is in the middle of matter to
   * its later frames, that is before it.
   */
  async beginning(): Promise<number> {
    const { threadId, cursor, frames, shown } = this.request;
    const head = this.access.log.head(threadId);
    if (!head) return this.head();
    const runId = frames.showsRuns ? await this.runAt(head) : null;
    const start = runId === null ? null : await this.access.reader.runStartOf(head.threadKey, runId);
    if (runId === null || !start || start.seq > cursor.seq) return cursor.seq;
    const run = await shown(runId);
    frames.tell(runId, run, true);
    return run.frames.isStateful ? start.seq - 1 : cursor.seq;
  }

  /** @throws CursorLostError when rows that it has still to read were removed: the client comes back and is told */
  async read(after: number, room: number): Promise<ReadResult<PendingFrames>> {
    const { threadId, isOpen, onLost } = this.request;
    if (!(await isOpen())) {
      onLost();
      return { chunk: null, through: this.head() };
    }
    const head = this.access.log.head(threadId) as ThreadHead;
    const removed = incompleteThrough(head);
    if (removed > this.incompleteThrough && removed > after) throw new CursorLostError(after);
    const maxBytes = Math.min(Math.max(room, 0), this.access.settings.READ_PAGE_BYTES);
    const { events, through } = await this.access.reader.readPage({
      threadKey: head.threadKey, after, through: head.lastSeq, filter: this.filter, maxBytes, skipCursorOnlyThrough: 0,
    });
    const frames = await this.readFrames(events);
    return { chunk: frames && { byteLength: frames.byteLength, render: () => frames }, through };
  }

  live(listener: (batch: LiveBatch<PendingFrames>) => void, failed: (error: unknown) => void): () => void {
    const { threadId, frames } = this.request;
    return this.access.subjects.listen(threadId, (batch) => {
      const { events, lastSeq } = batch;
      const relevant = events.filter((event) => frames.wants(event));
      if (relevant.some((event) => event.runId !== this.checkedRun || frames.isOfUntold(event))) {
        return listener({ lastSeq, chunk: null, isDeferred: true });
      }
      const byteLength = relevant.reduce((sum, { envelope }) => sum + Buffer.byteLength(envelope) + FRAME_OVERHEAD, 0);
      const render = (): Buffer | null =>
        this.rendered(
          rowsOf(batch).flatMap((row, index) => {
            const event = events[index] as LogEvent;
            return frames.wants(event) ? this.placed(row, event.runId) : [];
          }),
        );
      listener({ lastSeq, chunk: relevant.length === 0 ? null : { byteLength, render } });
    }, failed);
  }

  /** The run that the reader is in the middle of, if it is in the middle of one. */
  private async runAt({ threadKey, lastSeq }: Readonly<ThreadHead>): Promise<string | null> {
    const { cursor, frames, next } = this.request;
    const filter = { ...this.filter, matches: (event: LogEvent) => event.runId !== null && frames.mayWant(event) };
    for (let after = Math.max(cursor.seq - 1, 0); after < lastSeq;) {
      const page = await this.access.reader.readPage({
        threadKey, after, through: lastSeq, filter, maxBytes: 1, skipCursorOnlyThrough: 0,
      });
      if (page.events[0]) return page.events[0].runId;
      after = page.through;
    }
    const run = await next();
    return run?.status === 'running' ? run.runId : null;
  }

  private async readFrames(events: readonly LogEvent[]): Promise<Buffer | null> {
    const { frames, shown } = this.request;
    const placed: PlacedFrame[] = [];
    for (const event of events) {
      if (frames.isOfUntold(event)) frames.tell(event.runId as string, await shown(event.runId as string));
      placed.push(...this.placed(new FrameRow(event), event.runId));
      this.checkedRun = event.runId;
    }
    return this.rendered(placed);
  }

  private placed(row: FrameRow, runId: string | null): PlacedFrame[] {
    const { frames, cursor } = this.request;
    if (row.seq > cursor.seq) return placedBehind(cursor, row.seq, frames.project(row, runId));
    frames.skip(row, runId);
    return [];
  }

  private rendered(placed: readonly PlacedFrame[]): Buffer | null {
    return placed.length === 0 ? null : this.request.render(placed);
  }
}
