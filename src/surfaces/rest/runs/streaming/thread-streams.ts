import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../../../../auth/caller.js';
import { Ownership } from '../../../../auth/ownership.js';
import { Settings } from '../../../../config/settings.js';
import { deliver } from '../../../../delivery/deliver.js';
import { OpenStreams } from '../../../../delivery/open-streams.js';
import { RenderingSink } from '../../../../delivery/rendering-sink.js';
import { openSseResponse } from '../../../../delivery/sse-response.js';
import { type FrameCursor, FROM_START } from '../../../../projections/run-frames/frame-cursor.js';
import { RunFrames } from '../../../../projections/run-frames/run-frames.js';
import { type ShownRun, ThreadFrames, type ThreadStreamMode } from '../../../../projections/run-frames/thread-frames.js';
import { DEFAULT_STREAM_MODE } from '../../../../protocol/stream-mode.js';
import { RunStorage } from '../../../../storage/run-storage.js';
import { SEQ_BEFORE_FIRST } from '../../../../storage/log/thread-head.js';
import { ThreadStorage } from '../../../../storage/thread-storage.js';
import { framesOf, givenCursor, RunSources } from './run-sources.js';
import { sseFrames } from './run-streams.js';
import { ThreadStream } from './thread-stream.js';

/** What a reader of a thread asks for. */
export interface ThreadView {
  readonly modes: readonly ThreadStreamMode[];
  /** The id of the last frame that it has; null for what comes from now on. */
  readonly lastEventId: string | null;
}

/** Streams all runs of a thread, as frames. Such a stream ends only by being cut, and can always be resumed. */
@Injectable()
export class ThreadStreams {
  constructor(
    private readonly sources: RunSources,
    private readonly settings: Settings,
    private readonly openStreams: OpenStreams,
    private readonly runs: RunStorage,
    private readonly threads: ThreadStorage,
    private readonly ownership: Ownership,
  ) {}

  /**
   * Answers with the stream. Everything that can be refused is refused before its headers are sent.
   * @throws NotFoundException for a thread that is missing or another's, UnprocessableEntityException for a
   *   `Last-Event-ID` that is no id of a frame
   */
  async open(threadId: string, caller: Caller, { modes, lastEventId }: ThreadView, reply: FastifyReply): Promise<void> {
    this.ownership.assert(await this.threads.ownerOf(threadId), caller, `Thread ${threadId}`);
    const { cursor, isMissed } = this.start(threadId, givenCursor(lastEventId));
    const headers = {
      'cache-control': 'no-cache, no-transform',
      location: locationOf(threadId, modes, cursor),
      ...(isMissed ? { 'threadlog-missed': 'true' } : {}),
    };
    const sink = openSseResponse(reply, headers, this.settings.MAX_SUBSCRIBER_BUFFER_BYTES);
    // A client that asks for the headers alone has them.
    if (reply.request.method === 'HEAD') return sink.end();
    if (sink.closed) return;
    const isOpen = async (): Promise<boolean> => {
      const thread = await this.threads.ownerOf(threadId);
      return thread !== null && this.ownership.mayAccess(thread.owner, caller);
    };
    // The client comes back with the id of its last frame, and is told what there is to tell.
    const cut = (): void => sink.cut();
    const heartbeat = (): void => {
      // What cannot be read now is asked at the next beat.
      void isOpen().then((open) => (open ? sink.heartbeat() : cut()), () => undefined);
    };
    sink.onClose(this.openStreams.add({ heartbeat, cut }));
    const frames = new ThreadFrames(modes);
    const source = new ThreadStream(
      {
        threadId, frames, cursor, isOpen, render: sseFrames, onLost: cut,
        shown: (runId) => this.shown(threadId, runId),
        next: () => this.runs.next(threadId),
      },
      this.sources,
    );
    const ids = { threadId, streamId: String(reply.request.id) };
    void this.follow(source, new RenderingSink(sink), ids, cut);
  }

  private async follow(
    source: ThreadStream, sink: RenderingSink, ids: { threadId: string; streamId: string }, cut: () => void,
  ): Promise<void> {
    try {
      await deliver({ source, sink, cursor: await source.beginning(), ids, cut });
    } catch {
      cut();
    }
  }

  private start(threadId: string, given: FrameCursor | null): { cursor: FrameCursor; isMissed: boolean } {
    const head = this.sources.log.head(threadId);
    const lastSeq = head?.lastSeq ?? SEQ_BEFORE_FIRST;
    if (given === null) return { cursor: { seq: lastSeq, frames: 0 }, isMissed: false };
    // An id of another past: a database that was put back.
    if (!head || given.seq > lastSeq) return { cursor: FROM_START, isMissed: given !== FROM_START };
    const kept = given === FROM_START ? head.oldestSeq : Math.max(head.oldestSeq, head.compactedThroughSeq + 1);
    return { cursor: given, isMissed: Math.max(given.seq, SEQ_BEFORE_FIRST) + 1 < kept };
  }

  /** A run that was removed is shown as if nobody had said how. */
  private async shown(threadId: string, runId: string): Promise<ShownRun> {
    const run = await this.runs.find(runId);
    if (run?.threadId === threadId) return { frames: framesOf(run, {}), attempt: Math.max(run.attempt, 1) };
    const ids = { run_id: runId, thread_id: threadId };
    return { frames: new RunFrames({ modes: [DEFAULT_STREAM_MODE], subgraphs: false, ids }), attempt: 1 };
  }
}

/** A client that was cut before its first frame comes back to where it began. */
function locationOf(threadId: string, modes: readonly string[], { seq }: FrameCursor): string {
  const query = new URLSearchParams(modes.map((mode): [string, string] => ['stream_mode', mode]));
  query.set('last_event_id', String(seq));
  return `/threads/${encodeURIComponent(threadId)}/stream?${query.toString()}`;
}
