import { Injectable } from '@nestjs/common';
import type { Statement } from 'better-sqlite3';
import { InterruptStorage } from '../../interrupt-storage.js';
import type { InterruptRow } from '../../rows/interrupt.js';
import { Database } from '../database.js';

export const SELECT_INTERRUPTS = `SELECT thread_id AS threadId, interrupt_id AS interruptId, run_id AS runId,
  namespace, task_id AS taskId, requested_seq AS requestedSeq, answered_by_run AS answeredByRun,
  answered_seq AS answeredSeq FROM interrupts WHERE thread_id = ? ORDER BY requested_seq`;

/** Interrupts in SQLite: each call is one synchronous statement. */
@Injectable()
export class SqliteInterruptStorage extends InterruptStorage {
  private readonly all;
  private readonly questions: Statement<[string], [string, string]>;

  constructor({ handle }: Database) {
    super();
    this.all = handle.prepare<[string], InterruptRow>(SELECT_INTERRUPTS);
    this.questions = handle.prepare<[string], [string, string]>(
      `SELECT interrupt_id, data_json FROM interrupts JOIN interrupt_documents USING (interrupt_key)
       WHERE thread_id = ?`,
    ).raw();
  }

  override ofThread(threadId: string): InterruptRow[] {
    return this.all.all(threadId);
  }

  override questionsOf(threadId: string): Map<string, string> {
    return new Map(this.questions.all(threadId));
  }
}
