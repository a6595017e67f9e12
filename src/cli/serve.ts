import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { createLogger } from '../config/logger.js';
import type { Settings } from '../config/settings.js';
import { ImportReports } from './import-reports.js';
import { exitProcess, guardProcessExit, ProcessExitError } from './process-exit.js';
import { type RunningServer, startServer } from './start.js';
import { stopSignal } from './stop-signal.js';

/** Runs get `SHUTDOWN_GRACE_MS`; this much more closes the sockets and the database after them. */
const CLOSE_MARGIN_MS = 2_000;

/** What to serve, and whether `threadlog dev` is told what is imported. */
export interface ServeOptions {
  config: string;
  supervised?: boolean;
}

/**
 * Serves until SIGTERM or SIGINT, then ends the process: status 0 after a graceful stop, 1 at once on a second
 * signal. An uncaught exception ends it with 1; an unhandled rejection (a user's graph, most likely) is logged only.
 * @throws whatever keeps the server from starting
 */
export async function serve(options: ServeOptions, settings: Readonly<Settings>): Promise<void> {
  const logger = createLogger(settings);
  guardProcessExit(logger);
  process.on('uncaughtException', (err) => {
    // Of a timer of a run, which has failed for it.
    if (err instanceof ProcessExitError) return;
    logger.fatal({ err }, 'uncaught exception');
    exitProcess(1);
  });
  process.on('unhandledRejection', (err) => logger.error({ err }, 'unhandled rejection'));

  const stop = stopSignal(logger);
  const reports = options.supervised ? ImportReports.start() : null;
  // A supervisor that was killed leaves no server behind.
  if (options.supervised) process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  const server = await startServer({ config: options.config, logger, signal: stop }, settings).catch(
    async (error: unknown) => {
      if (stop.aborted) exitProcess(0);
      await reports?.flush();
      throw error;
    },
  );
  await reports?.ready();
  if (!stop.aborted) {
    announce(server, logger, settings);
    await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }));
  }
  exitProcess(await closeInTime(server, settings, logger));
}

/**
 * The one line that says that the server is ready, whatever the log level; then a command to try, alone on its line, to
 * be copied from a terminal or taken from a pipe. Where JSON is asked for there is nothing else.
 */
function announce(server: RunningServer, logger: Logger, settings: Readonly<Settings>): void {
  logger.child({}, { level: 'info' }).info({ url: server.url }, `Threadlog is ready at ${server.url}`);
  if (settings.LOG_LEVEL === 'silent' || settings.LOG_FORMAT === 'json') return;
  const body = JSON.stringify({ channels: ['messages', 'lifecycle'] });
  const command = `curl -N ${server.url}/threads/first/stream/events -H 'content-type: application/json' -d '${body}'`;
  console.log(`Try this in another terminal:\n${command}`);
}

/** The status to end with. What did not finish in the grace goes on after the next start, so that is no failure. */
async function closeInTime(server: RunningServer, settings: Readonly<Settings>, logger: Logger): Promise<number> {
  const limit = sleep(settings.SHUTDOWN_GRACE_MS + CLOSE_MARGIN_MS, 'late' as const);
  try {
    const outcome = await Promise.race([server.close(), limit]);
    if (outcome === 'late') logger.warn('the grace is over: stopping before everything was closed');
    else logger.info('stopped');
    return 0;
  } catch (err) {
    logger.error({ err }, 'could not stop cleanly');
    return 1;
  }
}
