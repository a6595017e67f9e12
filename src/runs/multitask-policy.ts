import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import type { ThreadUnit } from '../storage/unit/thread-unit.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import { RunCancellation } from './run-cancellation.js';
import type { MultitaskStrategy } from '../storage/rows/run.js';

/** What a new run does to those that are active or wait, decided in the transaction that accepts it. */
@Injectable()
export class MultitaskPolicy {
  constructor(private readonly cancellation: RunCancellation, private readonly settings: Settings) {}

  /** @throws ProtocolError `invalid_argument` for `reject` on a busy thread */
  apply(transaction: ThreadUnit, strategy: MultitaskStrategy): void {
    if (transaction.head.openRuns === 0 || strategy === 'enqueue') return;
    const { threadId } = transaction;
    if (strategy === 'reject') {
      throw new ProtocolError(
        'invalid_argument',
        `Thread ${threadId} is busy and multitask_strategy is reject; wait for its run, or enqueue.`,
      );
    }
    this.cancellation.cancelAllInside(transaction, { action: strategy, reason: null });
  }

  /** Stops the run that is active, or else the one that is next. Returns its id, or null when there is none. */
  interruptActive(transaction: ThreadUnit): string | null {
    const run = transaction.runs.next();
    if (!run) return null;
    this.cancellation.cancelInside(transaction, run, { action: 'interrupt', reason: null });
    return run.runId;
  }

  /** @throws ProtocolError `invalid_argument` when MAX_QUEUED_RUNS runs are on the thread already */
  checkRoom({ threadId, head }: ThreadUnit): void {
    if (head.openRuns < this.settings.MAX_QUEUED_RUNS) return;
    throw new ProtocolError(
      'invalid_argument',
      `Thread ${threadId} already has ${head.openRuns} runs, which is all that MAX_QUEUED_RUNS allows.`,
    );
  }
}
