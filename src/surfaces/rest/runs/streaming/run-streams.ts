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
import { type FrameView, RunFrames } from '../../../../projections/run-frames/run-frames.js';
import { EventReader } from '../../../../storage/event-reader.js';
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
  /** The run is cancelled when this reader goes before it has ended. */
  readonly cancelsOnDisconnect: boolean;
  readonly isTemporary?: boolean;
}

/** Where a stream begins, and whether something that it asks for is gone. */
interface Start {
  readonly cursor: FrameCursor;
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
    const start = this.start(run, view.lastEventId);
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
    if (start.cursor === FROM_START) sink.write(metadataFrame(run));
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

  private start({ threadId, runId, started }: Run, lastEventId: string | null): Start {
    const cursor = lastEventId === null || lastEventId === '' ? FROM_START : cursorOf(lastEventId);
    if (!cursor) {
      throw new UnprocessableEntityException('Last-Event-ID must be the id of a frame, or -1 for everything');
    }
    const head = this.log.head(threadId);
    if (!head) return { cursor, isMissed: false };
    // An id of another past: a database that was put back.
    if (cursor.seq > head.lastSeq) return { cursor: FROM_START, isMissed: true };
    const first = this.reader.runStartOf(head.threadKey, runId);
    const wanted = Math.max(cursor.seq + 1, first?.seq ?? 1);
    const kept = cursor === FROM_START ? head.oldestSeq : Math.max(head.oldestSeq, head.compactedThroughSeq + 1);
    return { cursor, isMissed: started && wanted < kept };
  }
}

function metadataFrame({ runId, attempt }: Run): Buffer {
  return Buffer.from(`event: metadata\ndata: ${JSON.stringify({ run_id: runId, attempt: Math.max(attempt, 1) })}\n\n`);
}

function sseFrames(frames: readonly PlacedFrame[]): Buffer {
  return Buffer.from(frames.map(({ id, event, data }) => `id: ${id}\nevent: ${event}\ndata: ${data}\n\n`).join(''));
}
