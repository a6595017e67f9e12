import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import type { EventDraft } from '../event-log/event-draft.js';
import { EventLog } from '../event-log/event-log.js';
import type { ThreadTransaction } from '../event-log/thread-transaction.js';
import type { RootCheckpoint } from '../graphs/checkpointer.js';
import { ThreadRepository } from '../threads/thread-repository.js';
import { type Terminal, rootLifecycle } from './root-lifecycle.js';
import type { Run, RunStatus } from './run.js';
import { RunRepository } from './run-repository.js';

/** How a run ended. */
export interface RunEnd {
  readonly terminal: Terminal;
  readonly status: RunStatus;
  readonly error?: string;
}

/** What a lost attempt left in the log: the events that close it, and those a stream without cursor skips. */
export interface LostAttempt {
  readonly closers: readonly EventDraft[];
  readonly abandoned: readonly number[];
}

/** The transactions of a run's life: its status and the event that says so always commit together. */
@Injectable()
export class RunLifecycle {
  constructor(
    private readonly log: EventLog,
    private readonly runs: RunRepository,
    private readonly threads: ThreadRepository,
    private readonly settings: Settings,
  ) {}

  /**
   * Announces that the run starts, or starts again after its process was lost.
   * @param newest the thread's newest root checkpoint
   * @returns the stored run; null when it must not start: it ended while it waited, or was tried too often.
   */
  start(run: Run, newest: RootCheckpoint | null, lost: LostAttempt): Promise<Run | null> {
    return this.log.transact(run.threadId, (transaction) => {
      const stored = this.runs.find(run.runId);
      if (!stored || (stored.status !== 'pending' && stored.status !== 'running')) return null;
      this.settleOwedTerminals(transaction);
      if (newest) transaction.raiseTimestamp(newest.ts);
      this.closeLostAttempt(transaction, lost);
      const progressed = stored.started && (newest?.id ?? null) !== stored.attemptCheckpointId;
      const attempt = stored.started && !progressed ? stored.attempt + 1 : 1;
      if (attempt > this.settings.MAX_RUN_ATTEMPTS) {
        this.finish(transaction, stored, {
          terminal: 'failed',
          status: 'error',
          error: `The run was started ${stored.attempt} times without reaching a new checkpoint; it is not tried again.`,
        });
        return null;
      }
      const firstSeq = transaction.append(rootLifecycle(stored, 'running'));
      const startCheckpointId = stored.started ? stored.startCheckpointId : (newest?.id ?? null);
      const attemptCheckpointId = newest?.id ?? null;
      this.runs.setStarted({
        runId: run.runId, attempt, startCheckpointId, attemptCheckpointId, firstSeq, now: Date.now(),
      });
      return { ...stored, startCheckpointId };
    }, { waits: true });
  }

  /** Ends the run: what it left open is closed, then its one terminal, then the terminals owed by waiting runs. */
  end(run: Run, end: RunEnd, closers: readonly EventDraft[]): Promise<void> {
    return this.log.transact(run.threadId, (transaction) => {
      if (this.runs.find(run.runId)?.status !== 'running') return;
      for (const closer of closers) transaction.append(closer);
      this.finish(transaction, run, end);
    }, { waits: true });
  }

  /** Commits the terminals of runs that were cancelled while they waited; called while no run is active. */
  settleOwed(threadId: string): Promise<void> {
    return this.log.transact(threadId, (transaction) => this.settleOwedTerminals(transaction), { waits: true });
  }

  /** After a graceful stop the interrupted attempt does not count. */
  takeBackAttempt(run: Run): Promise<void> {
    return this.log.transact(run.threadId, () => this.runs.takeBackAttempt(run.runId), { waits: false });
  }

  private finish(transaction: ThreadTransaction, run: Run, { terminal, status, error }: RunEnd): void {
    const now = Date.now();
    transaction.append(rootLifecycle(run, terminal, error === undefined ? {} : { error }));
    this.runs.setEnded(run.runId, status, error ?? null, now);
    transaction.head.openRuns -= 1;
    this.settleOwedTerminals(transaction);
    const idle = terminal === 'failed' ? 'error' : terminal === 'interrupted' ? 'interrupted' : 'idle';
    const busy = transaction.head.openRuns > 0;
    this.threads.setStatus(run.threadId, busy ? 'busy' : idle, now, terminal === 'failed' ? (error ?? null) : null);
  }

  private settleOwedTerminals(transaction: ThreadTransaction): void {
    for (const owing of this.runs.owingTerminals(transaction.threadId)) {
      transaction.append(rootLifecycle(owing, 'interrupted'));
      this.runs.setTerminalSettled(owing.runId);
    }
  }

  private closeLostAttempt(transaction: ThreadTransaction, { closers, abandoned }: LostAttempt): void {
    const mark = transaction.handle.prepare('UPDATE events SET cursor_only = 1 WHERE thread_key = ? AND seq = ?');
    for (const seq of abandoned) mark.run(transaction.head.threadKey, seq);
    for (const closer of closers) transaction.append(closer);
  }
}
