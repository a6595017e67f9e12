import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../../../auth/caller.js';
import { CurrentCaller } from '../../../auth/current-caller.js';
import { bodySchema } from '../../../protocol/json-schema.js';
import { type RunJson, runJson } from '../../../projections/run-json.js';
import { VALIDATION_RESPONSE } from '../../../protocol/validation-issue.js';
import { ThreadId } from '../../../threads/thread-id.pipe.js';
import { createRunRequest } from './run-body.js';
import { CurrentRunClient } from './run-client.js';
import { type RunClient, RunCreation } from './run-creation.js';
import { runPath } from './streaming/run-locations.js';
import { CancelRunQuery, ListRunsQuery } from './thread-runs.dto.js';
import { ThreadRunsService } from './thread-runs.service.js';

@ApiTags('Thread Runs')
@ApiParam({ name: 'thread_id', required: true, schema: { type: 'string' } })
@Controller('threads/:thread_id/runs')
export class ThreadRunsController {
  constructor(
    private readonly service: ThreadRunsService,
    private readonly creation: RunCreation,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List Runs', description: 'The runs of a thread, newest first.' })
  @ApiResponse({ status: 200, description: 'Runs' })
  async list(
    @ThreadId() threadId: string,
    @Query() query: ListRunsQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<Partial<RunJson>[]> {
    const runs = await this.service.list(threadId, caller, query);
    return runs.map((run) => runJson(run, query.select));
  }

  @Get(':run_id')
  @ApiOperation({ summary: 'Get Run' })
  @ApiResponse({ status: 200, description: 'The run' })
  @ApiResponse({ status: 404, description: 'No such run on this thread' })
  async get(
    @ThreadId() threadId: string,
    @Param('run_id') runId: string,
    @CurrentCaller() caller: Caller,
  ): Promise<Partial<RunJson>> {
    return runJson(await this.service.find(threadId, runId, caller));
  }

  /** Like `run.start`, so that its events are on the thread's streams too. */
  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Create Background Run' })
  @ApiBody({ schema: bodySchema(createRunRequest.described) })
  @ApiResponse({ status: 200, description: 'The run as it was accepted' })
  @ApiResponse({ status: 404, description: 'No such thread, assistant or checkpoint' })
  @ApiResponse({ status: 409, description: 'The thread is busy (multitask_strategy reject), or has no such interrupt' })
  @ApiResponse({ status: 422, ...VALIDATION_RESPONSE })
  async create(
    @ThreadId() threadId: string,
    @Body() body: Record<string, unknown> | undefined,
    @CurrentRunClient() client: RunClient,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Partial<RunJson>> {
    const { run } = await this.creation.onThread(threadId, client, body ?? {});
    void reply.header('content-location', runPath(run));
    return runJson(run);
  }

  /** Stops a run at any moment; one that has ended stays as it is. */
  @Post(':run_id/cancel')
  @ApiOperation({ summary: 'Cancel Run' })
  @ApiResponse({ status: 202, description: 'The run will end at once' })
  @ApiResponse({ status: 204, description: 'The run has ended (wait)' })
  @ApiResponse({ status: 404, description: 'No such run on this thread' })
  async cancel(
    @ThreadId() threadId: string,
    @Param('run_id') runId: string,
    @Query() { wait, action, reason }: CancelRunQuery,
    @CurrentCaller() caller: Caller,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const run = await this.service.find(threadId, runId, caller);
    const waits = wait === '1' || wait === 'true';
    await this.service.cancel(run, { action, reason: reason ?? null }, waits);
    await reply.status(waits ? 204 : 202).send();
  }

  /** One that has not ended is stopped first. What it said stays on the thread's streams. */
  @Delete(':run_id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete Run' })
  @ApiResponse({ status: 204, description: 'The run is gone' })
  @ApiResponse({ status: 404, description: 'No such run on this thread' })
  async deleteRun(
    @ThreadId() threadId: string, @Param('run_id') runId: string, @CurrentCaller() caller: Caller,
  ): Promise<void> {
    await this.service.delete(await this.service.find(threadId, runId, caller));
  }
}
