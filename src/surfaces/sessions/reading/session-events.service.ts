import { BadRequestException, Injectable, NotFoundException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../../../auth/caller.js';
import { Settings } from '../../../config/settings.js';
import { type SessionEventPage, EventPages } from './event-pages.js';
import { SessionDirectory, subjectOf } from '../session-directory.js';
import type { SessionThreadId } from '../projection/session-ids.js';
import { SessionFolds } from './session-fold.js';
import { type SessionMode, modeOf } from './session-mode.js';
import { limitOf, listOf, orderOf, type Query, textOf, timeRangeOf } from '../session-query.js';
import type { SessionRow } from '../../../storage/rows/session.js';
import { limitRule } from '../session-routes.js';
import { SessionStreams } from './session-streams.js';
import { SessionView } from './session-view.js';

/** A request for the events of a session, or of one of its threads. */
export interface EventsRequest {
  readonly sessionId: string;
  /** Null for the whole session. */
  readonly sessionThreadId: string | null;
  readonly query: Query;
  readonly request: FastifyRequest;
  readonly caller: Caller;
}

/** What such a request is about. */
interface Target {
  readonly session: SessionRow;
  readonly thread: SessionThreadId | null;
}

const PREVIEWS: ReadonlySet<string> = new Set(['agent.message', 'agent.thinking']);
const MAX_PREVIEW_NAMES = 100;

/** The events of sessions, as pages and as streams. */
@Injectable()
export class SessionEventsService {
  constructor(
    private readonly directory: SessionDirectory,
    private readonly folds: SessionFolds,
    private readonly pages: EventPages,
    private readonly streams: SessionStreams,
    private readonly settings: Settings,
  ) {}

  async list(asked: EventsRequest): Promise<SessionEventPage> {
    const { query, request } = asked;
    const { session, thread } = await this.target(asked);
    const mode = modeOf(request.url, query);
    const of = thread ?? mode.scope;
    const types = listOf(query, 'type', 'types');
    const range = timeRangeOf(query);
    const view = new SessionView(session.threadId, { of, profile: mode.profile, types, range });
    const filterKey = JSON.stringify([of, mode.profile, types, Object.values(range)]);
    return this.pages.read(subjectOf(session), view, {
      limit: limitOf(query, limitRule(request, this.settings.MAX_SESSION_PAGE_LIMIT)),
      order: orderOf(query, 'asc'),
      afterId: textOf(query, 'after_id'),
      beforeId: textOf(query, 'before_id'),
      page: textOf(query, 'page'),
      filterKey,
    });
  }

  async stream(asked: EventsRequest, reply: FastifyReply): Promise<void> {
    const { query, request } = asked;
    const { session, thread } = await this.target(asked);
    const mode = modeOf(request.url, query);
    const lastEventId = request.headers['last-event-id'];
    await this.streams.open(
      {
        subject: subjectOf(session),
        view: this.view(session, thread, mode, query),
        mode,
        lastEventId: typeof lastEventId === 'string' && lastEventId !== '' ? lastEventId : null,
      },
      reply,
    );
  }

  /** A session, and with it the thread that is asked for. @throws NotFoundException */
  private async target({ sessionId, sessionThreadId, caller }: EventsRequest): Promise<Target> {
    const session = await this.directory.find(sessionId, caller);
    if (sessionThreadId === null) return { session, thread: null };
    const fold = await this.folds.openAtHead(subjectOf(session));
    const thread = fold.projector.state.threadById(sessionThreadId);
    if (thread) return { session, thread: thread.id };
    throw new NotFoundException(`Session ${sessionId} has no thread ${sessionThreadId}`);
  }

  private view(
    { threadId }: SessionRow,
    thread: SessionThreadId | null,
    { scope, profile }: SessionMode,
    query: Query,
  ): SessionView {
    const previews = listOf(query, 'event_deltas') ?? [];
    const unknown = previews.find((name) => !PREVIEWS.has(name));
    if (unknown !== undefined || previews.length > MAX_PREVIEW_NAMES) {
      throw new BadRequestException(
        `event_deltas[] takes ${[...PREVIEWS].join(' and ')}, at most ${MAX_PREVIEW_NAMES} in all`,
      );
    }
    return new SessionView(threadId, { of: thread ?? scope, profile, types: listOf(query, 'type', 'types'), previews });
  }
}
