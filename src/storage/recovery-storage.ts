import type { Awaitable } from './awaitable.js';
import type { AttemptState, RunOutline } from './rows/run.js';

/** What is known of a run that had started and not ended when its process did. */
export interface LostRunRow
  extends Pick<RunOutline, 'runId' | 'threadId' | 'position' | 'attempt' | 'watchMs' | 'attemptCheckpointId'> {
  readonly attemptState: AttemptState;
  /** Milliseconds from the start of a process to the end of its watch, when it was last watched; 0 before. */
  readonly watchedThroughMs: number;
  /** Somebody asked to stop it: it is started only to be ended. */
  readonly isCancelled: boolean;
}

/** What the loss of a process means for one of its runs. */
export type Verdict = Pick<RunOutline, 'runId' | 'attempt' | 'watchMs' | 'attemptCheckpointId'>;

/** What a start needs to know of the process before it, and leaves for the one after it. */
export abstract class RecoveryStorage {
  /** In order of acceptance. */
  abstract lostRuns(): Awaitable<LostRunRow[]>;

  /** True when the process before ended without having been asked to; false also when there was none. */
  abstract wasLost(): Awaitable<boolean>;

  /** This process has taken over, with these verdicts; all of it or nothing. */
  abstract takeOver(verdicts: readonly Verdict[]): Awaitable<void>;

  /** It was asked to stop: its end from now on, a SIGKILL at the end of the grace included, is no run's fault. */
  abstract noteStopping(): Awaitable<void>;

  /** A run that was watched came through: it goes on beside others, and what counts against it begins anew. */
  abstract clear(runId: string): Awaitable<void>;

  /** @param throughMs from the start of the process to the end of the run's watch */
  abstract noteWatch(runId: string, throughMs: number): Awaitable<void>;
}
