import { Module } from '@nestjs/common';
import { DeliveryModule } from '../../delivery/delivery.module.js';
import { EventLogModule } from '../../event-log/event-log.module.js';
import { RunsModule } from '../../runs/runs.module.js';
import { ThreadsModule } from '../../threads/threads.module.js';
import { ExecutionThreads } from './execution-threads.js';
import { ExecutionsController } from './executions.controller.js';
import { ExecutionsService } from './executions.service.js';
import { ThreadStreamController } from './thread-stream.controller.js';
import { ThreadStreamService } from './thread-stream.service.js';

/** Executions: a run as a tree of named threads, for `EventSource`. A projection of the log. */
@Module({
  imports: [DeliveryModule, EventLogModule, RunsModule, ThreadsModule],
  controllers: [ExecutionsController, ThreadStreamController],
  providers: [ExecutionThreads, ExecutionsService, ThreadStreamService],
})
export class ExecutionsModule {}
