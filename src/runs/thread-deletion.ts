import { Injectable } from '@nestjs/common';
import { type EventDraft, ROW_KIND } from '../storage/log/event-draft.js';
import { EventLog } from '../event-log/event-log.js';
import type { ThreadUnit } from '../storage/unit/thread-unit.js';
import { Checkpointer } from '../storage/checkpointer.js';
import { RunCancellation } from './run-cancellation.js';
import { RunEnding } from './run-ending.js';

/** Removes a thread: its runs are stopped and end, then its rows, its events and its checkpoints go. */
@Injectable()
export class ThreadDeletion {
  constructor(
    private readonly log: EventLog,
    private readonly cancellation: RunCancellation,
    private readonly ending: RunEnding,
    private readonly checkpointer: Checkpointer,
  ) {}

  /**
   * The head row stays, so that seq never starts again, and with it the last event, which tells open streams.
   * @throws StorageUnavailableError
   */
  async delete(threadId: string): Promise<void> {
    for (;;) {
      await this.stopRuns(threadId);
      const isDone = await this.log.transact(threadId, (transaction) => {
        // A run that came meanwhile is stopped first.
        if (transaction.head.openRuns > 0) return false;
        this.remove(transaction);
        return true;
      }, { waits: false });
      if (isDone) break;
    }
    await this.checkpointer.deleteThread(threadId);
  }

  private async stopRuns(threadId: string): Promise<void> {
    const stopped = await this.cancellation.cancelAll(threadId, {
      action: 'interrupt',
      reason: 'The thread is deleted.',
    });
    await Promise.all(stopped.map((run) => this.ending.whenEnded(run)));
  }

  private remove(transaction: ThreadUnit): void {
    const { head } = transaction;
    const seq = transaction.append(deleted());
    transaction.removeThrough(seq - 1);
    transaction.removeRows();
    head.oldestSeq = seq;
    head.replayFromSeq = seq + 1;
    head.openInterrupts = 0;
  }
}

/** The last row of its log, which ends the streams of a session on it; no stream of the protocol shows it. */
function deleted(): EventDraft {
  return { kind: ROW_KIND.session, method: 'session.deleted', namespace: [], data: '{}', runId: null, at: Date.now() };
}
