import { Injectable } from '@nestjs/common';
import type { Statement } from 'better-sqlite3';
import { Database } from '../storage/sqlite/database.js';

/**
 * Which interrupts of a thread are answered already. LangGraph lists an interrupt until its task has run to the end, so
 * after the first of two answers it still shows both; a second answer to the same one would do nothing.
 */
@Injectable()
export class PendingInterrupts {
  private readonly answered: Statement<[string, string]>;

  constructor(database: Database) {
    this.answered = database.handle.prepare(
      'SELECT 1 FROM interrupts WHERE thread_id = ? AND interrupt_id = ? AND answered_by_run IS NOT NULL',
    );
  }

  /** Whether a run that answers it has been accepted; false for an interrupt the server does not know. */
  isAnswered(threadId: string, interruptId: string): boolean {
    return this.answered.get(threadId, interruptId) !== undefined;
  }
}
