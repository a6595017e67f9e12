import type { Logger } from 'pino';
import { currentRunScope } from '../runs/playing/run-scope.js';

/** Ends the process: for the server's own code, whatever `guardProcessExit` has put in the place of `process.exit`. */
export const exitProcess: (status: number) => never = process.exit.bind(process);

/** A graph has called `process.exit`, which would end the server and everybody's runs with it. */
export class ProcessExitError extends Error {
  override readonly name = 'ProcessExitError';

  /** @param status as it was given; absent, it is shown as no argument */
  constructor(status: number | string | null = '') {
    super(
      `The graph called process.exit(${status ?? ''}), which a graph on a server must not do: throw an error instead.`,
    );
  }
}

/**
 * Keeps code of graphs from ending the server by `process.exit`. Called by a run, also from a timer of it, that run
 * fails and the call throws; the server goes on. Called outside of all runs (while a graph is imported, by a timer of a
 * module) it ends the server, but never with status 0: whoever supervises the server must see that nobody asked for
 * that.
 */
export function guardProcessExit(logger: Logger): void {
  process.exit = (status?: number | string | null): never => {
    const error = new ProcessExitError(status);
    const scope = currentRunScope();
    if (!scope) {
      logger.fatal({ err: error }, 'process.exit was called by code of a graph outside of a run; the server ends');
      exitProcess(Number(status ?? process.exitCode) || 1);
    }
    const { runId, threadId, graphId } = scope;
    logger.error(
      { err: error, run_id: runId, thread_id: threadId, graph: graphId },
      'a graph called process.exit: its run fails, the server goes on',
    );
    scope.fail(error);
    throw error;
  };
}
