import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../../../auth/caller.js';
import { CurrentCaller } from '../../../auth/current-caller.js';
import { bodySchema } from '../../../protocol/json-schema.js';
import { VALIDATION_RESPONSE } from '../../../protocol/validation-issue.js';
import { ManyRuns } from './many-runs.js';
import { statelessRunRequest } from './run-body.js';
import { type RunJson, runJson } from '../../../projections/run-json.js';
import { CurrentRunClient } from './run-client.js';
import { type RunClient, RunCreation } from './run-creation.js';
import { runHeaders } from './streaming/run-locations.js';
import { RunResults } from './streaming/run-results.js';
import { RunStreams } from './streaming/run-streams.js';
import { joinView } from './streaming/stream-query.js';
import { CancelRunsQuery, CancelRunsRequest, StreamRunQuery } from './thread-runs.dto.js';
import { ThreadRunsService } from './thread-runs.service.js';

const BODY = { schema: bodySchema(statelessRunRequest.described) };

/** Runs without a thread of the client's: each has one of its own, which goes when the run has ended. */
@ApiTags('Stateless Runs')
@Controller('runs')
export class StatelessRunsController {
  constructor(
    private readonly service: ThreadRunsService,
    private readonly creation: RunCreation,
    private readonly many: ManyRuns,
    private readonly streams: RunStreams,
    private readonly results: RunResults,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Create Background Run' })
  @ApiBody(BODY)
  @ApiResponse({ status: 200, description: 'The run as it was accepted' })
  @ApiResponse({ status: 404, description: 'No such assistant' })
  @ApiResponse({ status: 422, ...VALIDATION_RESPONSE })
  async createStatelessRun(
    @Body() body: Record<string, unknown> | undefined,
    @CurrentRunClient() client: RunClient,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Partial<RunJson>> {
    const { run, isTemporary } = await this.creation.stateless(client, body ?? {});
    void reply.header('content-location', runHeaders(run, isTemporary)['content-location']);
    return runJson(run);
  }

  @Post('stream')
  @HttpCode(200)
  @ApiOperation({ summary: 'Create Run, Stream Output' })
  @ApiBody(BODY)
  @ApiResponse({ status: 200, description: 'SSE stream of the run, to its end', content: { 'text/event-stream': {} } })
  @ApiResponse({ status: 404, description: 'No such assistant' })
  @ApiResponse({ status: 422, ...VALIDATION_RESPONSE })
  async streamStatelessRun(
    @Body() body: Record<string, unknown> | undefined,
    @CurrentRunClient() client: RunClient,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { run, ...wishes } = await this.creation.stateless(client, body ?? {});
    await this.streams.open(run, { lastEventId: null, ...wishes }, reply);
  }

  @Post('wait')
  @HttpCode(200)
  @ApiOperation({ summary: 'Create Run, Wait for Output' })
  @ApiBody(BODY)
  @ApiResponse({ status: 200, description: 'The final state; of a failed run {"__error__": {error, message}}' })
  @ApiResponse({ status: 404, description: 'No such assistant' })
  @ApiResponse({ status: 422, ...VALIDATION_RESPONSE })
  async waitForStatelessRun(
    @Body() body: Record<string, unknown> | undefined,
    @CurrentRunClient() client: RunClient,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { run, ...wishes } = await this.creation.stateless(client, body ?? {});
    await this.results.open(run, wishes, reply);
  }

  /** All of them are accepted, or none is looked at. */
  @Post('batch')
  @HttpCode(200)
  @ApiOperation({ summary: 'Create Run Batch' })
  @ApiBody({ schema: { type: 'array', items: BODY.schema } })
  @ApiResponse({ status: 200, description: 'The runs as they were accepted, in the same order' })
  @ApiResponse({ status: 404, description: 'No such assistant' })
  @ApiResponse({ status: 422, ...VALIDATION_RESPONSE })
  async createRunBatch(
    @Res({ passthrough: true }) reply: FastifyReply,
    @CurrentRunClient() client: RunClient,
  ): Promise<Partial<RunJson>[]> {
    const runs = await this.many.create(reply.request.body, client);
    return runs.map(({ run }) => runJson(run));
  }

  @Post('cancel')
  @HttpCode(204)
  @ApiOperation({ summary: 'Cancel Runs', description: 'Runs of a thread by their ids, or all with a status.' })
  @ApiResponse({ status: 204, description: 'The runs will end at once' })
  @ApiResponse({ status: 404, description: 'No such thread, or it has no such run' })
  @ApiResponse({ status: 422, ...VALIDATION_RESPONSE })
  async cancelRuns(
    @Body() body: CancelRunsRequest,
    @Query() { action }: CancelRunsQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<void> {
    await this.many.cancel(body, action, caller);
  }

  /** Of a run on any thread; a stateless one is there for a while after its end. */
  @Get(':run_id/stream')
  @ApiOperation({ summary: 'Join Run Stream' })
  @ApiResponse({ status: 200, description: 'SSE stream of the run, to its end', content: { 'text/event-stream': {} } })
  @ApiResponse({ status: 404, description: 'No such run' })
  @ApiResponse({ status: 422, ...VALIDATION_RESPONSE })
  async joinStatelessRunStream(
    @Param('run_id') runId: string,
    @Query() query: StreamRunQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @CurrentCaller() caller: Caller,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.streams.open(await this.service.findAnywhere(runId, caller), joinView(query, lastEventId), reply);
  }
}
