import type { Database as SqliteHandle } from 'better-sqlite3';
import type { NewRun, RunError, RunStatus, StartedRun, StopWish } from '../../rows/run.js';
import { answersOf } from '../../unit/unit-runs.js';

/** Writes the rows of runs, inside a unit's transaction. What a run was given is written once, when it is accepted. */
export class RunChanges {
  private readonly insertRow;
  private readonly insertDocuments;
  private readonly markStarted;
  private readonly markEnded;
  private readonly markSettled;
  private readonly askToStop;
  private readonly endWaiting;
  private readonly removeRow;

  constructor(handle: SqliteHandle) {
    this.insertRow = handle.prepare(`INSERT INTO runs (run_id, thread_id, owner, assistant_id, graph_id,
      multitask_strategy, priority, due_at, answers_json, webhook, created_at, updated_at)
      VALUES (:runId, :threadId, :owner, :assistantId, :graphId, :multitaskStrategy, :priority, :dueAt, :answers,
      :webhook, :now, :now)`);
    this.insertDocuments = handle.prepare(
      'INSERT INTO run_documents (position, kwargs_json, metadata_json) VALUES (?, ?, ?)',
    );
    this.markStarted = handle.prepare(`UPDATE runs SET status = 'running', started = 1, attempt = :attempt,
      attempt_state = :attemptState, start_checkpoint_id = :startCheckpointId,
      attempt_checkpoint_id = :attemptCheckpointId, first_seq = :firstSeq, resume_counts_json = :resumeCountsJson,
      updated_at = :now WHERE run_id = :runId`);
    this.markEnded = handle.prepare(
      'UPDATE runs SET status = ?, error = ?, error_type = ?, updated_at = ? WHERE run_id = ?',
    );
    this.markSettled = handle.prepare('UPDATE runs SET owed_terminal = NULL WHERE run_id = ?');
    const wish = 'cancel_action = :action, cancel_reason = :reason, updated_at = :now WHERE run_id = :runId';
    this.askToStop = handle.prepare(`UPDATE runs SET ${wish}`);
    this.endWaiting = handle.prepare(
      `UPDATE runs SET status = 'interrupted', owed_terminal = 'interrupted', ${wish}`,
    );
    this.removeRow = handle.prepare('DELETE FROM runs WHERE run_id = ?');
  }

  insert(run: NewRun): void {
    const { metadataJson, kwargs, ...fields } = run;
    const given = { answers: JSON.stringify(answersOf(run)), webhook: kwargs.webhook ?? null };
    const { lastInsertRowid } = this.insertRow.run({ ...fields, ...given });
    this.insertDocuments.run(lastInsertRowid, JSON.stringify(kwargs), metadataJson);
  }

  start({ resumeCounts, ...run }: StartedRun): void {
    this.markStarted.run({ ...run, resumeCountsJson: JSON.stringify(resumeCounts) });
  }

  end(runId: string, status: RunStatus, error: RunError | null, now: number): void {
    this.markEnded.run(status, error?.message ?? null, error?.type ?? null, now, runId);
  }

  stop(wish: StopWish): void {
    this.askToStop.run(wish);
  }

  stopWaiting(wish: StopWish): void {
    this.endWaiting.run(wish);
  }

  settle(runId: string): void {
    this.markSettled.run(runId);
  }

  remove(runId: string): void {
    this.removeRow.run(runId);
  }
}
