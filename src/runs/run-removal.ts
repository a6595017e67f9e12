import { Injectable } from '@nestjs/common';
import { EventLog } from '../event-log/event-log.js';
import type { RunOutline } from './run.js';
import { RunRepository } from './run-repository.js';

/** Removes runs that have ended. */
@Injectable()
export class RunRemoval {
  constructor(private readonly log: EventLog, private readonly runs: RunRepository) {}

  /**
   * The row goes; what it said stays in the log, whose seqs never change. One that owes its terminal keeps its row
   * until the log has it.
   * @throws StorageUnavailableError
   */
  remove({ threadId, runId }: Pick<RunOutline, 'threadId' | 'runId'>): Promise<void> {
    return this.log.transact(threadId, () => {
      const stored = this.runs.outline(runId);
      if (stored && stored.status !== 'pending' && stored.status !== 'running') this.runs.delete(runId);
    }, { waits: false });
  }
}
