import { readEnvironment } from '../config/environment.js';
import { exitProcess } from './process-exit.js';

/**
 * Ends the process with status 1 and one message for the person who started it. Bad settings, a broken graph or a
 * database in use need no stack trace; `LOG_LEVEL=debug` or `trace` shows it all the same.
 */
export function exitWithError(error: unknown): never {
  const level = readEnvironment().LOG_LEVEL;
  const verbose = level === 'debug' || level === 'trace';
  const message = error instanceof Error ? error.message || error.name : String(error);
  for (const line of message.split('\n')) console.error(`threadlog: ${line}`);
  if (verbose && error instanceof Error) console.error(error.stack);
  exitProcess(1);
}
