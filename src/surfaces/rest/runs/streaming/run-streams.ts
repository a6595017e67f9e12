import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Settings } from '../../../../config/settings.js';
import { deliver } from '../../../../delivery/deliver.js';
import { OpenStreams } from '../../../../delivery/open-streams.js';
import { RenderingSink } from '../../../../delivery/rendering-sink.js';
import { openSseResponse } from '../../../../delivery/sse-response.js';
import type { SseSink } from '../../../../delivery/sse-sink.js';
import type { FrameCursor } from '../../../../projections/run-frames/frame-cursor.js';
import type { FrameView } from '../../../../projections/run-frames/run-frames.js';
import { RunStorage } from '../../../../storage/run-storage.js';
import type { Run } from '../../../../storage/rows/run.js';
import { DisconnectWatch } from './disconnect-watch.js';
import { runHeaders } from './run-locations.js';
import { type ReaderPlace, RunSources } from './run-sources.js';
import type { PlacedFrame } from './run-stream.js';

/** What a reader asks for; what it leaves out is as the run was asked for. */
export interface RunView extends ReaderPlace {
  readonly modes?: FrameView['modes'];
  readonly subgraphs?: boolean;
  readonly namespaces?: FrameView['namespaces'];
  /** The run is cancelled when this reader goes before it has ended. */
  readonly cancelsOnDisconnect: boolean;
  readonly isTemporary?: boolean;
}

/** Streams runs as frames, to their end; every stream can be resumed. */
@Injectable()
export class RunStreams {
  constructor(
    private readonly sources: RunSources,
    private readonly settings: Settings,
    private readonly openStreams: OpenStreams,
    private readonly runs: RunStorage,
    private readonly disconnects: DisconnectWatch,
  ) {}

  /**
   * Answers with the stream. Everything that can be refused is refused before its headers are sent.
   * @throws UnprocessableEntityException for a `Last-Event-ID` that is no id of a frame
   */
  async open(run: Run, view: RunView, reply: FastifyReply): Promise<void> {
    const start = await this.sources.start(run, view);
    const headers = {
      'cache-control': 'no-cache, no-transform',
      ...runHeaders(run, view.isTemporary),
      ...(start.isMissed ? { 'threadlog-missed': 'true' } : {}),
    };
    const sink = openSseResponse(reply, headers, this.settings.MAX_SUBSCRIBER_BUFFER_BYTES);
    const isLeft = view.cancelsOnDisconnect ? this.disconnects.cancelOnLeave(run, sink) : () => undefined;
    if (sink.closed) return;
    sink.onClose(
      this.openStreams.add({
        heartbeat: () => sink.heartbeat(),
        cut: () => {
          isLeft();
          sink.cut();
        },
      }),
    );
    if (start.isBeginning) sink.write(metadataFrame(run));
    await this.follow(run, { view, cursor: start.cursor, streamId: String(reply.request.id) }, sink, isLeft);
  }

  private async follow(
    run: Run,
    { view, cursor, streamId }: { view: RunView; cursor: FrameCursor; streamId: string },
    sink: SseSink,
    isLeft: () => void,
  ): Promise<void> {
    const source = await this.sources.open(run, view, cursor, sseFrames);
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
}

function metadataFrame({ runId, attempt }: Run): Buffer {
  return Buffer.from(`event: metadata\ndata: ${JSON.stringify({ run_id: runId, attempt: Math.max(attempt, 1) })}\n\n`);
}

/** Frames as server-sent events. */
export function sseFrames(frames: readonly PlacedFrame[]): Buffer {
  return Buffer.from(frames.map(({ id, event, data }) => `id: ${id}\nevent: ${event}\ndata: ${data}\n\n`).join(''));
}
