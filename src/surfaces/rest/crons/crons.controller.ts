import {
  Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Res, UnprocessableEntityException,
} from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../../auth/caller.js';
import { CurrentCaller } from '../../../auth/current-caller.js';
import { Clock } from '../../../clock/clock.js';
import { Settings } from '../../../config/settings.js';
import { changeCronRequest, createCronRequest } from '../../../crons/cron-fields.js';
import { Crons, type CronWish } from '../../../crons/crons.js';
import { bodySchema } from '../../../protocol/json-schema.js';
import { VALIDATION_RESPONSE, validationIssue } from '../../../protocol/validation-issue.js';
import { refusing } from '../refused-requests.js';
import { CronDto } from './cron.dto.js';
import { type CronJson, cronJson, selectedCron } from './cron-json.js';
import { CountCronsDto, SearchCronsDto } from './search-crons.dto.js';

const DEFAULT_LIMIT = 10;

/** Crons of the caller; those of threads are made by `ThreadCronsController`. */
@ApiTags('Crons')
@ApiResponse({ status: 422, ...VALIDATION_RESPONSE })
@Controller('runs/crons')
export class CronsController {
  constructor(
    private readonly crons: Crons,
    private readonly clock: Clock,
    private readonly settings: Settings,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Create Cron', description: 'Each of its runs gets a thread of its own.' })
  @ApiBody({ schema: bodySchema(createCronRequest.described) })
  @ApiResponse({ status: 200, description: 'The cron', type: CronDto })
  @ApiResponse({ status: 404, description: 'No such assistant' })
  async createCron(
    @Body() body: Record<string, unknown> | undefined,
    @CurrentCaller() caller: Caller,
  ): Promise<CronJson> {
    return cronJson(await refusing(() => this.crons.create(null, caller, body ?? {})));
  }

  @Post('search')
  @HttpCode(200)
  @ApiOperation({ summary: 'Search Crons' })
  @ApiBody({ type: SearchCronsDto, required: false })
  @ApiResponse({
    status: 200,
    type: [CronDto],
    headers: {
      'X-Pagination-Total': { description: 'How many there are in all', schema: { type: 'integer' } },
      'X-Pagination-Next': { description: 'Offset of the next page, if there is one', schema: { type: 'integer' } },
    },
  })
  async searchCrons(
    @Body() body: SearchCronsDto,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: { header(name: string, value: string): unknown },
  ): Promise<Partial<CronJson>[]> {
    const { sort_by: sortBy, sort_order: order, limit, offset, select } = body;
    const { crons, total, next } = await this.crons.search(
      {
        ...wishOf(body),
        sortBy: sortBy ?? 'created_at',
        descending: order !== 'asc',
        limit: this.checkedLimit(limit),
        offset: offset ?? 0,
      },
      caller,
    );
    reply.header('x-pagination-total', String(total));
    if (next !== null) reply.header('x-pagination-next', String(next));
    return crons.map((cron) => selectedCron(cron, select ?? [], this.clock.now()));
  }

  @Post('count')
  @HttpCode(200)
  @ApiOperation({ summary: 'Count Crons' })
  @ApiBody({ type: CountCronsDto, required: false })
  @ApiResponse({ status: 200, description: 'How many crons fit', schema: { type: 'integer', example: 3 } })
  countCrons(@Body() body: CountCronsDto, @CurrentCaller() caller: Caller): Promise<number> {
    return this.crons.count(wishOf(body), caller);
  }

  @Get(':cron_id')
  @ApiParam({ name: 'cron_id' })
  @ApiOperation({ summary: 'Get Cron' })
  @ApiResponse({ status: 200, type: CronDto })
  @ApiResponse({ status: 404, description: 'No such cron, or owned by another user' })
  async getCron(@Param('cron_id') cronId: string, @CurrentCaller() caller: Caller): Promise<CronJson> {
    return cronJson(await this.crons.find(cronId, caller));
  }

  @Patch(':cron_id')
  @ApiParam({ name: 'cron_id' })
  @ApiOperation({
    summary: 'Update Cron',
    description: 'Changes what is given, and takes away what is null. Metadata is merged.',
  })
  @ApiBody({ schema: bodySchema(changeCronRequest.described) })
  @ApiResponse({ status: 200, description: 'The cron as it is now', type: CronDto })
  @ApiResponse({ status: 404, description: 'No such cron, or owned by another user' })
  async updateCron(
    @Param('cron_id') cronId: string,
    @Body() body: Record<string, unknown> | undefined,
    @CurrentCaller() caller: Caller,
  ): Promise<CronJson> {
    return cronJson(await refusing(() => this.crons.change(cronId, caller, body ?? {})));
  }

  @Delete(':cron_id')
  @HttpCode(204)
  @ApiParam({ name: 'cron_id' })
  @ApiOperation({ summary: 'Delete Cron', description: 'Runs that it has started go on.' })
  @ApiResponse({ status: 204, description: 'It starts no run any more' })
  @ApiResponse({ status: 404, description: 'No such cron, or owned by another user' })
  async deleteCron(@Param('cron_id') cronId: string, @CurrentCaller() caller: Caller): Promise<void> {
    await this.crons.remove(cronId, caller);
  }

  private checkedLimit(limit: number | null | undefined): number {
    const max = this.settings.MAX_CRON_SEARCH_LIMIT;
    if (limit == null) return Math.min(DEFAULT_LIMIT, max);
    if (limit <= max) return limit;
    const message = `limit must not be greater than ${max} (MAX_CRON_SEARCH_LIMIT)`;
    const issue = validationIssue(['body', 'limit'], message, 'less_than_equal', limit);
    throw new UnprocessableEntityException({ detail: [issue] });
  }
}

function wishOf({ assistant_id: assistantId, thread_id: threadId, enabled, metadata }: CountCronsDto): CronWish {
  return {
    assistantId: assistantId ?? null, threadId: threadId ?? null, enabled: enabled ?? null, metadata: metadata ?? {},
  };
}
