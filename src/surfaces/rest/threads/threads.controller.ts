import { Body, Controller, Get, Headers, HttpCode, Patch, Post, Res, UseInterceptors } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../../auth/caller.js';
import { CurrentCaller } from '../../../auth/current-caller.js';
import { VALIDATION_RESPONSE } from '../../../protocol/validation-issue.js';
import { CreateThreadDto } from './dto/create-thread.dto.js';
import { PatchThreadDto } from './dto/patch-thread.dto.js';
import { ThreadDto } from './dto/thread.dto.js';
import { StateJsonInterceptor } from '../state-json.interceptor.js';
import { ThreadId } from '../../../threads/thread-id.pipe.js';
import type { Thread } from '../../../threads/thread.js';
import { ThreadsService } from '../../../threads/threads.service.js';

@ApiTags('Threads')
@ApiResponse({ status: 422, ...VALIDATION_RESPONSE })
@Controller('threads')
@UseInterceptors(StateJsonInterceptor)
export class ThreadsController {
  constructor(private readonly threads: ThreadsService) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Create Thread' })
  @ApiBody({ type: CreateThreadDto, required: false })
  @ApiResponse({ status: 200, description: 'The thread, or the one that was there', type: ThreadDto })
  @ApiResponse({ status: 400, description: 'Supersteps without a known graph, or refused by it' })
  @ApiResponse({ status: 409, description: 'A thread has this id' })
  createThread(@Body() body: CreateThreadDto, @CurrentCaller() caller: Caller): Promise<Thread> {
    return this.threads.create(body, caller);
  }

  @Get(':thread_id')
  @ApiParam({ name: 'thread_id' })
  @ApiOperation({ summary: 'Get Thread', description: 'With the values and open interrupts of its newest checkpoint.' })
  @ApiResponse({ status: 200, type: ThreadDto })
  @ApiResponse({ status: 404, description: 'No such thread, or owned by another user' })
  getThread(@ThreadId() threadId: string, @CurrentCaller() caller: Caller): Promise<Thread> {
    return this.threads.read(threadId, caller);
  }

  @Patch(':thread_id')
  @ApiParam({ name: 'thread_id' })
  @ApiOperation({ summary: 'Patch Thread', description: 'Merges metadata. `Prefer: return=minimal` answers 204.' })
  @ApiResponse({ status: 200, type: ThreadDto })
  @ApiResponse({ status: 204, description: 'Done, and nothing else was asked for' })
  @ApiResponse({ status: 404, description: 'No such thread, or owned by another user' })
  async patchThread(
    @ThreadId() threadId: string,
    @Body() body: PatchThreadDto,
    @CurrentCaller() caller: Caller,
    @Headers('prefer') prefer: string | undefined,
    @Res({ passthrough: true }) reply: { code(status: number): unknown },
  ): Promise<Thread | undefined> {
    const thread = await this.threads.patch(threadId, body.metadata ?? {}, caller);
    if (!prefer?.includes('return=minimal')) return thread;
    reply.code(204);
    return undefined;
  }
}
