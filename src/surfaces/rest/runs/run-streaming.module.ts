import { Module } from '@nestjs/common';
import { RunsModule } from '../../../runs/runs.module.js';
import { ThreadsModule } from '../../../threads/threads.module.js';
import { BackgroundRuns } from './background-runs.js';
import { ThreadRunsController } from './thread-runs.controller.js';
import { ThreadRunsService } from './thread-runs.service.js';

@Module({
  imports: [RunsModule, ThreadsModule],
  controllers: [ThreadRunsController],
  providers: [BackgroundRuns, ThreadRunsService],
})
export class RunStreamingModule {}
