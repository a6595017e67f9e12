import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../../auth/caller.js';
import { CurrentCaller } from '../../../auth/current-caller.js';
import { createThreadCronRequest } from '../../../crons/cron-fields.js';
import { Crons } from '../../../crons/crons.js';
import { bodySchema } from '../../../protocol/json-schema.js';
import { VALIDATION_RESPONSE } from '../../../protocol/validation-issue.js';
import { ThreadId } from '../../../threads/thread-id.pipe.js';
import { refusing } from '../refused-requests.js';
import { CronDto } from './cron.dto.js';
import { type CronJson, cronJson } from './cron-json.js';

@ApiTags('Crons')
@Controller('threads/:thread_id/runs/crons')
export class ThreadCronsController {
  constructor(private readonly crons: Crons) {}

  @Post()
  @HttpCode(200)
  @ApiParam({ name: 'thread_id' })
  @ApiOperation({ summary: 'Create Thread Cron', description: 'Its runs are runs of this thread, and go with it.' })
  @ApiBody({ schema: bodySchema(createThreadCronRequest.described) })
  @ApiResponse({ status: 200, description: 'The cron', type: CronDto })
  @ApiResponse({ status: 404, description: 'No such thread, assistant or checkpoint' })
  @ApiResponse({ status: 422, ...VALIDATION_RESPONSE })
  async createThreadCron(
    @ThreadId() threadId: string,
    @Body() body: Record<string, unknown> | undefined,
    @CurrentCaller() caller: Caller,
  ): Promise<CronJson> {
    return cronJson(await refusing(() => this.crons.create(threadId, caller, body ?? {})));
  }
}
