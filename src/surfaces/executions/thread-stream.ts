import { CursorLostError } from '../../delivery/cursor-lost-error.js';
import type { FollowSource, LiveBatch, ReadResult } from '../../delivery/follow.js';
import type { PendingFrames } from '../../delivery/rendering-sink.js';
import { Settings } from '../../config/settings.js';
import type { EventLog } from '../../event-log/event-log.js';
import { type LogRow, readRow } from '../../projections/log-row.js';
import type { EventReader, ReadFilter } from '../../storage/log/event-reader.js';
import type { ThreadHead } from '../../storage/log/thread-head.js';
import type { ThreadSubjects } from '../../event-log/thread-subjects.js';
import type { Run } from '../../storage/rows/run.js';
import { CHANNELS_JSON, isOfRun, rowsOfRun } from './execution-row.js';
import { threadFrame } from './thread-event.js';
import { ThreadProjector } from './thread-projector.js';

/** What of an execution one reader gets. */
export interface ThreadStreamRequest {
  readonly run: Run;
  /** Events up to this seq were seen. */
  readonly after: number;
  /** Names of threads, or null for all. */
  readonly threadIds: readonly string[] | null;
}

/** Where thread events are made from. */
export interface LogAccess {
  readonly log: EventLog;
  readonly reader: EventReader;
  readonly subjects: ThreadSubjects;
  readonly settings: Settings;
}

/** What a row costs as a frame beyond its own text: the envelope, and quotes that are quoted twice. */
const FRAME_OVERHEAD = 400;

/**
 * One reader's view of one execution. The projection begins at the run's first row, whatever the reader has seen, since
 * names and numbers depend on all that came before; only what the reader has not seen is sent.
 */
export class ThreadStream implements FollowSource<PendingFrames> {
  private readonly projector: ThreadProjector;
  private readonly filter: ReadFilter;
  private readonly wanted: ReadonlySet<string> | null;
  /** Below this seq not every row was kept when the reader came: it was told. */
  private readonly incompleteThrough: number;

  constructor(private readonly request: ThreadStreamRequest, private readonly access: LogAccess) {
    const { run, threadIds } = request;
    this.projector = new ThreadProjector(run.graphId);
    this.filter = { channelsJson: CHANNELS_JSON, matches: (event) => isOfRun(run.runId, event) };
    this.wanted = threadIds && new Set(threadIds);
    this.incompleteThrough = incompleteThrough(access.log.head(run.threadId));
  }

  head(): number {
    return this.access.log.lastSeq(this.request.run.threadId);
  }

  /** The seq above which the projection has to begin: a run that has not started has nothing before the head. */
  async beginning(): Promise<number> {
    const { threadId, runId } = this.request.run;
    const head = this.access.log.head(threadId);
    const start = head && (await this.access.reader.runStartOf(head.threadKey, runId));
    return start ? start.seq - 1 : this.head();
  }

  /** @throws CursorLostError when rows that it has still to read were removed: the client comes back and is told */
  async read(after: number, room: number): Promise<ReadResult<PendingFrames>> {
    if (this.projector.ended) return { chunk: null, through: this.head() };
    const head = this.access.log.head(this.request.run.threadId) as ThreadHead;
    const { threadKey, lastSeq } = head;
    const removed = incompleteThrough(head);
    if (removed > this.incompleteThrough && removed > after) throw new CursorLostError(after);
    const maxBytes = Math.min(Math.max(room, 0), this.access.settings.READ_PAGE_BYTES);
    const page = await this.access.reader.readPage({
      threadKey, after, through: lastSeq, filter: this.filter, maxBytes, skipCursorOnlyThrough: 0,
    });
    const frames = this.frames(page.events.map(readRow));
    return { chunk: frames && { byteLength: frames.byteLength, render: () => frames }, through: page.through };
  }

  live(listener: (batch: LiveBatch<PendingFrames>) => void, failed: (error: unknown) => void): () => void {
    const { threadId, runId } = this.request.run;
    return this.access.subjects.listen(threadId, (batch) => {
      const relevant = this.projector.ended ? [] : batch.events.filter((event) => isOfRun(runId, event));
      const byteLength = relevant.reduce((sum, { envelope }) => sum + Buffer.byteLength(envelope) + FRAME_OVERHEAD, 0);
      const chunk = relevant.length === 0 ? null : { byteLength, render: () => this.frames(rowsOfRun(batch, runId)) };
      listener({ lastSeq: batch.lastSeq, chunk });
    }, failed);
  }

  private frames(rows: readonly LogRow[]): Buffer | null {
    const { run, after } = this.request;
    const events = rows.map((row) => this.projector.project(row)).filter((event) => event !== null);
    const unseen = events.filter(({ seq, threadId }) => seq > after && (this.wanted?.has(threadId) ?? true));
    return unseen.length === 0 ? null : Buffer.from(unseen.map((event) => threadFrame(run.runId, event)).join(''));
  }
}

function incompleteThrough(head: ThreadHead | null): number {
  return head ? Math.max(head.oldestSeq - 1, head.compactedThroughSeq) : 0;
}
