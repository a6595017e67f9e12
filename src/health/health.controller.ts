import { Controller, Get, ServiceUnavailableException } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Settings } from '../config/settings.js';
import { EventLog } from '../event-log/event-log.js';
import { Checkpointer } from '../storage/checkpointer.js';
import { InfoDto, OkDto } from './health.dto.js';
import { langgraphVersion, serverVersion } from './server-version.js';

/** The LangGraph server whose API is served: clients compare it and refuse what is too old. */
const LANGGRAPH_API_VERSION = '1.5.1';

/** What load balancers and SDKs ask before anything else. */
@ApiTags('Health')
@Controller()
export class HealthController {
  private readonly versions = {
    version: LANGGRAPH_API_VERSION,
    langgraph_js_version: langgraphVersion(),
    threadlog_version: serverVersion(),
  };

  constructor(
    private readonly settings: Settings,
    private readonly log: EventLog,
    private readonly checkpointer: Checkpointer,
  ) {}

  @Get('ok')
  @ApiOperation({ summary: 'Liveness', description: 'The process answers. It says nothing about the database.' })
  @ApiOkResponse({ type: OkDto })
  ok(): OkDto {
    return { ok: true };
  }

  @Get('ready')
  @ApiOperation({ summary: 'Readiness', description: 'Whether the event log and the checkpoints can be written.' })
  @ApiOkResponse({ type: OkDto })
  @ApiResponse({ status: 503, description: 'The database cannot write at the moment' })
  ready(): OkDto {
    if (!this.log.isWritable() || !this.checkpointer.health.writable) {
      throw new ServiceUnavailableException({
        message: 'The database cannot write at the moment',
        error: 'storage_unavailable',
      });
    }
    return { ok: true };
  }

  @Get('info')
  @ApiOperation({ summary: 'Versions and what the server can do' })
  @ApiOkResponse({ type: InfoDto })
  info(): InfoDto {
    return {
      ...this.versions,
      context: 'js',
      flags: {
        assistants: true,
        crons: false,
        langsmith: false,
        langsmith_tracing_replicas: false,
        event_streaming: this.settings.EVENT_STREAMING_ENABLED,
      },
    };
  }
}
