import { Body, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiBody, ApiOperation } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../../../auth/caller.js';
import { CurrentCaller } from '../../../auth/current-caller.js';
import { bodySchema } from '../../../protocol/json-schema.js';
import { Settings } from '../../../config/settings.js';
import { AgentCatalog } from './agent-catalog.js';
import { type Agent, createAgentBody, updateAgentBody } from './agent.js';
import { offsetOf, type OffsetPage, offsetPage } from '../offset-page.js';
import { readBody } from '../request-body.js';
import type { Query as SessionQuery } from '../session-query.js';
import { SessionController, limitRule } from '../session-routes.js';

@SessionController('agents', 'Agents')
export class AgentsController {
  constructor(
    private readonly agents: AgentCatalog,
    private readonly settings: Settings,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Create Agent', description: 'A graph under a name, with settings of its own.' })
  @ApiBody({ schema: bodySchema(createAgentBody) })
  async createAgent(@Body() body: Record<string, unknown>, @CurrentCaller() caller: Caller): Promise<Agent> {
    return this.agents.create(readBody(createAgentBody, body), caller);
  }

  @Get()
  @ApiOperation({
    summary: 'List Agents',
    description: 'Those that the caller made, newest first, then one for each graph.',
  })
  async listAgents(
    @Query() query: SessionQuery,
    @Req() request: FastifyRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<OffsetPage<Agent>> {
    const page = offsetOf(query, limitRule(request, this.settings.MAX_SESSION_PAGE_LIMIT));
    return offsetPage(
      await this.agents.list(caller, query['include_archived'] === 'true', page.offset, page.limit + 1),
      page,
    );
  }

  @Get(':agent_id')
  @ApiOperation({ summary: 'Get Agent' })
  async getAgent(
    @Param('agent_id') id: string,
    @Query('version') version: string | undefined,
    @CurrentCaller() caller: Caller,
  ): Promise<Agent> {
    return (await this.agents.find(id, caller, version === undefined ? null : Number(version))).agent;
  }

  @Post(':agent_id')
  @HttpCode(200)
  @ApiOperation({ summary: 'Update Agent', description: 'Makes a new version.' })
  @ApiBody({ schema: bodySchema(updateAgentBody) })
  async updateAgent(
    @Param('agent_id') id: string,
    @Body() body: Record<string, unknown>,
    @CurrentCaller() caller: Caller,
  ): Promise<Agent> {
    return this.agents.update(id, readBody(updateAgentBody, body), caller);
  }

  @Post(':agent_id/archive')
  @HttpCode(200)
  @ApiOperation({ summary: 'Archive Agent', description: 'No new session can have it; those that have it go on.' })
  async archiveAgent(@Param('agent_id') id: string, @CurrentCaller() caller: Caller): Promise<Agent> {
    return this.agents.archive(id, caller);
  }

  @Get(':agent_id/versions')
  @ApiOperation({ summary: 'List Agent Versions', description: 'Newest first.' })
  async listAgentVersions(
    @Param('agent_id') id: string,
    @Query() query: SessionQuery,
    @Req() request: FastifyRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<OffsetPage<Agent>> {
    const page = offsetOf(query, limitRule(request, this.settings.MAX_SESSION_PAGE_LIMIT));
    return offsetPage(await this.agents.versions(id, caller, page.offset, page.limit + 1), page);
  }
}
