import { Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiResponse } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../../../auth/caller.js';
import { CurrentCaller } from '../../../auth/current-caller.js';
import { Settings } from '../../../config/settings.js';
import { offsetOf, type OffsetPage, offsetPage } from '../offset-page.js';
import type { Json } from '../session.js';
import { wantsStream } from './session-events.controller.js';
import { SessionEventsService } from './session-events.service.js';
import { profileOf } from './session-mode.js';
import { listOf, type Query as SessionQuery } from '../session-query.js';
import { SessionController, limitRule } from '../session-routes.js';
import { SessionThreadsService } from './session-threads.service.js';

@SessionController('sessions/:session_id/threads', 'Session Threads')
export class SessionThreadsController {
  constructor(
    private readonly threads: SessionThreadsService,
    private readonly events: SessionEventsService,
    private readonly settings: Settings,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List Session Threads', description: 'The primary thread, then those of subagents.' })
  async listSessionThreads(
    @Param('session_id') sessionId: string,
    @Query() query: SessionQuery,
    @Req() request: FastifyRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<OffsetPage<Json>> {
    const page = offsetOf(query, limitRule(request, this.settings.MAX_SESSION_PAGE_LIMIT));
    const found = await this.threads.list(sessionId, caller, listOf(query, 'statuses'), profileOf(request.url));
    return offsetPage(found.slice(page.offset, page.offset + page.limit + 1), page);
  }

  @Get(':thread_id')
  @ApiOperation({ summary: 'Get Session Thread' })
  getSessionThread(
    @Param('session_id') sessionId: string,
    @Param('thread_id') id: string,
    @Req() request: FastifyRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<Json> {
    return this.threads.read(sessionId, id, caller, profileOf(request.url));
  }

  @Post(':thread_id/archive')
  @HttpCode(200)
  @ApiOperation({ summary: 'Archive Session Thread', description: 'Of a subagent that is idle.' })
  archiveSessionThread(
    @Param('session_id') sessionId: string,
    @Param('thread_id') id: string,
    @Req() request: FastifyRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<Json> {
    return this.threads.archive(sessionId, id, caller, profileOf(request.url));
  }

  @Get(':thread_id/events')
  @ApiOperation({
    summary: 'List Session Thread Events',
    description: 'A stream, when `Accept` has `text/event-stream`.',
  })
  @ApiQuery({ name: 'limit', required: false, type: Number })
  async listSessionThreadEvents(
    @Param() path: { session_id: string; thread_id: string },
    @Query() query: SessionQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @CurrentCaller() caller: Caller,
  ): Promise<void> {
    const asked = { sessionId: path.session_id, sessionThreadId: path.thread_id, query, request, caller };
    if (wantsStream(request)) return this.events.stream(asked, reply);
    await reply.send(await this.events.list(asked));
  }

  @Get(':thread_id/stream')
  @ApiOperation({ summary: 'Stream Session Thread Events', description: 'Only those of this thread.' })
  @ApiResponse({ status: 200, description: 'SSE stream of session events', content: { 'text/event-stream': {} } })
  streamSessionThreadEvents(
    @Param() path: { session_id: string; thread_id: string },
    @Query() query: SessionQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @CurrentCaller() caller: Caller,
  ): Promise<void> {
    return this.events.stream(
      { sessionId: path.session_id, sessionThreadId: path.thread_id, query, request, caller },
      reply,
    );
  }
}
