import { Body, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiQuery, ApiResponse } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../../../auth/caller.js';
import { CurrentCaller } from '../../../auth/current-caller.js';
import { bodySchema } from '../../../protocol/json-schema.js';
import { readBody } from '../request-body.js';
import { inboundEvent, sendBody } from '../projection/inbound-event.js';
import type { Json } from '../session.js';
import { SessionDirectory } from '../session-directory.js';
import { SessionEventsService } from './session-events.service.js';
import { SessionInbox } from '../inbox/session-inbox.js';
import { modeOf } from './session-mode.js';
import type { Query as SessionQuery } from '../session-query.js';
import { SessionController } from '../session-routes.js';
import { SessionView } from './session-view.js';

/** Whether a list is wanted as a stream instead. */
export function wantsStream({ headers }: FastifyRequest): boolean {
  return String(headers.accept ?? '').includes('text/event-stream');
}

@SessionController('sessions/:session_id/events', 'Session Events')
export class SessionEventsController {
  constructor(
    private readonly events: SessionEventsService,
    private readonly inbox: SessionInbox,
    private readonly directory: SessionDirectory,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List Session Events', description: 'A stream, when `Accept` has `text/event-stream`.' })
  @ApiQuery({ name: 'limit', required: false, type: Number })
  async listSessionEvents(
    @Param('session_id') sessionId: string,
    @Query() query: SessionQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @CurrentCaller() caller: Caller,
  ): Promise<void> {
    const asked = { sessionId, sessionThreadId: null, query, request, caller };
    if (wantsStream(request)) return this.events.stream(asked, reply);
    await reply.send(await this.events.list(asked));
  }

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Send Session Events',
    description: 'Answers with the events as they are kept. All of them are taken, or none.',
  })
  @ApiBody({
    schema: {
      type: 'object',
      required: ['events'],
      properties: { events: { type: 'array', items: bodySchema(inboundEvent) } },
    },
  })
  async sendSessionEvents(
    @Param('session_id') sessionId: string,
    @Body() body: Record<string, unknown>,
    @Req() request: FastifyRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<Json> {
    const session = await this.directory.find(sessionId, caller);
    const { events } = readBody(sendBody, body);
    const kept = await this.inbox.send(session, caller, events);
    const view = new SessionView(session.threadId, {
      of: 'all',
      profile: modeOf(request.url, {}).profile,
      types: null,
    });
    return { data: kept.map((projected) => view.present(projected)) };
  }

  @Get('stream')
  @ApiOperation({
    summary: 'Stream Session Events',
    description: 'How it begins and ends depends on the path and on `replay`, `end` and `scope`.',
  })
  @ApiQuery({ name: 'replay', required: false, enum: ['none', 'all'] })
  @ApiQuery({ name: 'end', required: false, enum: ['open', 'done'] })
  @ApiQuery({ name: 'scope', required: false, enum: ['condensed', 'all'] })
  @ApiResponse({ status: 200, description: 'SSE stream of session events', content: { 'text/event-stream': {} } })
  streamSessionEvents(
    @Param('session_id') sessionId: string,
    @Query() query: SessionQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @CurrentCaller() caller: Caller,
  ): Promise<void> {
    return this.events.stream({ sessionId, sessionThreadId: null, query, request, caller }, reply);
  }
}
