import { AsyncLocalStorage } from 'node:async_hooks';

/** The run on whose behalf code is running. */
export interface RunScope {
  readonly runId: string;
  readonly threadId: string;
  readonly graphId: string;
  /** Ends the run at once, if it has not ended: it fails with this error. */
  fail(error: Error): void;
}

const scopes = new AsyncLocalStorage<RunScope>();

/** Runs `play`; all that it calls and starts, timers included, belongs to the run. */
export function inRunScope<T>(scope: RunScope, play: () => T): T {
  return scopes.run(scope, play);
}

/** The run whose graph is asking, also after it has ended; undefined outside of all runs. */
export function currentRunScope(): RunScope | undefined {
  return scopes.getStore();
}
