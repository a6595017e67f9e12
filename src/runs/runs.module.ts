import { Module } from '@nestjs/common';
import { EventLogModule } from '../event-log/event-log.module.js';
import { ThreadsModule } from '../threads/threads.module.js';
import { LostAttempts } from './lost-attempt.js';
import { RunAcceptance } from './run-acceptance.js';
import { RunExecution } from './run-execution.js';
import { RunLifecycle } from './run-lifecycle.js';
import { RunRepository } from './run-repository.js';
import { RunScheduler } from './run-scheduler.js';

@Module({
  imports: [EventLogModule, ThreadsModule],
  providers: [LostAttempts, RunAcceptance, RunExecution, RunLifecycle, RunRepository, RunScheduler],
  exports: [RunAcceptance, RunRepository, RunScheduler],
})
export class RunsModule {}
