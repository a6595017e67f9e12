import { BadRequestException, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Settings } from '../../../config/settings.js';
import { deliver } from '../../../delivery/deliver.js';
import { OpenStreams } from '../../../delivery/open-streams.js';
import { openSseResponse } from '../../../delivery/sse-response.js';
import type { SseSink } from '../../../delivery/sse-sink.js';
import { EventLog } from '../../../event-log/event-log.js';
import { ThreadSubjects } from '../../../event-log/thread-subjects.js';
import { newRequestId } from '../session-error.js';
import { type FoldSubject, type SessionFold, SessionFolds } from './session-fold.js';
import { EventIds } from '../projection/session-ids.js';
import type { SessionMode } from './session-mode.js';
import { SessionSource, sessionFrame } from './session-source.js';
import type { SessionView } from './session-view.js';

/** A stream that somebody opens. */
export interface StreamRequest {
  readonly subject: FoldSubject;
  readonly view: SessionView;
  readonly mode: SessionMode;
  readonly lastEventId: string | null;
}

/** A projection brought to where the stream begins, and what of a row's events comes first. */
interface Start {
  readonly fold: SessionFold;
  readonly first: string;
}

const DONE = 'data: [DONE]\n\n';

/** Server-sent events of sessions and their threads: what happened so far if it is wanted, then what happens. */
@Injectable()
export class SessionStreams {
  constructor(
    private readonly folds: SessionFolds,
    private readonly log: EventLog,
    private readonly subjects: ThreadSubjects,
    private readonly openStreams: OpenStreams,
    private readonly settings: Settings,
  ) {}

  /**
   * Answers with the stream. Everything that can be refused is refused before its headers are sent.
   * @throws BadRequestException for a `Last-Event-ID` that is not of what is streamed
   */
  async open(request: StreamRequest, reply: FastifyReply): Promise<void> {
    const { view, mode } = request;
    const { fold, first } = await this.start(request);
    const streamId = newRequestId();
    const sink = this.answer(reply, streamId);
    if (sink.closed) return;
    sink.onClose(this.openStreams.add(sink, this.settings.SESSION_HEARTBEAT_INTERVAL_MS));
    if (first !== '') sink.write(Buffer.from(first));
    const endIfOver = (cursor: number): void => {
      if (this.isOver(fold, mode, cursor)) sink.end(mode.end === 'done' ? DONE : '');
    };
    endIfOver(fold.through);
    const source = new SessionSource(fold, view, this.log, this.subjects);
    const ids = { threadId: fold.threadId, streamId };
    // The client reconnects and gets an answer with a status.
    void deliver({ source, sink, cursor: fold.through, ids, cut: () => sink.cut(), onProgress: endIfOver });
  }

  private async start({ subject, view, mode, lastEventId }: StreamRequest): Promise<Start> {
    if (lastEventId !== null) return this.resume(subject, view, lastEventId);
    return {
      fold: mode.replay === 'none' ? await this.folds.openAtHead(subject) : this.folds.open(subject),
      first: '',
    };
  }

  private async resume(subject: FoldSubject, view: SessionView, lastEventId: string): Promise<Start> {
    const refused = new BadRequestException(`Last-Event-ID ${lastEventId} is no event of what is streamed here`);
    const place = new EventIds(subject.threadId).placeOf(lastEventId);
    if (!place) throw refused;
    // An event comes with the row that its id names, or later.
    const fold = this.folds.open(subject, place.seq - 1);
    let isPast = false;
    let rest = '';
    await fold.catchUp((projected) => {
      const event = isPast ? view.present(projected) : null;
      if (event) rest += sessionFrame(event);
      if (projected.event.id === lastEventId) isPast = view.covers(projected);
      return isPast;
    });
    if (!isPast) throw refused;
    return { fold, first: rest };
  }

  private answer(reply: FastifyReply, requestId: string): SseSink {
    const headers = { 'cache-control': 'no-cache, no-transform', 'request-id': requestId };
    const sink = openSseResponse(reply, headers, this.settings.MAX_SUBSCRIBER_BUFFER_BYTES);
    reply.raw.write(': connected\n\n');
    return sink;
  }

  /** Nothing comes any more: the session was archived or deleted, or rests and the reader wanted no more than that. */
  private isOver(fold: SessionFold, { end }: SessionMode, cursor: number): boolean {
    const head = this.log.head(fold.threadId);
    if (head && cursor < head.lastSeq) return false;
    if (fold.projector.state.status === 'terminated') return true;
    return end === 'done' && (head?.openRuns ?? 0) === 0;
  }
}
