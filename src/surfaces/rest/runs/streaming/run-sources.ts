import { Injectable, UnprocessableEntityException } from '@nestjs/common';
import { Settings } from '../../../../config/settings.js';
import { EventLog } from '../../../../event-log/event-log.js';
import { ThreadSubjects } from '../../../../event-log/thread-subjects.js';
import { cursorOf, type FrameCursor, FROM_START } from '../../../../projections/run-frames/frame-cursor.js';
import { FrameRow } from '../../../../projections/run-frames/frame-row.js';
import { type FrameView, RunFrames } from '../../../../projections/run-frames/run-frames.js';
import { DEFAULT_STREAM_MODE } from '../../../../protocol/stream-mode.js';
import { RunStorage } from '../../../../storage/run-storage.js';
import type { Run, RunStatus } from '../../../../storage/rows/run.js';
import { EventReader } from '../../../../storage/log/event-reader.js';
import type { LogEvent } from '../../../../storage/log/log-event.js';
import type { ThreadHead } from '../../../../storage/log/thread-head.js';
import { type PlacedFrame, type RunLog, RunStream } from './run-stream.js';

/** Where a stream begins, and whether something that it asks for is gone. */
export interface StreamStart {
  readonly cursor: FrameCursor;
  /** The reader has nothing of the run. */
  readonly isBeginning: boolean;
  readonly isMissed: boolean;
}

/** What a reader says of where it is. */
export interface ReaderPlace {
  /** `Last-Event-ID`; null from the start. */
  readonly lastEventId: string | null;
  /** From the start means: what comes after this checkpoint of the run. */
  readonly afterCheckpoint?: string;
}

const FINAL: ReadonlySet<RunStatus | null> = new Set<RunStatus | null>([
  'success', 'error', 'timeout', 'interrupted', null,
]);

/**
 * What a reader says that it has; null when it says nothing.
 * @throws UnprocessableEntityException for a `Last-Event-ID` that is no id of a frame
 */
export function givenCursor(lastEventId: string | null): FrameCursor | null {
  if (lastEventId === null || lastEventId === '') return null;
  const given = cursorOf(lastEventId);
  if (given) return given;
  throw new UnprocessableEntityException('Last-Event-ID must be the id of a frame, or -1 for everything');
}

/** The frames of a run; what the reader does not ask for is as the run was asked for. */
export function framesOf(run: Run, view: Partial<Omit<FrameView, 'ids'>>): RunFrames {
  const { runId, threadId, graphId, assistantId } = run;
  const { modes, subgraphs } = run.kwargs.stream ?? { modes: [DEFAULT_STREAM_MODE], subgraphs: false };
  const ids = { run_id: runId, thread_id: threadId, graph_id: graphId, assistant_id: assistantId };
  const { namespaces } = view;
  return new RunFrames({ modes: view.modes ?? modes, subgraphs: view.subgraphs ?? subgraphs, namespaces, ids });
}

/** The views of the log from which runs are followed. */
@Injectable()
export class RunSources implements RunLog {
  constructor(
    readonly log: EventLog,
    readonly reader: EventReader,
    readonly subjects: ThreadSubjects,
    readonly settings: Settings,
    private readonly runs: RunStorage,
  ) {}

  /** The view of one reader, with what it makes of frames. */
  async open(
    run: Run,
    view: Partial<Omit<FrameView, 'ids'>>,
    cursor: FrameCursor,
    render: (frames: readonly PlacedFrame[]) => Buffer | null,
  ): Promise<RunStream> {
    const { runId, threadId } = run;
    const isOver = FINAL.has(await this.runs.statusOf(runId));
    return new RunStream({ threadId, runId, frames: framesOf(run, view), cursor, isOver, render }, this);
  }

  /**
   * Where a stream begins.
   * @throws UnprocessableEntityException for a `Last-Event-ID` that is no id of a frame
   */
  async start(run: Run, { lastEventId, afterCheckpoint }: ReaderPlace): Promise<StreamStart> {
    const { threadId, runId, started } = run;
    const given = givenCursor(lastEventId) ?? FROM_START;
    const head = this.log.head(threadId);
    if (!head) return { cursor: FROM_START, isBeginning: true, isMissed: false };
    // An id of another past: a database that was put back.
    if (given.seq > head.lastSeq) return { cursor: FROM_START, isBeginning: true, isMissed: true };
    const first = (await this.reader.runStartOf(head.threadKey, runId))?.seq ?? 1;
    const isBeginning = given === FROM_START;
    const kept = isBeginning ? head.oldestSeq : Math.max(head.oldestSeq, head.compactedThroughSeq + 1);
    const isMissed = started && Math.max(given.seq + 1, first) < kept;
    const seen = isBeginning && afterCheckpoint !== undefined
      ? await this.seqOf(afterCheckpoint, run, head, first)
      : null;
    return { cursor: seen === null ? given : { seq: seen, frames: 0 }, isBeginning, isMissed };
  }

  /** Where in the run a checkpoint of the root was made, or null: it is not one of this run. */
  private async seqOf(
    checkpointId: string,
    { runId }: Run,
    head: Readonly<ThreadHead>,
    first: number,
  ): Promise<number | null> {
    const id = `"id":${JSON.stringify(checkpointId)}`;
    const filter = {
      channelsJson: '["checkpoints"]',
      matches: ({ runId: of, namespace, envelope }: LogEvent) =>
        of === runId && namespace === '[]' && envelope.includes(id),
    };
    const { threadKey, lastSeq } = head;
    for (let after = first - 1; after < lastSeq;) {
      const page = await this.reader.readPage({
        threadKey,
        after,
        through: lastSeq,
        filter,
        maxBytes: 1,
        skipCursorOnlyThrough: 0,
      });
      const found = page.events.find((event) => new FrameRow(event).fields.id === checkpointId);
      if (found) return found.seq;
      after = page.through;
    }
    return null;
  }
}
