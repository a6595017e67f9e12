import type { Logger } from 'pino';
import { exitProcess } from './process-exit.js';

/** A terminal and npm both pass one Ctrl-C on, a moment apart: it is still one. */
const SAME_SIGNAL_MS = 300;

/** Aborts on the first SIGTERM or SIGINT; the second ends the process. */
export function stopSignal(logger: Logger): AbortSignal {
  const controller = new AbortController();
  let first = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (!controller.signal.aborted) {
      first = performance.now();
      logger.info({ signal }, 'stopping');
      controller.abort();
    } else if (performance.now() - first > SAME_SIGNAL_MS) {
      logger.warn({ signal }, 'a second signal: stopping at once');
      exitProcess(1);
    }
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return controller.signal;
}
