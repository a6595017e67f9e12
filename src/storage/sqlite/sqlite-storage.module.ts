import { type DynamicModule, Module } from '@nestjs/common';
import { AssistantStorage } from '../assistant-storage.js';
import { CronStorage } from '../cron-storage.js';
import { EnvironmentStorage } from '../environment-storage.js';
import { EventReader } from '../log/event-reader.js';
import { LogStorage } from '../log/log-storage.js';
import { LogUpkeep } from '../log/log-upkeep.js';
import { ThreadLifetimes, ThreadSearch } from '../thread-search.js';
import { InterruptStorage } from '../interrupt-storage.js';
import { RecoveryStorage } from '../recovery-storage.js';
import { RunStorage } from '../run-storage.js';
import { SessionStorage } from '../session-storage.js';
import { TemporaryThreadStorage } from '../temporary-thread-storage.js';
import { SqliteTemporaryThreadStorage } from './rows/sqlite-temporary-thread-storage.js';
import { ThreadStorage } from '../thread-storage.js';
import { WebhookStorage } from '../webhook-storage.js';
import { SqliteInterruptStorage } from './rows/sqlite-interrupt-storage.js';
import { SqliteRecoveryStorage } from './rows/sqlite-recovery-storage.js';
import { SqliteRunStorage } from './rows/sqlite-run-storage.js';
import { SqliteSessionStorage } from './rows/sqlite-session-storage.js';
import { SqliteThreadStorage } from './rows/sqlite-thread-storage.js';
import type { Database } from './database.js';
import { DatabaseModule } from './database.module.js';
import { SqliteAssistantStorage } from './assistants/sqlite-assistant-storage.js';
import { SqliteCronStorage } from './sqlite-cron-storage.js';
import { SqliteEnvironmentStorage } from './assistants/sqlite-environment-storage.js';
import { SqliteWebhookStorage } from './sqlite-webhook-storage.js';
import { SqliteEventReader } from './log/sqlite-event-reader.js';
import { SqliteLogStorage } from './log/sqlite-log-storage.js';
import { SqliteLogUpkeep } from './log/sqlite-log-upkeep.js';
import { SqliteThreadLifetimes } from './threads/sqlite-thread-lifetimes.js';
import { SqliteThreadSearch } from './threads/sqlite-thread-search.js';

/** Each port, and what serves it. */
export const SQLITE_PORTS = [
  { provide: RunStorage, useClass: SqliteRunStorage },
  { provide: ThreadStorage, useClass: SqliteThreadStorage },
  { provide: InterruptStorage, useClass: SqliteInterruptStorage },
  { provide: SessionStorage, useClass: SqliteSessionStorage },
  { provide: TemporaryThreadStorage, useClass: SqliteTemporaryThreadStorage },
  { provide: RecoveryStorage, useClass: SqliteRecoveryStorage },
  { provide: AssistantStorage, useClass: SqliteAssistantStorage },
  { provide: CronStorage, useClass: SqliteCronStorage },
  { provide: WebhookStorage, useClass: SqliteWebhookStorage },
  { provide: EnvironmentStorage, useClass: SqliteEnvironmentStorage },
  { provide: LogStorage, useClass: SqliteLogStorage },
  { provide: EventReader, useClass: SqliteEventReader },
  { provide: LogUpkeep, useClass: SqliteLogUpkeep },
  { provide: ThreadSearch, useClass: SqliteThreadSearch },
  { provide: ThreadLifetimes, useClass: SqliteThreadLifetimes },
];

/** Every storage port, over one SQLite file. */
@Module({})
export class SqliteStorageModule {
  static forRoot(database: Database): DynamicModule {
    return {
      module: SqliteStorageModule,
      global: true,
      imports: [DatabaseModule.forRoot(database)],
      providers: SQLITE_PORTS,
      exports: SQLITE_PORTS.map(({ provide }) => provide),
    };
  }
}
