import type { Database as SqliteHandle } from 'better-sqlite3';
import type { InterruptRow } from '../../rows/interrupt.js';

const KEY = '(SELECT interrupt_key FROM interrupts WHERE thread_id = ? AND interrupt_id = ?)';

/** Writes the rows of interrupts, inside a unit's transaction. What a graph asks is written when it asks. */
export class InterruptChanges {
  private readonly upsert;
  private readonly upsertData;
  private readonly setAnswer;
  private readonly removeRow;

  constructor(handle: SqliteHandle) {
    this.upsert = handle.prepare(`INSERT INTO interrupts (thread_id, interrupt_id, run_id, namespace, task_id,
      requested_seq, answered_by_run, answered_seq, created_at)
      VALUES (:threadId, :interruptId, :runId, :namespace, :taskId, :requestedSeq, :answeredByRun, :answeredSeq, :now)
      ON CONFLICT (thread_id, interrupt_id) DO UPDATE SET run_id = excluded.run_id, namespace = excluded.namespace,
      task_id = excluded.task_id, requested_seq = excluded.requested_seq, answered_by_run = excluded.answered_by_run,
      answered_seq = excluded.answered_seq, created_at = excluded.created_at`);
    this.upsertData = handle.prepare<[string, string, string]>(
      `INSERT INTO interrupt_documents (interrupt_key, data_json) VALUES (${KEY}, ?)
       ON CONFLICT (interrupt_key) DO UPDATE SET data_json = excluded.data_json`,
    );
    this.setAnswer = handle.prepare<[string | null, number | null, string, string]>(
      'UPDATE interrupts SET answered_by_run = ?, answered_seq = ? WHERE thread_id = ? AND interrupt_id = ?',
    );
    this.removeRow = handle.prepare<[string, string]>(
      'DELETE FROM interrupts WHERE thread_id = ? AND interrupt_id = ?',
    );
  }

  save(row: InterruptRow, dataJson: string, now: number): void {
    this.upsert.run({ ...row, now });
    this.upsertData.run(row.threadId, row.interruptId, dataJson);
  }

  /** What answers it; nothing else of it changes. */
  update({ threadId, interruptId, answeredByRun, answeredSeq }: InterruptRow): void {
    this.setAnswer.run(answeredByRun, answeredSeq, threadId, interruptId);
  }

  remove(threadId: string, interruptId: string): void {
    this.removeRow.run(threadId, interruptId);
  }
}
