import { BadRequestException, Controller, Get, Headers, Param, Query, Res, UseFilters } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../../auth/caller.js';
import { CurrentCaller } from '../../auth/current-caller.js';
import { Settings } from '../../config/settings.js';
import { openSseResponse } from '../../delivery/sse-response.js';
import { ExecutionErrorFilter } from './execution-error.filter.js';
import { ExecutionThreads } from './execution-threads.js';
import { ExecutionsService } from './executions.service.js';
import { ThreadStreamService } from './thread-stream.service.js';

type ThreadStreamQuery = Record<string, string | string[] | undefined>;

@ApiTags('Executions')
@UseFilters(ExecutionErrorFilter)
@Controller('api/executions/:id/threads/stream')
export class ThreadStreamController {
  constructor(
    private readonly executions: ExecutionsService,
    private readonly threads: ExecutionThreads,
    private readonly streams: ThreadStreamService,
    private readonly settings: Settings,
  ) {}

  /** Opens a stream; it does not end with the execution (docs/executions.md). */
  @Get()
  @ApiParam({ name: 'id', description: '`exec-<run id>`, or the run id', schema: { type: 'string' } })
  @ApiQuery({
    name: 'threadIds',
    required: false,
    schema: { type: 'string' },
    description: 'Comma-separated names of threads; all unless given.',
  })
  @ApiQuery({
    name: 'lastEventId',
    required: false,
    schema: { type: 'string' },
    description: 'Like the header Last-Event-ID, which wins; 0 for everything.',
  })
  @ApiOperation({
    summary: 'Stream Execution Threads',
    description: 'Server-sent events of the threads of an execution, for EventSource.',
  })
  @ApiResponse({ status: 200, description: 'SSE stream of thread events', content: { 'text/event-stream': {} } })
  @ApiResponse({ status: 400, description: 'threadIds is no comma-separated list, or lastEventId no id' })
  @ApiResponse({ status: 403, description: 'A thread of another execution' })
  @ApiResponse({ status: 404, description: 'No such execution, or owned by another user' })
  async streamExecutionThreads(
    @Param('id') id: string,
    @Query() query: ThreadStreamQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @CurrentCaller() caller: Caller,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const run = await this.executions.find(id, caller);
    const threadIds = this.threadIdsOf(query);
    const start = this.streams.start(run, lastEventId || oneOf(query, 'lastEventId') || null);
    if (threadIds) await this.threads.assertOwn(run, threadIds);
    const headers = {
      'cache-control': 'no-cache',
      connection: 'keep-alive',
      ...(start.missed ? { 'threadlog-missed': 'true' } : {}),
    };
    await this.streams.send(
      openSseResponse(reply, headers, this.settings.MAX_SUBSCRIBER_BUFFER_BYTES),
      run,
      start,
      threadIds,
      String(reply.request.id),
    );
  }

  private threadIdsOf(query: ThreadStreamQuery): string[] | null {
    const list = oneOf(query, 'threadIds');
    const names = [
      ...new Set(
        (list ?? '')
          .split(',')
          .map((name) => name.trim())
          .filter((name) => name !== ''),
      ),
    ];
    if (names.length > this.settings.MAX_FILTER_NAMESPACES) {
      throw new BadRequestException(`threadIds may name at most ${this.settings.MAX_FILTER_NAMESPACES} threads`);
    }
    return names.length > 0 ? names : null;
  }
}

/** @throws BadRequestException for a parameter in the form of an array: `name[]=` or given twice */
function oneOf(query: ThreadStreamQuery, name: string): string | undefined {
  const value = query[name];
  const isList = Array.isArray(value) || Object.keys(query).some((key) => key.startsWith(`${name}[`));
  if (isList)
    throw new BadRequestException(`${name} must be given once, as ${name}=a${name === 'threadIds' ? ',b' : ''}`);
  return value;
}
