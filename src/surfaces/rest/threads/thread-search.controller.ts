import {
  Body, Controller, HttpCode, Post, Res, UnprocessableEntityException, UseInterceptors,
} from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../../auth/caller.js';
import { CurrentCaller } from '../../../auth/current-caller.js';
import { Settings } from '../../../config/settings.js';
import { VALIDATION_RESPONSE, validationIssue } from '../../../protocol/validation-issue.js';
import { ThreadFinder } from '../../../threads/finding/thread-finder.js';
import type { Thread } from '../../../threads/thread.js';
import { StateJsonInterceptor } from '../state-json.interceptor.js';
import { PruneThreadsDto, ThreadsPrunedDto } from './dto/prune-threads.dto.js';
import { CountThreadsDto, SearchThreadsDto } from './dto/search-threads.dto.js';
import { ThreadDto } from './dto/thread.dto.js';
import { ThreadPruning } from './thread-pruning.js';

/** Many threads at once; everybody finds their own. */
@ApiTags('Threads')
@ApiResponse({ status: 422, ...VALIDATION_RESPONSE })
@Controller('threads')
@UseInterceptors(StateJsonInterceptor)
export class ThreadSearchController {
  constructor(
    private readonly finder: ThreadFinder,
    private readonly pruning: ThreadPruning,
    private readonly settings: Settings,
  ) {}

  @Post('search')
  @HttpCode(200)
  @ApiOperation({ summary: 'Search Threads', description: "One page of the caller's threads that fit, in order." })
  @ApiBody({ type: SearchThreadsDto, required: false })
  @ApiResponse({
    status: 200,
    type: [ThreadDto],
    headers: {
      'X-Pagination-Next': { description: 'Offset of the next page; none on the last', schema: { type: 'integer' } },
      'X-Pagination-Total': {
        description: 'How many threads fit; left out when they are too many to be counted (MAX_THREADS_COUNTED)',
        schema: { type: 'integer' },
      },
    },
  })
  async searchThreads(
    @Body() body: SearchThreadsDto,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: { header(name: string, value: string): unknown },
  ): Promise<Partial<Thread>[]> {
    this.assertLimit(body.limit);
    const { threads, next, total } = await this.finder.find(body, caller);
    if (next !== null) reply.header('x-pagination-next', String(next));
    if (total !== null) reply.header('x-pagination-total', String(total));
    return threads;
  }

  @Post('count')
  @HttpCode(200)
  @ApiOperation({ summary: 'Count Threads' })
  @ApiBody({ type: CountThreadsDto, required: false })
  @ApiResponse({ status: 200, description: 'How many threads fit', schema: { type: 'integer' } })
  countThreads(@Body() body: CountThreadsDto, @CurrentCaller() caller: Caller): Promise<number> {
    return this.finder.count(body, caller);
  }

  @Post('prune')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Prune Threads',
    description: 'Threads that there are not, or that are busy and to be kept, are left out.',
  })
  @ApiResponse({ status: 200, type: ThreadsPrunedDto })
  async pruneThreads(@Body() body: PruneThreadsDto, @CurrentCaller() caller: Caller): Promise<ThreadsPrunedDto> {
    return { pruned_count: await this.pruning.prune(body.thread_ids, body.strategy ?? 'delete', caller) };
  }

  private assertLimit(limit: number | null | undefined): void {
    const most = this.settings.MAX_SEARCH_LIMIT;
    if ((limit ?? 0) <= most) return;
    const message = `limit must be at most ${most} (MAX_SEARCH_LIMIT)`;
    const issue = validationIssue(['body', 'limit'], message, 'less_than_equal', limit);
    throw new UnprocessableEntityException({ detail: [issue] });
  }
}
