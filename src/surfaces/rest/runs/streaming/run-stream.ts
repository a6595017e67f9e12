import { Settings } from '../../../../config/settings.js';
import { CursorLostError } from '../../../../delivery/cursor-lost-error.js';
import type { FollowSource, LiveBatch, ReadResult } from '../../../../delivery/follow.js';
import type { PendingFrames } from '../../../../delivery/rendering-sink.js';
import type { EventLog } from '../../../../event-log/event-log.js';
import type { ThreadSubjects } from '../../../../event-log/thread-subjects.js';
import { type FrameCursor, frameId } from '../../../../projections/run-frames/frame-cursor.js';
import { FrameRow, isOfRun, rowsOfRun } from '../../../../projections/run-frames/frame-row.js';
import type { Frame } from '../../../../projections/run-frames/mode-projection.js';
import { endOf, type RunEndRow } from '../../../../projections/run-frames/run-end.js';
import type { RunFrames } from '../../../../projections/run-frames/run-frames.js';
import { type Awaitable, whenReady } from '../../../../storage/awaitable.js';
import type { EventReader, ReadFilter } from '../../../../storage/log/event-reader.js';
import type { ThreadHead } from '../../../../storage/log/thread-head.js';

/** Where the frames of runs are made from. */
export interface RunLog {
  readonly log: EventLog;
  readonly reader: EventReader;
  readonly subjects: ThreadSubjects;
  readonly settings: Settings;
}

/** A frame with the id under which a reader resumes behind it. */
export interface PlacedFrame extends Frame {
  readonly id: string;
}

/** What of a run one reader gets. */
export interface RunStreamRequest {
  readonly threadId: string;
  readonly runId: string;
  readonly frames: RunFrames;
  readonly cursor: FrameCursor;
  /** The run had ended when the reader came: no row follows those that there are. */
  readonly isOver: boolean;
  /** Makes of frames what goes to the reader, null for nothing. */
  readonly render: (frames: readonly PlacedFrame[]) => Buffer | null;
}

/** What a row costs as frames beyond its own text. */
export const FRAME_OVERHEAD = 400;

/**
 * One reader's view of one run. Where earlier rows matter to later frames the projection begins at the run's first row,
 * whatever the reader has; only what it has not is sent.
 */
export class RunStream implements FollowSource<PendingFrames> {
  /** How the run ended, once its terminal has been considered. */
  end: RunEndRow | null = null;
  private readonly filter: ReadFilter;
  /** Below this seq not every row was kept when the reader came: it was told. */
  private readonly incompleteThrough: number;
  /** The end of the log when the reader came. */
  private readonly openedAt: number;
  private readonly nothingLeft: Set<() => void> = new Set();

  constructor(private readonly request: RunStreamRequest, private readonly access: RunLog) {
    const { frames, runId, threadId } = request;
    this.filter = { channelsJson: frames.channelsJson, matches: (event) => isOfRun(runId, event) };
    const head = access.log.head(threadId);
    this.incompleteThrough = incompleteThrough(head);
    this.openedAt = head?.lastSeq ?? 0;
  }

  /** The run is told to its end: its terminal was considered, or there is none to come. */
  get isTold(): boolean {
    return this.end !== null;
  }

  head(): number {
    return this.request.isOver ? this.openedAt : this.access.log.lastSeq(this.request.threadId);
  }

  /** The seq above which reading has to begin: a run that has not started has nothing before the head. */
  async beginning(): Promise<number> {
    const { threadId, runId, cursor, frames } = this.request;
    const head = this.access.log.head(threadId);
    const first = head && (await this.access.reader.runStartOf(head.threadKey, runId))?.seq;
    // Of a run whose start is not kept any more, what is left.
    const start = first ?? (this.request.isOver ? 1 : this.openedAt + 1);
    return frames.isStateful ? start - 1 : Math.max(start - 1, Math.min(cursor.seq, this.openedAt));
  }

  /** Calls back once when the reader has come to the end of a run that was over when it came. */
  onNothingLeft(listener: () => void): void {
    this.nothingLeft.add(listener);
  }

  /** @throws CursorLostError when rows that it has still to read were removed: the client comes back and is told */
  read(after: number, room: number): Awaitable<ReadResult<PendingFrames>> {
    const head = this.access.log.head(this.request.threadId) as ThreadHead;
    const { threadKey } = head;
    const removed = incompleteThrough(head);
    if (removed > this.incompleteThrough && removed > after) throw new CursorLostError(after);
    const maxBytes = Math.min(Math.max(room, 0), this.access.settings.READ_PAGE_BYTES);
    const page = this.access.reader.readPage({
      threadKey, after, through: this.head(), filter: this.filter, maxBytes, skipCursorOnlyThrough: this.openedAt,
    });
    return whenReady(page, ({ events, through }) => {
      const frames = this.framesOf(events.map((event) => new FrameRow(event)));
      return { chunk: frames && { byteLength: frames.byteLength, render: () => frames }, through };
    });
  }

  live(listener: (batch: LiveBatch<PendingFrames>) => void, failed: (error: unknown) => void): () => void {
    const { threadId, runId, frames, isOver } = this.request;
    if (isOver || this.isTold) {
      // Not before whoever follows knows how to stop.
      queueMicrotask(() => this.nothingLeft.forEach((told) => told()));
      return () => undefined;
    }
    return this.access.subjects.listen(threadId, (batch) => {
      const relevant = batch.events.filter((event) => isOfRun(runId, event) && frames.wants(event.channel));
      const byteLength = relevant.reduce((sum, { envelope }) => sum + Buffer.byteLength(envelope) + FRAME_OVERHEAD, 0);
      const render = (): Buffer | null =>
        this.framesOf(rowsOfRun(batch, runId).filter(({ channel }) => frames.wants(channel)));
      listener({ lastSeq: batch.lastSeq, chunk: relevant.length === 0 ? null : { byteLength, render } });
    }, failed);
  }

  private framesOf(rows: readonly FrameRow[]): Buffer | null {
    const { frames, cursor, render } = this.request;
    const placed: PlacedFrame[] = [];
    for (const row of rows) {
      if (this.isTold) break;
      if (row.seq <= cursor.seq) frames.skip(row);
      else placed.push(...this.placed(row));
      this.end ??= endOf(row);
    }
    return placed.length === 0 ? null : render(placed);
  }

  private placed(row: FrameRow): PlacedFrame[] {
    return placedBehind(this.request.cursor, row.seq, this.request.frames.project(row));
  }
}

/** The frames of a row with their ids, without those that the reader has. */
export function placedBehind(cursor: FrameCursor, seq: number, made: readonly Frame[]): PlacedFrame[] {
  const all = made.map((frame, index) => ({ ...frame, id: frameId(seq, index, made.length) }));
  return seq === cursor.seq + 1 ? all.slice(cursor.frames) : all;
}

/** Up to this seq not every row is kept. */
export function incompleteThrough(head: Readonly<ThreadHead> | null): number {
  return head ? Math.max(head.oldestSeq - 1, head.compactedThroughSeq) : 0;
}
