import { destination, type Logger, pino } from 'pino';
import type { Settings } from './settings.js';

/** One JSON object per line on the standard output, written at once: nothing is lost when the process ends. */
export function createLogger(settings: Pick<Settings, 'LOG_LEVEL'>): Logger {
  return pino({ level: settings.LOG_LEVEL, base: null }, destination({ dest: 1, sync: true }));
}
