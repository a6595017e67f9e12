import { Injectable } from '@nestjs/common';
import { EventLog } from '../event-log/event-log.js';
import type { RunOutline } from '../storage/rows/run.js';

/** Removes runs that have ended. */
@Injectable()
export class RunRemoval {
  constructor(private readonly log: EventLog) {}

  /**
   * The row goes; what it said stays in the log, whose seqs never change. One that has not ended, or owes its terminal,
   * keeps its row.
   * @throws StorageUnavailableError
   */
  remove({ threadId, runId }: Pick<RunOutline, 'threadId' | 'runId'>): Promise<void> {
    return this.log.transact(threadId, ({ runs }) => {
      const stored = runs.outline(runId);
      if (!stored || stored.status === 'pending' || stored.status === 'running' || stored.owedTerminal) return;
      runs.remove(runId);
    }, { waits: false });
  }
}
