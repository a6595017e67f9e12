import { Module } from '@nestjs/common';
import { DeliveryModule } from '../delivery/delivery.module.js';
import { EventLogModule } from '../event-log/event-log.module.js';
import { RunsModule } from '../runs/runs.module.js';
import { ThreadsModule } from '../threads/threads.module.js';
import { AgentCatalog } from './agent-catalog.js';
import { AgentsController } from './agents.controller.js';
import { EnvironmentCatalog } from './environment-catalog.js';
import { EnvironmentsController } from './environments.controller.js';
import { EventPages } from './event-pages.js';
import { HeldTurns } from './held-turns.js';
import { RunFacts } from './run-facts.js';
import { SessionCreation } from './session-creation.js';
import { SessionDirectory } from './session-directory.js';
import { SessionEventsController } from './session-events.controller.js';
import { SessionEventsService } from './session-events.service.js';
import { SessionFolds } from './session-fold.js';
import { SessionInbox } from './session-inbox.js';
import { SessionRepository } from './session-repository.js';
import { SessionStreams } from './session-streams.js';
import { SessionThreadsController } from './session-threads.controller.js';
import { SessionThreadsService } from './session-threads.service.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsService } from './sessions.service.js';

/** The session API: threads, runs and the log, as clients of managed agents know them (docs/sessions.md). */
@Module({
  imports: [DeliveryModule, EventLogModule, RunsModule, ThreadsModule],
  controllers: [AgentsController, EnvironmentsController, SessionEventsController, SessionThreadsController, SessionsController],
  providers: [
    AgentCatalog, EnvironmentCatalog, EventPages, HeldTurns, RunFacts, SessionCreation, SessionDirectory,
    SessionEventsService, SessionFolds, SessionInbox, SessionRepository, SessionStreams, SessionThreadsService, SessionsService,
  ],
})
export class SessionsModule {}
