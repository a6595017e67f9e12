import { Body, Delete, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiBody, ApiOperation } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../../auth/caller.js';
import { CurrentCaller } from '../../auth/current-caller.js';
import { bodySchema } from '../../protocol/json-schema.js';
import { Settings } from '../../config/settings.js';
import { readBody } from './request-body.js';
import type { Json } from './session.js';
import { createSessionBody, updateSessionBody } from './session-bodies.js';
import { SessionCreation } from './inbox/session-creation.js';
import {
  decodePage,
  encodePage,
  limitOf,
  listOf,
  orderOf,
  type Query as SessionQuery,
  textOf,
  timeRangeOf,
} from './session-query.js';
import { SessionController, limitRule } from './session-routes.js';
import { SessionsService } from './sessions.service.js';

@SessionController('sessions', 'Sessions')
export class SessionsController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly creation: SessionCreation,
    private readonly settings: Settings,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Create Session',
    description: 'A thread bound to the graph of an agent; `initial_events` are taken at once.',
  })
  @ApiBody({ schema: bodySchema(createSessionBody) })
  async createSession(@Body() body: Record<string, unknown>, @CurrentCaller() caller: Caller): Promise<Json> {
    return this.sessions.present(await this.creation.create(readBody(createSessionBody, body), caller));
  }

  @Get()
  @ApiOperation({
    summary: 'List Sessions',
    description: 'Those that were made or written to by this API, newest first.',
  })
  async listSessions(
    @Query() query: SessionQuery,
    @Req() request: FastifyRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<Json> {
    const limit = limitOf(query, limitRule(request, this.settings.MAX_SESSION_PAGE_LIMIT));
    const version = textOf(query, 'agent_version');
    const { above, from, below, to } = timeRangeOf(query);
    const page = textOf(query, 'page');
    const after = page === null ? null : decodePage(page);
    const found = await this.sessions.list({
      owner: caller.owner,
      agentId: textOf(query, 'agent_id'),
      agentVersion: version === null ? null : Number(version),
      includeArchived: query['include_archived'] === 'true',
      statuses: listOf(query, 'statuses'),
      from: Math.max(above + 1, from, 0),
      to: Math.min(below - 1, to, Number.MAX_SAFE_INTEGER),
      order: orderOf(query, 'desc'),
      after: after === null ? null : { createdAt: Number(after.createdAt) || 0, threadId: String(after.threadId) },
      limit: limit + 1,
    });
    const rows = found.slice(0, limit);
    const last = rows.at(-1);
    const data = rows.map((row) => this.sessions.present(row));
    const hasMore = found.length > limit;
    return {
      data,
      next_page: hasMore && last ? encodePage({ createdAt: last.createdAt, threadId: last.threadId }) : null,
      prev_page: null,
      first_id: data[0]?.id ?? null,
      last_id: data.at(-1)?.id ?? null,
      has_more: hasMore,
    };
  }

  @Get(':session_id')
  @ApiOperation({ summary: 'Get Session' })
  getSession(@Param('session_id') id: string, @CurrentCaller() caller: Caller): Promise<Json> {
    return this.sessions.read(id, caller);
  }

  @Post(':session_id')
  @HttpCode(200)
  @ApiOperation({ summary: 'Update Session', description: 'Told as `session.updated`.' })
  @ApiBody({ schema: bodySchema(updateSessionBody) })
  updateSession(
    @Param('session_id') id: string,
    @Body() body: Record<string, unknown>,
    @CurrentCaller() caller: Caller,
  ): Promise<Json> {
    return this.sessions.update(id, readBody(updateSessionBody, body), caller);
  }

  @Post(':session_id/archive')
  @HttpCode(200)
  @ApiOperation({ summary: 'Archive Session', description: 'What runs is stopped; its streams end.' })
  archiveSession(@Param('session_id') id: string, @CurrentCaller() caller: Caller): Promise<Json> {
    return this.sessions.archive(id, caller);
  }

  @Delete(':session_id')
  @ApiOperation({
    summary: 'Delete Session',
    description: 'With its thread, events and checkpoints; its streams end with `session.deleted`.',
  })
  deleteSession(@Param('session_id') id: string, @CurrentCaller() caller: Caller): Promise<Json> {
    return this.sessions.delete(id, caller);
  }
}
