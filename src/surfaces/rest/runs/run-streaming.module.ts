import { Module } from '@nestjs/common';
import { DeliveryModule } from '../../../delivery/delivery.module.js';
import { EventLogModule } from '../../../event-log/event-log.module.js';
import { RunsModule } from '../../../runs/runs.module.js';
import { ThreadsModule } from '../../../threads/threads.module.js';
import { ManyRuns } from './many-runs.js';
import { RunCreation } from './run-creation.js';
import { StatelessRunsController } from './stateless-runs.controller.js';
import { DisconnectWatch } from './streaming/disconnect-watch.js';
import { RunResults } from './streaming/run-results.js';
import { RunSources } from './streaming/run-sources.js';
import { RunStreamsController } from './streaming/run-streams.controller.js';
import { RunStreams } from './streaming/run-streams.js';
import { ThreadStreamController } from './streaming/thread-stream.controller.js';
import { ThreadStreams } from './streaming/thread-streams.js';
import { ThreadRunsController } from './thread-runs.controller.js';
import { ThreadRunsService } from './thread-runs.service.js';

/** The REST routes of runs. */
@Module({
  imports: [DeliveryModule, EventLogModule, RunsModule, ThreadsModule],
  controllers: [RunStreamsController, ThreadRunsController, ThreadStreamController, StatelessRunsController],
  providers: [
    DisconnectWatch, ManyRuns, RunCreation, RunResults, RunSources, RunStreams, ThreadRunsService, ThreadStreams,
  ],
})
export class RunStreamingModule {}
