import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AuthModule } from '../src/auth/auth.module.js';
import { Settings } from '../src/config/settings.js';
import { SettingsModule } from '../src/config/settings.module.js';
import { configureApp } from '../src/configure-app.js';
import type { Database } from '../src/storage/sqlite/database.js';
import { SqliteStorageModule } from '../src/storage/sqlite/sqlite-storage.module.js';
import { openDatabase } from '../src/storage/sqlite/open-database.js';
import { Checkpointer } from '../src/graphs/checkpoints/checkpointer.js';
import { GraphRegistry } from '../src/graphs/graph-registry.js';
import { GraphsModule } from '../src/graphs/graphs.module.js';
import { StoreScopes } from '../src/graphs/store/store-scopes.js';
import { HealthModule } from '../src/health/health.module.js';
import { RestThreadsModule } from '../src/surfaces/rest/threads/rest-threads.module.js';
import { createAdapter } from '../src/http/http-adapter.js';
import { ThreadRepository } from '../src/threads/thread-repository.js';
import { ThreadsModule } from '../src/threads/threads.module.js';

@Module({})
class ThreadsRestModule {}

/** The REST side of threads over a real socket, a real database file and real graphs, without the runs. */
export interface ThreadsServer {
  url: string;
  app: NestFastifyApplication;
  database: Database;
  registry: GraphRegistry;
  checkpointer: Checkpointer;
  threads: ThreadRepository;
  close(): Promise<void>;
}

export async function startThreadsServer(
  langgraphJson: string,
  overrides: Partial<Settings> = {},
): Promise<ThreadsServer> {
  const folder = await mkdtemp(join(tmpdir(), 'threadlog-threads-'));
  const settings = Object.assign(new Settings(), { DATABASE_URL: `sqlite:${join(folder, 'threadlog.db')}` }, overrides);
  const database = await openDatabase(settings, { migrate: true });
  const checkpointer = Checkpointer.open(join(folder, 'checkpoints.db'), settings);
  const registry = await GraphRegistry.load(
    langgraphJson,
    checkpointer,
    new StoreScopes(database.handle, settings.STORE_SCOPE),
  );
  const root: DynamicModule = {
    module: ThreadsRestModule,
    imports: [
      SettingsModule.forRoot(settings),
      SqliteStorageModule.forRoot(database),
      GraphsModule.forRoot(registry, checkpointer),
      AuthModule,
      HealthModule,
      ThreadsModule,
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
    threads: app.get(ThreadRepository, { strict: false }),
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
