import type { AttemptState } from '../../storage/rows/run.js';

/** A run that had started and not ended when its process did. */
export interface LostRun {
  readonly runId: string;
  readonly threadId: string;
  /** Order of acceptance. */
  readonly position: number;
  /** Starts that count against it. */
  readonly attempt: number;
  readonly attemptState: AttemptState;
  /** Milliseconds for which it is watched; 0 for one that is no suspect. */
  readonly watchMs: number;
  /** Milliseconds from the start of a process to the end of its watch, when it was last watched; 0 before. */
  readonly watchedThroughMs: number;
  /** Its graph finished a step since its newest start. */
  readonly hasProgressed: boolean;
  /** Somebody asked to stop it: it is started only to be ended. */
  readonly isCancelled: boolean;
}

/** What a lost process means for one of its runs. */
export interface Blame {
  readonly run: LostRun;
  readonly attempt: number;
  readonly watchMs: number;
}

/**
 * Tells whose starts count against them after a process has ended (docs/adr/0009-whose-crash-it-was.md).
 * @param wasLost false when it was asked to stop, so that its end says nothing of its runs
 * @param shortestWatchMs for which a run is watched that comes under suspicion
 */
export function blame(runs: readonly LostRun[], wasLost: boolean, shortestWatchMs: number): Blame[] {
  const culprit = wasLost ? runs.find((run) => run.attemptState === 'alone' && !run.hasProgressed) : undefined;
  const isExplained = !wasLost || culprit !== undefined;
  return runs.map((run) => {
    const { attempt, watchMs } = run;
    const wasActive = run.attemptState !== 'waiting';
    if (wasActive && run.hasProgressed) return { run, attempt: 0, watchMs: 0 };
    if (run === culprit) return { run, attempt, watchMs };
    // The start that was lost is not its fault, or none.
    if (isExplained) return { run, attempt: wasActive ? Math.max(attempt - 1, 0) : attempt, watchMs };
    // Processes are lost without it, too: what counted against it may have had the same reason.
    if (!wasActive) return { run, attempt: 0, watchMs };
    // One that had come through its watch is watched for longer.
    return { run, attempt, watchMs: watchMs > 0 ? watchMs * 2 : shortestWatchMs };
  });
}
