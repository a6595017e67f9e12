import { type DynamicModule, Module } from '@nestjs/common';
import { AssistantStorage } from '../assistant-storage.js';
import { EnvironmentStorage } from '../environment-storage.js';
import { EventReader } from '../event-reader.js';
import { LogStorage } from '../log-storage.js';
import { LogUpkeep } from '../log-upkeep.js';
import { ThreadCopies } from '../thread-copies.js';
import { ThreadLifetimes, ThreadSearch } from '../thread-search.js';
import type { Database } from './database.js';
import { DatabaseModule } from './database.module.js';
import { SqliteAssistantStorage } from './sqlite-assistant-storage.js';
import { SqliteEnvironmentStorage } from './sqlite-environment-storage.js';
import { SqliteEventReader } from './log/sqlite-event-reader.js';
import { SqliteLogStorage } from './log/sqlite-log-storage.js';
import { SqliteLogUpkeep } from './log/sqlite-log-upkeep.js';
import { SqliteThreadCopies } from './sqlite-thread-copies.js';
import { SqliteThreadLifetimes } from './sqlite-thread-lifetimes.js';
import { SqliteThreadSearch } from './sqlite-thread-search.js';

const PORTS = [
  { provide: AssistantStorage, useClass: SqliteAssistantStorage },
  { provide: EnvironmentStorage, useClass: SqliteEnvironmentStorage },
  { provide: LogStorage, useClass: SqliteLogStorage },
  { provide: EventReader, useClass: SqliteEventReader },
  { provide: LogUpkeep, useClass: SqliteLogUpkeep },
  { provide: ThreadSearch, useClass: SqliteThreadSearch },
  { provide: ThreadCopies, useClass: SqliteThreadCopies },
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
      providers: PORTS,
      exports: PORTS.map(({ provide }) => provide),
    };
  }
}
