import { Injectable, UnprocessableEntityException } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Settings } from '../../../../config/settings.js';
import { deliver } from '../../../../delivery/deliver.js';
import { OpenStreams } from '../../../../delivery/open-streams.js';
import { RenderingSink } from '../../../../delivery/rendering-sink.js';
import { openSseResponse } from '../../../../delivery/sse-response.js';
import type { SseSink } from '../../../../delivery/sse-sink.js';
import { EventLog } from '../../../../event-log/event-log.js';
import { ThreadSubjects } from '../../../../event-log/thread-subjects.js';
import { cursorOf, type FrameCursor, FROM_START } from '../../../../projections/run-frames/frame-cursor.js';
import { FrameRow } from '../../../../projections/run-frames/frame-row.js';
import { type FrameView, RunFrames } from '../../../../projections/run-frames/run-frames.js';
import { EventReader } from '../../../../storage/event-reader.js';
import type { LogEvent } from '../../../../storage/log-event.js';
import type { ThreadHead } from '../../../../storage/thread-head.js';
import { RunRepository } from '../../../../runs/run-repository.js';
import type { Run, RunStatus } from '../../../../runs/run.js';
import { DisconnectWatch } from './disconnect-watch.js';
import { runHeaders } from './run-locations.js';
import { type PlacedFrame, type RunLog, RunStream } from './run-stream.js';

/** What a reader asks for; what it leaves out is as the run was asked for. */
export interface RunView {
  readonly modes?: FrameView['modes'];
  readonly subgraphs?: boolean;
  readonly namespaces?: FrameView['namespaces'];
  /** `Last-Event-ID`; null from the start. */
  readonly lastEventId: string | null;
  /** From the start means: what comes after this checkpoint of the run. */
  readonly afterCheckpoint?: string;
  /** The run is cancelled when this reader goes before it has ended. */
  readonly cancelsOnDisconnect: boolean;
  readonly isTemporary?: boolean;
}

/** Where a stream begins, and whether something that it asks for is gone. */
interface Start {
  readonly cursor: FrameCursor;
  /** The reader has nothing of the run. */
  readonly isBeginning: boolean;
  readonly isMissed: boolean;
}

const FINAL: ReadonlySet<RunStatus | null> = new Set<RunStatus | null>([
  'success', 'error', 'timeout', 'interrupted', null,
]);

/** Streams runs as frames, to their end; every stream can be resumed. */
@Injectable()
export class RunStreams implements RunLog {
  constructor(
    readonly log: EventLog,
    readonly reader: EventReader,
    readonly subjects: ThreadSubjects,
    readonly settings: Settings,
    private readonly openStreams: OpenStreams,
    private readonly runs: RunRepository,
    private readonly disconnects: DisconnectWatch,
  ) {}

  /**
   * Answers with the stream. Everything that can be refused is refused before its headers are sent.
   * @throws UnprocessableEntityException for a `Last-Event-ID` that is no id of a frame
   */
  async open(run: Run, view: RunView, reply: FastifyReply): Promise<void> {
    const start = this.start(run, view);
    const headers = {
      'cache-control': 'no-cache, no-transform',
      ...runHeaders(run, view.isTemporary),
      ...(start.isMissed ? { 'threadlog-missed': 'true' } : {}),
    };
    const sink = openSseResponse(reply, headers, this.settings.MAX_SUBSCRIBER_BUFFER_BYTES);
    const isLeft = view.cancelsOnDisconnect ? this.disconnects.cancelOnLeave(run, sink) : () => undefined;
    if (sink.closed) return;
    sink.onClose(this.openStreams.add({
      heartbeat: () => sink.heartbeat(),
      cut: () => {
        isLeft();
        sink.cut();
      },
    }));
    if (start.isBeginning) sink.write(metadataFrame(run));
    await this.follow(run, { view, cursor: start.cursor, streamId: String(reply.request.id) }, sink, isLeft);
  }

  /** The view of the log from which a run is followed, with what it makes of frames. */
  async source(
    run: Run, view: Omit<FrameView, 'ids'>, cursor: FrameCursor, render: (frames: readonly PlacedFrame[]) => Buffer | null,
  ): Promise<RunStream> {
    const { runId, threadId, graphId, assistantId } = run;
    const ids = { run_id: runId, thread_id: threadId, graph_id: graphId, assistant_id: assistantId };
    const isOver = FINAL.has(await this.runs.statusOf(runId));
    return new RunStream({ threadId, runId, frames: new RunFrames({ ...view, ids }), cursor, isOver, render }, this);
  }

  private async follow(
    run: Run,
    { view, cursor, streamId }: { view: RunView; cursor: FrameCursor; streamId: string },
    sink: SseSink,
    isLeft: () => void,
  ): Promise<void> {
    const { modes, subgraphs } = run.kwargs.stream ?? { modes: ['values'] as const, subgraphs: false };
    const shown = { modes: view.modes ?? modes, subgraphs: view.subgraphs ?? subgraphs, namespaces: view.namespaces };
    const source = await this.source(run, shown, cursor, sseFrames);
    const frames = new RenderingSink(sink);
    source.onNothingLeft(() => frames.finish());
    let isCut = false;
    await deliver({
      source,
      sink: frames,
      cursor: await source.beginning(),
      ids: { threadId: run.threadId, streamId },
      // The client comes back with the id of its last frame.
      cut: () => {
        isCut = true;
        isLeft();
        sink.cut();
      },
      onProgress: () => {
        if (source.isTold) frames.finish();
      },
    });
    if (isCut || sink.closed) return;
    // A run that was rolled back has no row any more.
    const status = (await this.runs.statusOf(run.runId)) ?? 'interrupted';
    isLeft();
    sink.end(`event: end\ndata: ${JSON.stringify({ run_id: run.runId, status })}\n\n`);
  }

  private start(run: Run, { lastEventId, afterCheckpoint }: RunView): Start {
    const { threadId, runId, started } = run;
    const given = lastEventId === null || lastEventId === '' ? FROM_START : cursorOf(lastEventId);
    if (!given) {
      throw new UnprocessableEntityException('Last-Event-ID must be the id of a frame, or -1 for everything');
    }
    const head = this.log.head(threadId);
    if (!head) return { cursor: FROM_START, isBeginning: true, isMissed: false };
    // An id of another past: a database that was put back.
    if (given.seq > head.lastSeq) return { cursor: FROM_START, isBeginning: true, isMissed: true };
    const first = this.reader.runStartOf(head.threadKey, runId)?.seq ?? 1;
    const isBeginning = given === FROM_START;
    const kept = isBeginning ? head.oldestSeq : Math.max(head.oldestSeq, head.compactedThroughSeq + 1);
    const isMissed = started && Math.max(given.seq + 1, first) < kept;
    const seen = isBeginning && afterCheckpoint !== undefined ? this.seqOf(afterCheckpoint, run, head, first) : null;
    return { cursor: seen === null ? given : { seq: seen, frames: 0 }, isBeginning, isMissed };
  }

  /** Where in the run a checkpoint of the root was made, or null: it is not one of this run. */
  private seqOf(checkpointId: string, { runId }: Run, head: Readonly<ThreadHead>, first: number): number | null {
    const id = `"id":${JSON.stringify(checkpointId)}`;
    const filter = {
      channelsJson: '["checkpoints"]',
      matches: ({ runId: of, namespace, envelope }: LogEvent) => of === runId && namespace === '[]' && envelope.includes(id),
    };
    const { threadKey, lastSeq } = head;
    for (let after = first - 1; after < lastSeq; ) {
      const page = this.reader.readPage({
        threadKey, after, through: lastSeq, filter, maxBytes: 1, skipCursorOnlyThrough: 0,
      });
      const found = page.events.find((event) => new FrameRow(event).fields.id === checkpointId);
      if (found) return found.seq;
      after = page.through;
    }
    return null;
  }
}

function metadataFrame({ runId, attempt }: Run): Buffer {
  return Buffer.from(`event: metadata\ndata: ${JSON.stringify({ run_id: runId, attempt: Math.max(attempt, 1) })}\n\n`);
}

function sseFrames(frames: readonly PlacedFrame[]): Buffer {
  return Buffer.from(frames.map(({ id, event, data }) => `id: ${id}\nevent: ${event}\ndata: ${data}\n\n`).join(''));
}
