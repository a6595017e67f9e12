import { Controller, Get, Headers, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../../../../auth/caller.js';
import { CurrentCaller } from '../../../../auth/current-caller.js';
import { VALIDATION_RESPONSE } from '../../../../protocol/validation-issue.js';
import { ThreadId } from '../../../../threads/thread-id.pipe.js';
import { StreamThreadQuery } from './thread-stream.dto.js';
import { ThreadStreams } from './thread-streams.js';

@ApiTags('Threads')
@ApiParam({ name: 'thread_id', required: true, schema: { type: 'string' } })
@Controller('threads/:thread_id/stream')
export class ThreadStreamController {
  constructor(private readonly streams: ThreadStreams) {}

  /** An upgrade to a WebSocket on the same path has a route of its own. */
  @Get()
  @ApiOperation({
    summary: 'Join Thread Stream',
    description:
      'All runs of a thread, from now on or after Last-Event-ID (-1 for everything that there is). The stream does not ' +
      'end with a run: each begins with metadata {run_id, attempt} and ends with metadata {status: "run_done", run_id}.',
  })
  @ApiHeader({ name: 'Last-Event-ID', required: false, schema: { type: 'string' } })
  @ApiResponse({ status: 200, description: 'SSE stream of frames', content: { 'text/event-stream': {} } })
  @ApiResponse({ status: 404, description: 'No such thread' })
  @ApiResponse({ status: 422, ...VALIDATION_RESPONSE })
  async joinThreadStream(
    @ThreadId() threadId: string,
    @Query() { stream_mode: mode = [], stream_modes: more = [], last_event_id: inQuery }: StreamThreadQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @CurrentCaller() caller: Caller,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const asked = new Set([...mode, ...more]);
    const modes = asked.size > 0 ? [...asked] : (['run_modes'] as const);
    await this.streams.open(threadId, caller, { modes, lastEventId: lastEventId || (inQuery ?? null) }, reply);
  }
}
