import { Module } from '@nestjs/common';
import { EventLogModule } from '../../../event-log/event-log.module.js';
import { RunsModule } from '../../../runs/runs.module.js';
import { ThreadsModule } from '../../../threads/threads.module.js';
import { ThreadPruning } from './thread-pruning.js';
import { ThreadSearchController } from './thread-search.controller.js';
import { ThreadStateController } from './thread-state.controller.js';
import { ThreadsController } from './threads.controller.js';

/** The REST routes of threads and their state. */
@Module({
  imports: [ThreadsModule, RunsModule, EventLogModule],
  controllers: [ThreadSearchController, ThreadsController, ThreadStateController],
  providers: [ThreadPruning],
})
export class RestThreadsModule {}
