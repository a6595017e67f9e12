import {
  Body, Controller, Get, HttpCode, NotFoundException, Param, Patch, Post, Query, UnprocessableEntityException,
  UseInterceptors,
} from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../../auth/caller.js';
import { CurrentCaller } from '../../../auth/current-caller.js';
import { Settings } from '../../../config/settings.js';
import { VALIDATION_RESPONSE, validationIssue } from '../../../protocol/validation-issue.js';
import { beforeId, HistoryDto, HistoryQueryDto } from './dto/history.dto.js';
import { PatchStateDto } from './dto/patch-state.dto.js';
import { isTrue, ReadCheckpointDto, StateQueryDto } from './dto/read-state.dto.js';
import { ThreadStateDto } from './dto/thread-state.dto.js';
import { StateUpdatedDto, UpdateStateDto } from './dto/update-state.dto.js';
import { StateJsonInterceptor } from '../state-json.interceptor.js';
import { ThreadId } from '../../../threads/thread-id.pipe.js';
import { type CheckpointSelector, ThreadStateReader } from '../../../threads/thread-state-reader.js';
import { ThreadStateWriter } from '../../../threads/thread-state-writer.js';
import { selectedState } from '../../../threads/finding/state-selection.js';
import type { ThreadState } from '../../../threads/thread-state.js';
import { ThreadsService } from '../../../threads/threads.service.js';

const DEFAULT_HISTORY_LIMIT = 10;

@ApiTags('Threads')
@ApiParam({ name: 'thread_id' })
@ApiResponse({ status: 404, description: 'No such thread or checkpoint, or owned by another user' })
@ApiResponse({ status: 422, ...VALIDATION_RESPONSE })
@Controller('threads/:thread_id')
@UseInterceptors(StateJsonInterceptor)
export class ThreadStateController {
  constructor(
    private readonly threads: ThreadsService,
    private readonly reader: ThreadStateReader,
    private readonly writer: ThreadStateWriter,
    private readonly settings: Settings,
  ) {}

  @Get('state')
  @ApiOperation({ summary: 'Get Thread State', description: 'A thread without a checkpoint has an empty state.' })
  @ApiResponse({ status: 200, type: ThreadStateDto })
  getThreadState(
    @ThreadId() threadId: string,
    @Query() query: StateQueryDto,
    @CurrentCaller() caller: Caller,
  ): Promise<Partial<ThreadState>> {
    return this.stateAt(threadId, {}, query, caller);
  }

  @Get('state/:checkpoint_id')
  @ApiOperation({ summary: 'Get Thread State At Checkpoint' })
  @ApiResponse({ status: 200, type: ThreadStateDto })
  getThreadStateAtCheckpoint(
    @ThreadId() threadId: string,
    @Param('checkpoint_id') checkpointId: string,
    @Query() query: StateQueryDto,
    @CurrentCaller() caller: Caller,
  ): Promise<Partial<ThreadState>> {
    return this.stateAt(threadId, { checkpoint_id: checkpointId }, query, caller);
  }

  @Post('state/checkpoint')
  @HttpCode(200)
  @ApiOperation({ summary: 'Get Thread State At Checkpoint', description: 'Also of a subgraph, by its namespace.' })
  @ApiResponse({ status: 200, type: ThreadStateDto })
  postThreadStateCheckpoint(
    @ThreadId() threadId: string,
    @Body() body: ReadCheckpointDto,
    @CurrentCaller() caller: Caller,
  ): Promise<Partial<ThreadState>> {
    return this.stateAt(threadId, body.checkpoint, body, caller);
  }

  @Post('state')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Update Thread State',
    description: 'Makes a checkpoint as if a node had returned the values.',
  })
  @ApiResponse({ status: 200, type: StateUpdatedDto })
  @ApiResponse({ status: 400, description: 'The thread has no graph, or the graph refuses the update' })
  @ApiResponse({ status: 409, description: 'A run is active on the thread' })
  async updateThreadState(
    @ThreadId() threadId: string,
    @Body() body: UpdateStateDto,
    @CurrentCaller() caller: Caller,
  ): Promise<StateUpdatedDto> {
    return { checkpoint: await this.writer.update(await this.threads.find(threadId, caller), body) };
  }

  @Patch('state')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Patch Thread State',
    description: 'Adds to the metadata of the newest checkpoint, by which a history can be filtered.',
  })
  @ApiResponse({ status: 204, description: 'Done' })
  async patchThreadState(
    @ThreadId() threadId: string,
    @Body() body: PatchStateDto,
    @CurrentCaller() caller: Caller,
  ): Promise<void> {
    await this.writer.patchMetadata(await this.threads.find(threadId, caller), body.metadata);
  }

  @Post('history')
  @HttpCode(200)
  @ApiOperation({ summary: 'Get Thread History', description: 'States newest first, of the root or of one namespace.' })
  @ApiBody({ type: HistoryDto, required: false })
  @ApiResponse({ status: 200, type: [ThreadStateDto] })
  async postThreadHistory(
    @ThreadId() threadId: string,
    @Body() body: HistoryDto,
    @CurrentCaller() caller: Caller,
  ): Promise<Partial<ThreadState>[]> {
    const limit = this.checkedLimit(body.limit, 'body');
    const states = await this.reader.history(await this.threads.find(threadId, caller), {
      limit,
      checkpoint: body.checkpoint ?? undefined,
      before: beforeId(body.before),
      metadata: body.metadata ?? undefined,
    });
    return states.map((state) => selectedState(state, body.select));
  }

  @Get('history')
  @ApiOperation({ summary: 'Get Thread History', description: 'States of the root, newest first.' })
  @ApiResponse({ status: 200, type: [ThreadStateDto] })
  async getThreadHistory(
    @ThreadId() threadId: string,
    @Query() query: HistoryQueryDto,
    @CurrentCaller() caller: Caller,
  ): Promise<Partial<ThreadState>[]> {
    const limit = this.checkedLimit(query.limit, 'query');
    const states = await this.reader.history(await this.threads.find(threadId, caller), {
      limit,
      before: query.before,
    });
    return states.map((state) => selectedState(state, query.select));
  }

  private async stateAt(
    threadId: string,
    at: CheckpointSelector,
    { subgraphs, select }: Pick<ReadCheckpointDto, 'subgraphs' | 'select'>,
    caller: Caller,
  ): Promise<Partial<ThreadState>> {
    const state = await this.reader.read(await this.threads.find(threadId, caller), at, isTrue(subgraphs));
    if (!state) throw new NotFoundException(`Thread ${threadId} has no checkpoint ${at.checkpoint_id}`);
    return selectedState(state, select);
  }

  private checkedLimit(limit: number | null | undefined, from: 'body' | 'query'): number {
    const most = this.settings.MAX_HISTORY_LIMIT;
    if ((limit ?? 0) <= most) return limit ?? Math.min(DEFAULT_HISTORY_LIMIT, most);
    const issue = validationIssue(
      [from, 'limit'],
      `limit must be at most ${most} (MAX_HISTORY_LIMIT)`,
      'less_than_equal',
      limit,
    );
    throw new UnprocessableEntityException({ detail: [issue] });
  }
}
