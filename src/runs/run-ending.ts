import { Injectable } from '@nestjs/common';
import { ThreadSubjects } from '../event-log/thread-subjects.js';
import type { RunOutline } from '../storage/rows/run.js';
import { RunStorage } from '../storage/run-storage.js';

/** Lets somebody wait for the end of a run, without polling. */
@Injectable()
export class RunEnding {
  constructor(private readonly subjects: ThreadSubjects, private readonly runs: RunStorage) {}

  /** Resolves when the run's final status is stored, or the run is gone; at once if that is so already. */
  whenEnded({ threadId, runId }: Pick<RunOutline, 'threadId' | 'runId'>): Promise<void> {
    return new Promise((resolve, reject) => {
      const failed = (error: unknown): void => {
        stop();
        reject(error instanceof Error ? error : new Error(String(error)));
      };
      const check = async (): Promise<void> => {
        const status = await this.runs.statusOf(runId);
        if (status === 'pending' || status === 'running') return;
        stop();
        resolve();
      };
      // Every change of status comes with a lifecycle event of the run.
      const stop = this.subjects.listen(threadId, ({ events }) => {
        if (events.some((event) => event.runId === runId && event.channel === 'lifecycle')) check().catch(failed);
      }, failed);
      check().catch(failed);
    });
  }
}
