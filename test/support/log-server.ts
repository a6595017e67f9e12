import { SqliteStoreStorage } from '../../src/storage/sqlite/store/sqlite-store-storage.js';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from '../../src/app.module.js';
import { Settings } from '../../src/config/settings.js';
import { configureApp } from '../../src/configure-app.js';
import type { Database } from '../../src/storage/sqlite/database.js';
import { openDatabase } from '../../src/storage/sqlite/open-database.js';
import { EventLog } from '../../src/event-log/event-log.js';
import { SqliteCheckpointer } from '../../src/storage/sqlite/checkpoints/sqlite-checkpointer.js';
import type { Checkpointer } from '../../src/storage/checkpointer.js';
import { SqliteStorageModule } from '../../src/storage/sqlite/sqlite-storage.module.js';
import { GraphRegistry } from '../../src/graphs/graph-registry.js';
import { StoreScopes } from '../../src/graphs/store/store-scopes.js';
import { createAdapter } from '../../src/http/http-adapter.js';

const CONFIG = resolve('test/fixtures/stream-graphs/langgraph.json');

/** The engine as it is. */
const sqlite = (database: Database, checkpointer: Checkpointer) => ({
  storage: SqliteStorageModule.forRoot(database),
  checkpointer,
});

/** A whole server in this process, with its log in hand: tests append events to it and read them over real sockets. */
export interface LogServer {
  url: string;
  app: NestFastifyApplication;
  database: Database;
  log: EventLog;
  /** Ends the application, as SIGTERM does. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param prepare called with the application before it listens
 * @param config path of the langgraph.json to serve; `storage` the engine
 */
export async function startLogServer(
  overrides: Partial<Settings> = {},
  prepare: (app: NestFastifyApplication) => void = () => undefined,
  { config = CONFIG, storage = sqlite }: { config?: string; storage?: typeof sqlite } = {},
): Promise<LogServer> {
  const folder = await mkdtemp(join(tmpdir(), 'threadlog-stream-'));
  const own = { DATABASE_URL: `sqlite:${join(folder, 'threadlog.db')}`, SHUTDOWN_GRACE_MS: 1_000 };
  const settings = Object.assign(new Settings(), own, overrides);
  const database = await openDatabase(settings, { migrate: true });
  const checkpointer = SqliteCheckpointer.open(join(folder, 'checkpoints.db'), settings);
  const engine = storage(database, checkpointer);
  const stores = new StoreScopes(new SqliteStoreStorage(database), settings.STORE_SCOPE);
  const graphs = await GraphRegistry.load(config, engine.checkpointer, stores);
  const root = AppModule.forRoot({ settings, graphs, ...engine });
  const app = await NestFactory.create<NestFastifyApplication>(root, createAdapter(settings), {
    logger: false,
    abortOnError: false,
  });
  configureApp(app, settings);
  prepare(app);
  await app.listen(0, '127.0.0.1');
  return {
    url: await app.getUrl(), app, database, log: app.get(EventLog, { strict: false }),
    stop: () => app.close(),
    close: async () => {
      await app.close();
      checkpointer.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
