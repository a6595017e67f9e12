import { type DynamicModule, Module } from '@nestjs/common';
import { AssistantsModule } from './assistants/assistants.module.js';
import { AuthModule } from './auth/auth.module.js';
import { CommandsModule } from './surfaces/commands/commands.module.js';
import { SettingsModule } from './config/settings.module.js';
import type { Settings } from './config/settings.js';
import { ClockModule } from './clock/clock.module.js';
import { EventLogModule } from './event-log/event-log.module.js';
import { EventStreamingModule } from './surfaces/event-streaming/event-streaming.module.js';
import { ExecutionsModule } from './surfaces/executions/executions.module.js';
import type { Checkpointer } from './storage/checkpointer.js';
import type { GraphRegistry } from './graphs/graph-registry.js';
import { GraphsModule } from './graphs/graphs.module.js';
import { HealthModule } from './health/health.module.js';
import { RunStreamingModule } from './surfaces/rest/runs/run-streaming.module.js';
import { RestAssistantsModule } from './surfaces/rest/assistants/rest-assistants.module.js';
import { RestStoreModule } from './surfaces/rest/store/rest-store.module.js';
import { RestCronsModule } from './surfaces/rest/crons/rest-crons.module.js';
import { RestThreadsModule } from './surfaces/rest/threads/rest-threads.module.js';
import { CronsModule } from './crons/crons.module.js';
import { RunsModule } from './runs/runs.module.js';
import { SessionsModule } from './surfaces/sessions/sessions.module.js';
import { ThreadsModule } from './threads/threads.module.js';

/** What is opened before the application, and handed to it. */
export interface Foundation {
  readonly settings: Readonly<Settings>;
  /** Provides every port of src/storage, to all modules. */
  readonly storage: DynamicModule;
  readonly checkpointer: Checkpointer;
  readonly graphs: GraphRegistry;
}

/** The map of the system: every module, from the surfaces down to the foundation. */
@Module({})
export class AppModule {
  static forRoot({ settings, storage, checkpointer, graphs }: Foundation): DynamicModule {
    return {
      module: AppModule,
      imports: [
        EventStreamingModule,
        CommandsModule,
        RunStreamingModule,
        RestAssistantsModule,
        RestThreadsModule,
        RestStoreModule,
        RestCronsModule,
        ExecutionsModule,
        SessionsModule,
        CronsModule,
        RunsModule,
        AssistantsModule,
        ThreadsModule,
        HealthModule,
        GraphsModule.forRoot(graphs, checkpointer),
        AuthModule,
        EventLogModule,
        storage,
        ClockModule,
        SettingsModule.forRoot(settings),
      ],
    };
  }
}
