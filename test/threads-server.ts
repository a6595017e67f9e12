import { SqliteStoreStorage } from '../src/storage/sqlite/store/sqlite-store-storage.js';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ClockModule } from '../src/clock/clock.module.js';
import { AuthModule } from '../src/auth/auth.module.js';
import { Settings } from '../src/config/settings.js';
import { SettingsModule } from '../src/config/settings.module.js';
import { configureApp } from '../src/configure-app.js';
import type { Database } from '../src/storage/sqlite/database.js';
import { SqliteStorageModule } from '../src/storage/sqlite/sqlite-storage.module.js';
import { openDatabase } from '../src/storage/sqlite/open-database.js';
import { SqliteCheckpointer } from '../src/storage/sqlite/checkpoints/sqlite-checkpointer.js';
import { GraphRegistry } from '../src/graphs/graph-registry.js';
import { GraphsModule } from '../src/graphs/graphs.module.js';
import { StoreScopes } from '../src/graphs/store/store-scopes.js';
import { HealthModule } from '../src/health/health.module.js';
import type { ThreadUnit } from '../src/storage/unit/thread-unit.js';
import { createAdapter } from '../src/http/http-adapter.js';
import { EventLog } from '../src/event-log/event-log.js';
import { EventLogModule } from '../src/event-log/event-log.module.js';
import { RestThreadsModule } from '../src/surfaces/rest/threads/rest-threads.module.js';

/** Path of a langgraph.json whose graphs need no model. */
export const STATE_GRAPHS = fileURLToPath(new URL('fixtures/state-graphs/langgraph.json', import.meta.url));

@Module({})
class ThreadsRestModule {}

/** The REST side of threads over a real socket, a real database file and real graphs, without the routes of runs. */
export interface ThreadsServer {
  url: string;
  app: NestFastifyApplication;
  database: Database;
  registry: GraphRegistry;
  checkpointer: SqliteCheckpointer;
  /** Changes rows of a thread, as a run does. */
  decide(threadId: string, work: (unit: ThreadUnit) => unknown): Promise<unknown>;
  close(): Promise<void>;
}

export async function startThreadsServer(
  langgraphJson: string,
  overrides: Partial<Settings> = {},
): Promise<ThreadsServer> {
  const folder = await mkdtemp(join(tmpdir(), 'threadlog-threads-'));
  const settings = Object.assign(new Settings(), { DATABASE_URL: `sqlite:${join(folder, 'threadlog.db')}` }, overrides);
  const database = await openDatabase(settings, { migrate: true });
  const checkpointer = SqliteCheckpointer.open(join(folder, 'checkpoints.db'), settings);
  const registry = await GraphRegistry.load(
    langgraphJson,
    checkpointer,
    new StoreScopes(new SqliteStoreStorage(database), settings.STORE_SCOPE),
  );
  const root: DynamicModule = {
    module: ThreadsRestModule,
    imports: [
      SettingsModule.forRoot(settings),
      SqliteStorageModule.forRoot(database),
      GraphsModule.forRoot(registry, checkpointer),
      AuthModule,
      HealthModule,
      ClockModule,
      EventLogModule,
      RestThreadsModule,
    ],
  };
  const app = await NestFactory.create<NestFastifyApplication>(root, createAdapter(settings), { logger: ['error'] });
  configureApp(app, settings);
  await app.listen(0, '127.0.0.1');
  return {
    url: await app.getUrl(),
    app,
    database,
    registry,
    checkpointer,
    decide: (threadId, work) => app.get(EventLog, { strict: false }).transact(threadId, work, { waits: false }),
    close: async () => {
      await app.close();
      checkpointer.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Notes an interrupt as answered, as the acceptance of the answering run does. */
export function answerInterrupt(database: Database, threadId: string, interruptId: string | undefined): void {
  const row = [threadId, interruptId, 'asking-run', '[]', 'task', 2, 'answering-run', 1];
  database.handle
    .prepare(`INSERT INTO interrupts
      (thread_id, interrupt_id, run_id, namespace, task_id, requested_seq, answered_by_run, created_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
    .run(...row);
}
