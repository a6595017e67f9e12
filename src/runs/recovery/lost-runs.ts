import { Injectable, Logger } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { Database } from '../../storage/sqlite/database.js';
import { Checkpointer } from '../../graphs/checkpoints/checkpointer.js';
import { type Blame, type LostRun, blame } from './blame.js';
import { ProcessLife } from './process-life.js';
import { RunProgress } from './run-progress.js';

interface LostRow extends Omit<LostRun, 'hasProgressed' | 'isCancelled'> {
  readonly attemptCheckpointId: string | null;
  readonly isCancelled: number;
}

/** The runs that the process before this one left unfinished. */
@Injectable()
export class LostRuns {
  private readonly logger = new Logger(LostRuns.name);
  private readonly select;
  private readonly update;
  private readonly storeVerdicts;

  constructor(
    database: Database,
    private readonly checkpointer: Checkpointer,
    private readonly progress: RunProgress,
    private readonly life: ProcessLife,
    private readonly settings: Settings,
  ) {
    this.select = database.handle.prepare<[], LostRow>(
      `SELECT run_id AS runId, thread_id AS threadId, position, attempt, attempt_state AS attemptState, watch_ms AS watchMs,
         watched_through_ms AS watchedThroughMs,
         attempt_checkpoint_id AS attemptCheckpointId, cancel_action IS NOT NULL AS isCancelled
       FROM runs WHERE (status IN ('pending', 'running') OR owed_terminal IS NOT NULL) AND status = 'running' ORDER BY position`,
    );
    this.update = database.handle.prepare<[number, number, string | null, string]>(
      `UPDATE runs SET attempt = ?, watch_ms = ?, attempt_checkpoint_id = ?, attempt_state = 'waiting' WHERE run_id = ?`,
    );
    this.storeVerdicts = database.handle.transaction((verdicts: readonly Blame[]) => {
      for (const { run, attempt, watchMs } of verdicts) {
        const newest = this.checkpointer.newestRootCheckpoint(run.threadId)?.id ?? null;
        this.update.run(attempt, watchMs, newest, run.runId);
      }
      this.life.begin();
    });
  }

  /** Decides, once, before any run is started, what counts against whom. Returns the runs under suspicion. */
  async takeOver(): Promise<Blame[]> {
    const runs: LostRun[] = [];
    for (const row of this.select.all()) {
      const hasProgressed = await this.hasProgressed(row);
      runs.push({ ...row, hasProgressed, isCancelled: row.isCancelled === 1 });
    }
    const verdicts = blame(runs, this.life.wasLost, this.settings.SUSPECT_WATCH_MS);
    this.storeVerdicts.immediate(verdicts);
    return verdicts.filter(({ watchMs, run }) => watchMs > 0 && !run.isCancelled);
  }

  /** This process has been asked to stop: what it leaves unfinished is no run's fault. */
  leave(): void {
    try {
      this.life.stopping();
    } catch (error) {
      this.logger.warn({ err: error }, 'the stop is not written down, so the next start takes it for a crash');
    }
  }

  private async hasProgressed({ runId, threadId, attemptCheckpointId }: LostRow): Promise<boolean> {
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
