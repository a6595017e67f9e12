import { Injectable } from '@nestjs/common';
import { type LostRunRow, RecoveryStorage, type Verdict } from '../../recovery-storage.js';
import { Database } from '../database.js';

interface StoredRow extends Omit<LostRunRow, 'isCancelled'> {
  readonly isCancelled: number;
}

/** What processes leave for each other, in SQLite. */
@Injectable()
export class SqliteRecoveryStorage extends RecoveryStorage {
  private readonly select;
  private readonly selectLife;
  private readonly upsertLife;
  private readonly storeVerdicts;
  private readonly markCleared;
  private readonly markWatched;

  constructor({ handle }: Database) {
    super();
    this.select = handle.prepare<[], StoredRow>(
      `SELECT run_id AS runId, thread_id AS threadId, position, attempt, attempt_state AS attemptState,
         watch_ms AS watchMs, watched_through_ms AS watchedThroughMs, attempt_checkpoint_id AS attemptCheckpointId,
         cancel_action IS NOT NULL AS isCancelled
       FROM runs WHERE (status IN ('pending', 'running') OR owed_terminal IS NOT NULL) AND status = 'running'
       ORDER BY position`,
    );
    this.selectLife = handle.prepare<[], number>('SELECT stopping FROM process_life').pluck();
    this.upsertLife = handle.prepare<[number]>(
      `INSERT INTO process_life (id, stopping) VALUES (1, ?)
       ON CONFLICT (id) DO UPDATE SET stopping = excluded.stopping`,
    );
    const judge = handle.prepare<[Verdict]>(
      `UPDATE runs SET attempt = :attempt, watch_ms = :watchMs, attempt_checkpoint_id = :attemptCheckpointId,
         attempt_state = 'waiting' WHERE run_id = :runId`,
    );
    this.storeVerdicts = handle.transaction((verdicts: readonly Verdict[]) => {
      for (const verdict of verdicts) judge.run(verdict);
      this.upsertLife.run(0);
    });
    this.markCleared = handle.prepare<[string]>(
      "UPDATE runs SET attempt = 1, attempt_state = 'beside' WHERE run_id = ? AND status = 'running'",
    );
    this.markWatched = handle.prepare<[number, string]>('UPDATE runs SET watched_through_ms = ? WHERE run_id = ?');
  }

  override lostRuns(): LostRunRow[] {
    return this.select.all().map((row) => ({ ...row, isCancelled: row.isCancelled === 1 }));
  }

  override wasLost(): boolean {
    return this.selectLife.get() === 0;
  }

  override takeOver(verdicts: readonly Verdict[]): void {
    this.storeVerdicts.immediate(verdicts);
  }

  override noteStopping(): void {
    this.upsertLife.run(1);
  }

  override clear(runId: string): void {
    this.markCleared.run(runId);
  }

  override noteWatch(runId: string, throughMs: number): void {
    this.markWatched.run(throughMs, runId);
  }
}
