import { Injectable } from '@nestjs/common';
import { EventLog } from '../event-log/event-log.js';
import type { ThreadUnit } from '../storage/unit/thread-unit.js';
import { InterruptJournal } from './interrupts/interrupt-journal.js';
import type { CancelAction, RunOutline } from '../storage/rows/run.js';
import { RunScheduler } from './run-scheduler.js';

/** A wish to stop runs; `reason` is kept with the run. */
export interface CancelRequest {
  readonly action: CancelAction;
  readonly reason: string | null;
}

/** Stops runs from outside, at any moment. */
@Injectable()
export class RunCancellation {
  constructor(
    private readonly log: EventLog,
    private readonly journal: InterruptJournal,
    private readonly scheduler: RunScheduler,
  ) {}

  /**
   * Stores the wish and stops the run; does not wait for its end. A run that has ended stays as it is.
   * @throws StorageUnavailableError
   */
  async cancel(run: RunOutline, request: CancelRequest): Promise<void> {
    await this.log.transact(run.threadId, (transaction) => {
      const stored = transaction.runs.outline(run.runId);
      if (stored) this.cancelInside(transaction, stored, request);
    }, { waits: false });
    this.scheduler.stop(run.threadId);
  }

  /**
   * Stops all runs of a thread that are active or wait, in one commit; those that wait have ended with it.
   * @throws StorageUnavailableError
   */
  async cancelAll(threadId: string, request: CancelRequest): Promise<RunOutline[]> {
    const runs = await this.log.transact(threadId, (transaction) => this.cancelAllInside(transaction, request), {
      waits: false,
    });
    this.scheduler.stop(threadId);
    return runs;
  }

  /** The same inside somebody's transaction, who has to call `RunScheduler.stop` for the thread afterwards. */
  cancelAllInside(transaction: ThreadUnit, request: CancelRequest): RunOutline[] {
    const runs = transaction.runs.unfinished();
    for (const run of runs) this.cancelInside(transaction, run, request);
    return runs;
  }

  /**
   * The same for one run, inside somebody's transaction, who has to call `RunScheduler.stop` for the thread afterwards.
   */
  cancelInside(transaction: ThreadUnit, run: RunOutline, { action, reason }: CancelRequest): void {
    const now = Date.now();
    const { runId } = run;
    if (run.status === 'running') {
      if (run.cancelAction === null) transaction.runs.askToStop({ runId, action, reason, now });
    } else if (run.status === 'pending') {
      transaction.runs.stopWaiting({ runId, action, reason, now });
      transaction.head.openRuns -= 1;
      if (run.answers.length > 0) this.journal.reopenSilently(transaction, run);
    }
  }
}
