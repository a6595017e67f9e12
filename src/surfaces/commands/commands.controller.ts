import type { IncomingHttpHeaders } from 'node:http';
import { Body, Controller, Headers, HttpCode, Post } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../auth/caller.js';
import { CurrentCaller } from '../../auth/current-caller.js';
import { Ownership } from '../../auth/ownership.js';
import { StreamingAvailability } from '../../threads/streaming-availability.js';
import { ThreadId } from '../../threads/thread-id.pipe.js';
import { ThreadStorage } from '../../storage/thread-storage.js';
import { CommandDispatcher } from './command-dispatcher.js';
import { CommandRequest } from './command.dto.js';
import type { CommandResponse } from './command-response.js';

@ApiTags('Event Streaming')
@Controller('threads/:thread_id/commands')
export class CommandsController {
  constructor(
    private readonly dispatcher: CommandDispatcher,
    private readonly threads: ThreadStorage,
    private readonly ownership: Ownership,
    private readonly availability: StreamingAvailability,
  ) {}

  /** Every logical error is HTTP 200 with an error envelope (docs/event-stream.md, Commands). */
  @Post()
  @HttpCode(200)
  @ApiOperation({ operationId: 'thread_commands_threads__thread_id__commands_post', summary: 'Send Thread Command' })
  @ApiParam({ name: 'thread_id', required: true, schema: { type: 'string', title: 'Thread Id' } })
  @ApiBody({ type: CommandRequest, required: true })
  @ApiResponse({ status: 200, description: 'Success or error envelope' })
  @ApiResponse({ status: 404, description: 'Thread owned by another user' })
  @ApiResponse({
    status: 422,
    description: 'Validation Error',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/HTTPValidationError' } } },
  })
  @ApiResponse({ status: 503, description: 'v2 disabled by flag, runtime too old, or the database cannot write' })
  async send(
    @ThreadId() threadId: string,
    @Body() { id, method, params }: CommandRequest,
    @CurrentCaller() caller: Caller,
    @Headers() headers: IncomingHttpHeaders,
  ): Promise<CommandResponse> {
    await this.availability.assert(threadId);
    const thread = await this.threads.ownerOf(threadId);
    if (thread) this.ownership.assert(thread, caller, `Thread ${threadId}`);
    return this.dispatcher.dispatch({ id, method, params: params ?? {} }, { threadId, caller, headers });
  }
}
