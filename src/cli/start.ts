import { SqliteStoreStorage } from '../storage/sqlite/store/sqlite-store-storage.js';
import { isIPv6, type AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { everyPage, exposureWarnings } from '../config/exposure-warnings.js';
import { createLogger } from '../config/logger.js';
import type { Settings } from '../config/settings.js';
import { DatabaseLock } from '../storage/sqlite/database-lock.js';
import { dataFilesOf, openDatabase } from '../storage/sqlite/open-database.js';
import { SqliteStorageModule } from '../storage/sqlite/sqlite-storage.module.js';
import { sqliteBuildWarning } from '../storage/sqlite/sqlite-build.js';
import { SqliteCheckpointer } from '../storage/sqlite/checkpoints/sqlite-checkpointer.js';
import { GraphRegistry } from '../graphs/graph-registry.js';
import { provideSdkLogger } from '../graphs/loading/sdk-logger.js';
import { StoreScopes } from '../graphs/store/store-scopes.js';
import { AppModule, type Foundation } from '../app.module.js';
import { configureApp } from '../configure-app.js';
import { createAdapter } from '../http/http-adapter.js';
import { logRequests } from '../http/request-log.js';
import { NestLogger } from './nest-logger.js';

/** What to serve; everything else is in the settings. */
export interface StartOptions {
  /** Absolute path of the langgraph.json. */
  config: string;
  logger?: Logger;
  /** Gives up the wait for the database of another process. */
  signal?: AbortSignal;
}

/** A server that listens. */
export interface RunningServer {
  /** Base URL with the port it really has, without a slash at the end. */
  url: string;
  /** Stops as gracefully as SIGTERM does, and lets the database go. */
  close(): Promise<void>;
}

/**
 * Starts a server: takes the database, migrates it, loads the graphs, listens. No handler of the process is touched,
 * so that tests can start many. What was opened is closed again when a later step fails.
 * @throws SettingsError, DatabaseInUseError, DatabaseOpenError, an error of a graph, or one of listening
 */
export async function startServer(options: StartOptions, settings: Readonly<Settings>): Promise<RunningServer> {
  const logger = options.logger ?? createLogger(settings);
  for (const warning of [sqliteBuildWarning(), ...exposureWarnings(settings)]) {
    if (warning !== null) logger.warn(warning);
  }
  const closers: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (let closer = closers.pop(); closer; closer = closers.pop()) await closer();
  };
  try {
    const files = dataFilesOf(settings);
    const lock = await DatabaseLock.acquire([files.database, files.checkpoints], {
      waitMs: settings.START_LOCK_WAIT_MS,
      onWait: (path) => logger.info({ path }, 'another process owns the database; waiting for it'),
      signal: options.signal,
    });
    closers.push(() => lock.release());
    const database = await openDatabase(settings, { migrate: true });
    closers.push(() => database.close());
    const checkpointer = SqliteCheckpointer.open(files.checkpoints, settings);
    closers.push(() => checkpointer.close());
    database.watch(files.checkpoints, checkpointer.db);
    for (const path of lock.paths) database.watch(path);
    const stores = new StoreScopes(new SqliteStoreStorage(database), settings.STORE_SCOPE);
    provideSdkLogger(logger);
    const graphs = await GraphRegistry.load(options.config, checkpointer, stores, logger);
    if (graphs.config.http.cors?.origins.includes('*')) logger.warn(everyPage('http.cors.allow_origins ["*"]'));
    const app = await createApplication(
      { settings, storage: SqliteStorageModule.forRoot(database), checkpointer, graphs },
      logger,
    );
    closers.push(() => app.close());
    return { url: await listen(app, settings), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function createApplication(foundation: Foundation, logger: Logger): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(foundation),
    createAdapter(foundation.settings),
    {
      logger: new NestLogger(logger),
      abortOnError: false,
    },
  );
  configureApp(app, foundation.settings, foundation.graphs.config.http);
  logRequests(app.getHttpAdapter().getInstance(), logger);
  return app;
}

/** Listens where the settings say and returns the URL. */
async function listen(app: NestFastifyApplication, settings: Readonly<Settings>): Promise<string> {
  try {
    await app.listen({ port: settings.PORT, host: settings.HOST });
  } catch (error) {
    const reason = (error as Error).message;
    throw new Error(`cannot listen on ${settings.HOST} port ${settings.PORT}: ${reason}`, { cause: error });
  }
  const { port } = app.getHttpServer().address() as AddressInfo;
  return `http://${isIPv6(settings.HOST) ? `[${settings.HOST}]` : settings.HOST}:${port}`;
}
