import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Patch,
  Post,
  Query,
  Res,
  UseInterceptors,
} from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../../auth/caller.js';
import { CurrentCaller } from '../../../auth/current-caller.js';
import { VALIDATION_RESPONSE } from '../../../protocol/validation-issue.js';
import { CreateThreadDto } from './dto/create-thread.dto.js';
import { PatchThreadDto } from './dto/patch-thread.dto.js';
import { ThreadDto, ThreadQueryDto } from './dto/thread.dto.js';
import { ThreadCopying } from '../../../runs/upkeep/thread-copying.js';
import { ThreadRemoval } from '../../../runs/upkeep/thread-removal.js';
import { StateJsonInterceptor } from '../state-json.interceptor.js';
import { ThreadId } from '../../../threads/thread-id.pipe.js';
import type { Thread } from '../../../threads/thread.js';
import { ThreadsService } from '../../../threads/threads.service.js';

@ApiTags('Threads')
@ApiResponse({ status: 422, ...VALIDATION_RESPONSE })
@Controller('threads')
@UseInterceptors(StateJsonInterceptor)
export class ThreadsController {
  constructor(
    private readonly threads: ThreadsService,
    private readonly copying: ThreadCopying,
    private readonly removal: ThreadRemoval,
  ) {}

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
  getThread(
    @ThreadId() threadId: string,
    @Query() query: ThreadQueryDto,
    @CurrentCaller() caller: Caller,
  ): Promise<Thread> {
    return this.threads.read(threadId, caller, query.include);
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
    await this.threads.patch(threadId, body, caller);
    if (!prefer?.includes('return=minimal')) return this.threads.read(threadId, caller);
    reply.code(204);
    return undefined;
  }

  @Delete(':thread_id')
  @HttpCode(204)
  @ApiParam({ name: 'thread_id' })
  @ApiOperation({
    summary: 'Delete Thread',
    description: 'Stops its runs, and removes it with its runs, its events and its checkpoints.',
  })
  @ApiResponse({ status: 204, description: 'It is gone' })
  @ApiResponse({ status: 404, description: 'No such thread, or owned by another user' })
  async deleteThread(@ThreadId() threadId: string, @CurrentCaller() caller: Caller): Promise<void> {
    await this.threads.find(threadId, caller);
    await this.removal.remove(threadId, 'delete');
  }

  @Post(':thread_id/copy')
  @HttpCode(200)
  @ApiParam({ name: 'thread_id' })
  @ApiOperation({
    summary: 'Copy Thread',
    description:
      'A new thread with the metadata, the checkpoints, the status and the open interrupts. Its events begin with the ' +
      'state and the open interrupts; runs are not copied.',
  })
  @ApiResponse({ status: 200, description: 'The new thread; `metadata.thread_id` is its own id', type: ThreadDto })
  @ApiResponse({ status: 404, description: 'No such thread, or owned by another user' })
  @ApiResponse({ status: 409, description: 'A run is active or waits' })
  async copyThread(@ThreadId() threadId: string, @CurrentCaller() caller: Caller): Promise<Thread> {
    return this.threads.read(await this.copying.copy(threadId, caller), caller);
  }
}
