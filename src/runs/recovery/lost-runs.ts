import { Injectable, Logger } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { type LostRunRow, RecoveryStorage } from '../../storage/recovery-storage.js';
import { Checkpointer } from '../../storage/checkpointer.js';
import { type Blame, type LostRun, blame } from './blame.js';
import { RunProgress } from './run-progress.js';

/** The runs that the process before this one left unfinished. */
@Injectable()
export class LostRuns {
  private readonly logger = new Logger(LostRuns.name);

  constructor(
    private readonly storage: RecoveryStorage,
    private readonly checkpointer: Checkpointer,
    private readonly progress: RunProgress,
    private readonly settings: Settings,
  ) {}

  /** Decides, once, before any run is started, what counts against whom. Returns the runs under suspicion. */
  async takeOver(): Promise<Blame[]> {
    const runs: LostRun[] = [];
    for (const row of await this.storage.lostRuns()) {
      runs.push({ ...row, hasProgressed: await this.hasProgressed(row) });
    }
    const verdicts = blame(runs, await this.storage.wasLost(), this.settings.SUSPECT_WATCH_MS);
    const stored = verdicts.map(async ({ run: { runId, threadId }, attempt, watchMs }) => {
      const newest = await this.checkpointer.newestRootCheckpoint(threadId);
      return { runId, attempt, watchMs, attemptCheckpointId: newest?.id ?? null };
    });
    await this.storage.takeOver(await Promise.all(stored));
    return verdicts.filter(({ watchMs, run }) => watchMs > 0 && !run.isCancelled);
  }

  /** This process has been asked to stop: what it leaves unfinished is no run's fault. */
  async leave(): Promise<void> {
    try {
      await this.storage.noteStopping();
    } catch (error) {
      this.logger.warn({ err: error }, 'the stop is not written down, so the next start takes it for a crash');
    }
  }

  private async hasProgressed({ runId, threadId, attemptCheckpointId }: LostRunRow): Promise<boolean> {
    try {
      return await this.progress.isMade(threadId, attemptCheckpointId);
    } catch (error) {
      this.logger.warn(
        { run_id: runId, thread_id: threadId, err: error },
        'the checkpoints of a lost run cannot be read',
      );
      return false;
    }
  }
}
