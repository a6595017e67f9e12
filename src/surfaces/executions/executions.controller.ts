import { Body, Controller, Get, HttpCode, Param, Post, Query, UseFilters } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../auth/caller.js';
import { CurrentCaller } from '../../auth/current-caller.js';
import type { Run } from '../../storage/rows/run.js';
import { executionId, executionJson, type ExecutionJson } from './execution.js';
import { ExecutionErrorFilter } from './execution-error.filter.js';
import { ExecutionThreads } from './execution-threads.js';
import { AcceptedExecution, CreateExecutionRequest, ListExecutionsQuery } from './executions.dto.js';
import { ExecutionsService } from './executions.service.js';

const ID = { name: 'id', description: '`exec-<run id>`, or the run id', schema: { type: 'string' } } as const;

@ApiTags('Executions')
@UseFilters(ExecutionErrorFilter)
@Controller('api/executions')
export class ExecutionsController {
  constructor(
    private readonly executions: ExecutionsService,
    private readonly threads: ExecutionThreads,
  ) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({
    summary: 'Create Execution',
    description: 'Accepts a run of a graph; `streamUrl` streams it from its first event.',
  })
  @ApiResponse({ status: 202, type: AcceptedExecution })
  @ApiResponse({ status: 400, description: 'Invalid body' })
  @ApiResponse({ status: 404, description: 'No such pattern, or a thread owned by another user' })
  @ApiResponse({ status: 409, description: 'The thread refuses another run' })
  async createExecution(
    @Body() body: CreateExecutionRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<AcceptedExecution> {
    const id = executionId(await this.executions.create(body, caller));
    return {
      id,
      status: 'accepted',
      message: `Execution of ${body.patternName} was accepted`,
      streamUrl: `/api/executions/${id}/threads/stream?lastEventId=0`,
      webhookConfigured: false,
    };
  }

  @Get()
  @ApiOperation({ summary: 'List Executions', description: 'Newest first.' })
  @ApiResponse({ status: 200, description: '`{executions, total, limit, offset}`' })
  async listExecutions(
    @Query() query: ListExecutionsQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<Record<string, unknown>> {
    const { limit, offset, threadId = null } = query;
    const { runs, total } = await this.executions.list(caller, { threadId, limit, offset });
    return { executions: await Promise.all(runs.map((run) => this.json(run))), total, limit, offset };
  }

  @Get(':id')
  @ApiParam(ID)
  @ApiOperation({ summary: 'Get Execution' })
  @ApiResponse({ status: 200, description: 'The execution' })
  @ApiResponse({ status: 404, description: 'No such execution, or owned by another user' })
  async getExecution(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<ExecutionJson> {
    return this.json(await this.executions.find(id, caller));
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @ApiParam(ID)
  @ApiOperation({ summary: 'Cancel Execution', description: 'At any moment; one that has ended stays as it is.' })
  @ApiResponse({ status: 200, description: '`{message, id}`' })
  @ApiResponse({ status: 404, description: 'No such execution, or owned by another user' })
  async cancelExecution(
    @Param('id') id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<{ message: string; id: string }> {
    const run = await this.executions.find(id, caller);
    const wasOpen = await this.executions.cancel(run);
    return { message: wasOpen ? 'Execution cancelled' : 'Execution had already ended', id: executionId(run.runId) };
  }

  private async json(run: Run): Promise<ExecutionJson> {
    return executionJson(run, await this.threads.isBlocked(run));
  }
}
