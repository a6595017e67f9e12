import { Injectable } from '@nestjs/common';
import { Database } from '../../storage/sqlite/database.js';

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
  readonly requestedSeq: number;
  /** The accepted run that answers it; null while it is open. */
  readonly answeredByRun: string | null;
  /** Seq of its `input.answered`, once that run has started. */
  readonly answeredSeq: number | null;
}

const SELECT = `SELECT thread_id AS threadId, interrupt_id AS interruptId, run_id AS runId, namespace,
  task_id AS taskId, requested_seq AS requestedSeq, answered_by_run AS answeredByRun,
  answered_seq AS answeredSeq FROM interrupts WHERE thread_id = ?`;
const KEY = '(SELECT interrupt_key FROM interrupts WHERE thread_id = ? AND interrupt_id = ?)';

/**
 * The rows of interrupts. What a graph asks can be large, so it has a table of its own, `interrupt_documents`, which is
 * read when the question is announced again. Every call is one or two synchronous statements, inside or outside the
 * log's transaction.
 */
@Injectable()
export class InterruptRepository {
  private readonly all;
  private readonly open;
  private readonly givenTo;
  private readonly one;
  private readonly data;
  private readonly upsert;
  private readonly upsertData;
  private readonly answer;
  private readonly told;
  private readonly reopen;
  private readonly reopenAll;
  private readonly remove;
  private readonly count;

  constructor(database: Database) {
    const prepare = database.handle.prepare.bind(database.handle);
    this.all = prepare<[string], InterruptRow>(`${SELECT} ORDER BY requested_seq`);
    this.open = prepare<[string], InterruptRow>(`${SELECT} AND answered_by_run IS NULL ORDER BY requested_seq`);
    this.givenTo = prepare<[string, string], InterruptRow>(`${SELECT} AND answered_by_run = ? ORDER BY requested_seq`);
    this.one = prepare<[string, string], InterruptRow>(`${SELECT} AND interrupt_id = ?`);
    this.data = prepare<[string, string], string>(
      `SELECT data_json FROM interrupt_documents WHERE interrupt_key = ${KEY}`,
    ).pluck();
    this.upsert = prepare(`INSERT INTO interrupts (thread_id, interrupt_id, run_id, namespace, task_id, requested_seq,
      answered_by_run, answered_seq, created_at)
      VALUES (:threadId, :interruptId, :runId, :namespace, :taskId, :requestedSeq, :answeredByRun, :answeredSeq, :now)
      ON CONFLICT (thread_id, interrupt_id) DO UPDATE SET run_id = excluded.run_id, namespace = excluded.namespace,
      task_id = excluded.task_id, requested_seq = excluded.requested_seq, answered_by_run = excluded.answered_by_run,
      answered_seq = excluded.answered_seq, created_at = excluded.created_at`);
    this.upsertData = prepare<
      [string, string, string]
    >(`INSERT INTO interrupt_documents (interrupt_key, data_json) VALUES (${KEY}, ?)
      ON CONFLICT (interrupt_key) DO UPDATE SET data_json = excluded.data_json`);
    this.answer = prepare(`UPDATE interrupts SET answered_by_run = ?, answered_seq = NULL
      WHERE thread_id = ? AND interrupt_id = ? AND answered_by_run IS NULL`);
    this.told = prepare('UPDATE interrupts SET answered_seq = ? WHERE thread_id = ? AND interrupt_id = ?');
    this.reopen = prepare(`UPDATE interrupts SET answered_by_run = NULL, answered_seq = NULL
      WHERE thread_id = ? AND interrupt_id = ?`);
    this.reopenAll = prepare(`UPDATE interrupts SET answered_by_run = NULL, answered_seq = NULL
      WHERE thread_id = ? AND answered_by_run = ?`);
    this.remove = prepare('DELETE FROM interrupts WHERE thread_id = ? AND interrupt_id = ?');
    this.count = prepare<[string], number>(
      'SELECT COUNT(*) FROM interrupts WHERE thread_id = ? AND answered_by_run IS NULL',
    ).pluck();
  }

  /** All rows of a thread, in the order in which they were announced. */
  ofThread(threadId: string): InterruptRow[] {
    return this.all.all(threadId);
  }

  /** The rows that nobody has answered yet, in that order. */
  openOf(threadId: string): InterruptRow[] {
    return this.open.all(threadId);
  }

  /** The rows that a run has been accepted to answer, in that order. */
  answeredBy(threadId: string, runId: string): InterruptRow[] {
    return this.givenTo.all(threadId, runId);
  }

  find(threadId: string, interruptId: string): InterruptRow | null {
    return this.one.get(threadId, interruptId) ?? null;
  }

  /** JSON text of the data of an interrupt's `input.requested`. */
  dataOf({ threadId, interruptId }: InterruptRow): string {
    return this.data.get(threadId, interruptId) as string;
  }

  save(row: InterruptRow, dataJson: string, now: number): void {
    this.upsert.run({ ...row, now });
    this.upsertData.run(row.threadId, row.interruptId, dataJson);
  }

  /** Gives an open interrupt to the run that answers it. Returns false when it was not open. */
  setAnswered(threadId: string, interruptId: string, runId: string): boolean {
    return this.answer.run(runId, threadId, interruptId).changes === 1;
  }

  setAnsweredSeq(threadId: string, interruptId: string, seq: number): void {
    this.told.run(seq, threadId, interruptId);
  }

  setOpen(threadId: string, interruptId: string): void {
    this.reopen.run(threadId, interruptId);
  }

  /** Opens all that the run was to answer. */
  setOpenAll(threadId: string, runId: string): void {
    this.reopenAll.run(threadId, runId);
  }

  delete(threadId: string, interruptId: string): void {
    this.remove.run(threadId, interruptId);
  }

  countOpen(threadId: string): number {
    return this.count.get(threadId) ?? 0;
  }
}
