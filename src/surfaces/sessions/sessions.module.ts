import { Module } from '@nestjs/common';
import { DeliveryModule } from '../../delivery/delivery.module.js';
import { EventLogModule } from '../../event-log/event-log.module.js';
import { RunsModule } from '../../runs/runs.module.js';
import { ThreadsModule } from '../../threads/threads.module.js';
import { AgentCatalog } from './agents/agent-catalog.js';
import { AgentsController } from './agents/agents.controller.js';
import { EnvironmentCatalog } from './agents/environment-catalog.js';
import { EnvironmentsController } from './agents/environments.controller.js';
import { EventPages } from './reading/event-pages.js';
import { HeldTurns } from './inbox/held-turns.js';
import { RunFacts } from './projection/run-facts.js';
import { SessionCreation } from './inbox/session-creation.js';
import { SessionDirectory } from './session-directory.js';
import { SessionEventsController } from './reading/session-events.controller.js';
import { SessionEventsService } from './reading/session-events.service.js';
import { SessionFolds } from './reading/session-fold.js';
import { SessionInbox } from './inbox/session-inbox.js';
import { SessionStreams } from './reading/session-streams.js';
import { SessionThreadsController } from './reading/session-threads.controller.js';
import { SessionThreadsService } from './reading/session-threads.service.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsService } from './sessions.service.js';

/** The session API: threads, runs and the log, as clients of managed agents know them (docs/sessions.md). */
@Module({
  imports: [DeliveryModule, EventLogModule, RunsModule, ThreadsModule],
  controllers: [
    AgentsController,
    EnvironmentsController,
    SessionEventsController,
    SessionThreadsController,
    SessionsController,
  ],
  providers: [
    AgentCatalog,
    EnvironmentCatalog,
    EventPages,
    HeldTurns,
    RunFacts,
    SessionCreation,
    SessionDirectory,
    SessionEventsService,
    SessionFolds,
    SessionInbox,
    SessionStreams,
    SessionThreadsService,
    SessionsService,
  ],
})
export class SessionsModule {}
