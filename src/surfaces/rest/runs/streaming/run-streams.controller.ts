import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../../../../auth/caller.js';
import { CurrentCaller } from '../../../../auth/current-caller.js';
import { bodySchema } from '../../../../protocol/json-schema.js';
import { VALIDATION_RESPONSE } from '../../../../protocol/validation-issue.js';
import { ThreadId } from '../../../../threads/thread-id.pipe.js';
import { createRunRequest } from '../run-body.js';
import { CurrentRunClient } from '../run-client.js';
import { type RunClient, RunCreation } from '../run-creation.js';
import { JoinRunQuery, StreamRunQuery } from '../thread-runs.dto.js';
import { ThreadRunsService } from '../thread-runs.service.js';
import { RunResults } from './run-results.js';
import { RunStreams } from './run-streams.js';
import { isSet, joinView } from './stream-query.js';

const STREAM_RESPONSE = {
  status: 200,
  description: 'SSE stream of the run, to its end; Location is where it is resumed with Last-Event-ID',
  content: { 'text/event-stream': {} },
};
const RESULT_RESPONSE = {
  status: 200,
  description: 'The final state, when the run has ended; of a failed run {"__error__": {error, message}}',
};

@ApiTags('Thread Runs')
@ApiParam({ name: 'thread_id', required: true, schema: { type: 'string' } })
@Controller('threads/:thread_id/runs')
export class RunStreamsController {
  constructor(
    private readonly service: ThreadRunsService,
    private readonly creation: RunCreation,
    private readonly streams: RunStreams,
    private readonly results: RunResults,
  ) {}

  @Post('stream')
  @HttpCode(200)
  @ApiOperation({ summary: 'Create Run, Stream Output' })
  @ApiBody({ schema: bodySchema(createRunRequest.described) })
  @ApiResponse(STREAM_RESPONSE)
  @ApiResponse({ status: 404, description: 'No such thread, assistant or checkpoint' })
  @ApiResponse({ status: 409, description: 'The thread is busy (multitask_strategy reject), or has no such interrupt' })
  @ApiResponse({ status: 422, ...VALIDATION_RESPONSE })
  async streamRun(
    @ThreadId() threadId: string,
    @Body() body: Record<string, unknown> | undefined,
    @CurrentRunClient() client: RunClient,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { run, cancelsOnDisconnect } = await this.creation.onThread(threadId, client, body ?? {});
    await this.streams.open(run, { lastEventId: null, cancelsOnDisconnect }, reply);
  }

  @Post('wait')
  @HttpCode(200)
  @ApiOperation({ summary: 'Create Run, Wait for Output' })
  @ApiBody({ schema: bodySchema(createRunRequest.described) })
  @ApiResponse(RESULT_RESPONSE)
  @ApiResponse({ status: 404, description: 'No such thread, assistant or checkpoint' })
  @ApiResponse({ status: 409, description: 'The thread is busy (multitask_strategy reject), or has no such interrupt' })
  @ApiResponse({ status: 422, ...VALIDATION_RESPONSE })
  async waitForRun(
    @ThreadId() threadId: string,
    @Body() body: Record<string, unknown> | undefined,
    @CurrentRunClient() client: RunClient,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { run, cancelsOnDisconnect } = await this.creation.onThread(threadId, client, body ?? {});
    await this.results.open(run, { cancelsOnDisconnect }, reply);
  }

  @Get(':run_id/join')
  @ApiOperation({ summary: 'Join Run' })
  @ApiResponse(RESULT_RESPONSE)
  @ApiResponse({ status: 404, description: 'No such run on this thread' })
  async joinRun(
    @ThreadId() threadId: string,
    @Param('run_id') runId: string,
    @Query() query: JoinRunQuery,
    @CurrentCaller() caller: Caller,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const run = await this.service.find(threadId, runId, caller);
    await this.results.open(run, { cancelsOnDisconnect: isSet(query.cancel_on_disconnect) }, reply);
  }

  /** Whoever started it, and however: every run can be joined. */
  @Get(':run_id/stream')
  @ApiOperation({ summary: 'Join Run Stream', description: 'All of the run, or what comes after Last-Event-ID.' })
  @ApiResponse(STREAM_RESPONSE)
  @ApiResponse({ status: 404, description: 'No such run on this thread' })
  @ApiResponse({ status: 422, ...VALIDATION_RESPONSE })
  async joinRunStream(
    @ThreadId() threadId: string,
    @Param('run_id') runId: string,
    @Query() query: StreamRunQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @CurrentCaller() caller: Caller,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const run = await this.service.find(threadId, runId, caller);
    await this.streams.open(run, joinView(query, lastEventId), reply);
  }
}
