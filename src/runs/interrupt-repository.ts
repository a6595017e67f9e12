import { Injectable } from '@nestjs/common';
import { Database } from '../storage/sqlite/database.js';

/** An interrupt that was announced and that its thread still waits for, or that a run has been accepted to answer. */
export interface InterruptRow {
  readonly threadId: string;
  readonly interruptId: string;
  /** The run that raised it. */
  readonly runId: string;
  /** JSON text of the namespace of the graph that raised it. */
  readonly namespace: string;
  /** The task that raised it. */
  readonly taskId: string;
  /** JSON text of the data of its `input.requested`. */
  readonly dataJson: string;
  readonly requestedSeq: number;
  /** The accepted run that answers it; null while it is open. */
  readonly answeredByRun: string | null;
  /** Seq of its `input.answered`, once that run has started. */
  readonly answeredSeq: number | null;
}

const SELECT = `SELECT thread_id AS threadId, interrupt_id AS interruptId, run_id AS runId, namespace,
  task_id AS taskId, data_json AS dataJson, requested_seq AS requestedSeq, answered_by_run AS answeredByRun,
  answered_seq AS answeredSeq FROM interrupts WHERE thread_id = ?`;

/** The rows of interrupts. Every call is one synchronous statement, inside or outside the log's transaction. */
@Injectable()
export class InterruptRepository {
  private readonly all;
  private readonly one;
  private readonly upsert;
  private readonly answer;
  private readonly told;
  private readonly open;
  private readonly remove;
  private readonly count;

  constructor(database: Database) {
    const prepare = database.handle.prepare.bind(database.handle);
    this.all = prepare<[string], InterruptRow>(`${SELECT} ORDER BY requested_seq`);
    this.one = prepare<[string, string], InterruptRow>(`${SELECT} AND interrupt_id = ?`);
    this.upsert = prepare(`INSERT OR REPLACE INTO interrupts (thread_id, interrupt_id, run_id, namespace, task_id,
      data_json, requested_seq, answered_by_run, answered_seq, created_at)
      VALUES (:threadId, :interruptId, :runId, :namespace, :taskId, :dataJson, :requestedSeq, :answeredByRun,
      :answeredSeq, :now)`);
    this.answer = prepare(`UPDATE interrupts SET answered_by_run = ?, answered_seq = NULL
      WHERE thread_id = ? AND interrupt_id = ? AND answered_by_run IS NULL`);
    this.told = prepare('UPDATE interrupts SET answered_seq = ? WHERE thread_id = ? AND interrupt_id = ?');
    this.open = prepare(`UPDATE interrupts SET answered_by_run = NULL, answered_seq = NULL
      WHERE thread_id = ? AND interrupt_id = ?`);
    this.remove = prepare('DELETE FROM interrupts WHERE thread_id = ? AND interrupt_id = ?');
    this.count = prepare<[string], number>(
      'SELECT COUNT(*) FROM interrupts WHERE thread_id = ? AND answered_by_run IS NULL',
    ).pluck();
  }

  /** All rows of a thread, in the order in which they were announced. */
  ofThread(threadId: string): InterruptRow[] {
    return this.all.all(threadId);
  }

  /** The rows that nobody has answered yet. */
  openOf(threadId: string): InterruptRow[] {
    return this.ofThread(threadId).filter(({ answeredByRun }) => answeredByRun === null);
  }

  find(threadId: string, interruptId: string): InterruptRow | null {
    return this.one.get(threadId, interruptId) ?? null;
  }

  save(row: InterruptRow, now: number): void {
    this.upsert.run({ ...row, now });
  }

  /** Gives an open interrupt to the run that answers it. Returns false when it was not open. */
  setAnswered(threadId: string, interruptId: string, runId: string): boolean {
    return this.answer.run(runId, threadId, interruptId).changes === 1;
  }

  setAnsweredSeq(threadId: string, interruptId: string, seq: number): void {
    this.told.run(seq, threadId, interruptId);
  }

  setOpen(threadId: string, interruptId: string): void {
    this.open.run(threadId, interruptId);
  }

  delete(threadId: string, interruptId: string): void {
    this.remove.run(threadId, interruptId);
  }

  countOpen(threadId: string): number {
    return this.count.get(threadId) ?? 0;
  }
}
