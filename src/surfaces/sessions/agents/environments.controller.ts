import { Body, Delete, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiBody, ApiOperation } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../../../auth/caller.js';
import { CurrentCaller } from '../../../auth/current-caller.js';
import { bodySchema } from '../../../protocol/json-schema.js';
import { Settings } from '../../../config/settings.js';
import {
  createEnvironmentBody,
  type Environment,
  EnvironmentCatalog,
  updateEnvironmentBody,
} from './environment-catalog.js';
import { offsetOf, type OffsetPage, offsetPage } from '../offset-page.js';
import { readBody } from '../request-body.js';
import type { Query as SessionQuery } from '../session-query.js';
import { SessionController, limitRule } from '../session-routes.js';

@SessionController('environments', 'Environments')
export class EnvironmentsController {
  constructor(
    private readonly environments: EnvironmentCatalog,
    private readonly settings: Settings,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Create Environment',
    description: 'A name for where sessions run; all of them run on this server.',
  })
  @ApiBody({ schema: bodySchema(createEnvironmentBody) })
  async createEnvironment(
    @Body() body: Record<string, unknown>,
    @CurrentCaller() caller: Caller,
  ): Promise<Environment> {
    return this.environments.create(readBody(createEnvironmentBody, body), caller);
  }

  @Get()
  @ApiOperation({
    summary: 'List Environments',
    description: 'Those that the caller made, newest first, then `env_default`.',
  })
  async listEnvironments(
    @Query() query: SessionQuery,
    @Req() request: FastifyRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<OffsetPage<Environment>> {
    const page = offsetOf(query, limitRule(request, this.settings.MAX_SESSION_PAGE_LIMIT));
    return offsetPage(
      await this.environments.list(caller, query['include_archived'] === 'true', page.offset, page.limit + 1),
      page,
    );
  }

  @Get(':environment_id')
  @ApiOperation({ summary: 'Get Environment' })
  async getEnvironment(@Param('environment_id') id: string, @CurrentCaller() caller: Caller): Promise<Environment> {
    return this.environments.find(id, caller);
  }

  @Post(':environment_id')
  @HttpCode(200)
  @ApiOperation({ summary: 'Update Environment' })
  @ApiBody({ schema: bodySchema(updateEnvironmentBody) })
  async updateEnvironment(
    @Param('environment_id') id: string,
    @Body() body: Record<string, unknown>,
    @CurrentCaller() caller: Caller,
  ): Promise<Environment> {
    return this.environments.update(id, readBody(updateEnvironmentBody, body), caller);
  }

  @Post(':environment_id/archive')
  @HttpCode(200)
  @ApiOperation({ summary: 'Archive Environment' })
  async archiveEnvironment(@Param('environment_id') id: string, @CurrentCaller() caller: Caller): Promise<Environment> {
    return this.environments.archive(id, caller);
  }

  @Delete(':environment_id')
  @ApiOperation({ summary: 'Delete Environment' })
  async deleteEnvironment(
    @Param('environment_id') id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<{ id: string; type: string }> {
    return this.environments.delete(id, caller);
  }
}
