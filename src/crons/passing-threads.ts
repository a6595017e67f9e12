import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { RunEnding } from '../runs/run-ending.js';
import { ThreadDeletion } from '../runs/thread-deletion.js';
import { CronStorage } from '../storage/cron-storage.js';
import { type EventDraft, ROW_KIND } from '../storage/event-draft.js';
import { RunStorage } from '../storage/run-storage.js';

/** Threads that crons made and that go when their run has ended; also when another process made them. */
@Injectable()
export class PassingThreads implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(PassingThreads.name);
  private isStopping = false;

  constructor(
    private readonly storage: CronStorage,
    private readonly runs: RunStorage,
    private readonly ending: RunEnding,
    private readonly deletion: ThreadDeletion,
  ) {}

  /** Takes up what an earlier process left. */
  async onApplicationBootstrap(): Promise<void> {
    for (const threadId of await this.storage.passingThreads()) this.removeAfterRuns(threadId);
  }

  onModuleDestroy(): void {
    this.isStopping = true;
  }

  /** To be called once the thread's run is accepted. */
  removeAfterRuns(threadId: string): void {
    this.remove(threadId).catch((error: unknown) => {
      if (this.isStopping) return;
      this.logger.error({ thread_id: threadId, err: error }, 'the thread of a cron stays until the next start');
    });
  }

  private async remove(threadId: string): Promise<void> {
    for (let run = await this.runs.newest(threadId); run; ) {
      await this.ending.whenEnded(run);
      if (this.isStopping) return;
      const newest = await this.runs.newest(threadId);
      if (!newest || newest.runId === run.runId) break;
      run = newest;
    }
    await this.deletion.delete(threadId, deleted());
    this.logger.log({ thread_id: threadId }, 'the thread of a cron is removed');
  }
}

/** For streams of the thread as a session; those of the protocol end with the run. */
function deleted(): EventDraft {
  return { kind: ROW_KIND.session, method: 'session.deleted', namespace: [], data: '{}', runId: null, at: Date.now() };
}
