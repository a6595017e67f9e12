import { destination, type Logger, pino } from 'pino';
import { PinoPretty } from 'pino-pretty';
import { describeError } from './error-fields.js';
import type { Settings } from './settings.js';

const STANDARD_OUTPUT = 1;

/** Whether log lines are for a person to read: asked for, or by default on a terminal. */
export function isPretty({ LOG_FORMAT }: Pick<Settings, 'LOG_FORMAT'>): boolean {
  return LOG_FORMAT === 'auto' ? process.stdout.isTTY === true : LOG_FORMAT === 'pretty';
}

/**
 * The logger of the process, on its standard output: one JSON object per line, or lines for a person. Written at once,
 * so that nothing is lost when the process ends. Facts are fields (`run_id`, `thread_id`, `graph`, `err`), not prose,
 * and none is a payload or a secret: of an error only what `describeError` takes is shown.
 */
export function createLogger(settings: Pick<Settings, 'LOG_LEVEL' | 'LOG_FORMAT'>): Logger {
  const options = {
    level: settings.LOG_LEVEL,
    base: null,
    serializers: { err: (error: unknown) => describeError(error) },
  };
  if (!isPretty(settings)) return pino(options, destination({ dest: STANDARD_OUTPUT, sync: true }));
  return pino(options, PinoPretty({
    destination: STANDARD_OUTPUT,
    sync: true,
    colorize: process.stdout.isTTY === true,
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
  }));
}
