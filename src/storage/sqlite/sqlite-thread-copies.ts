import { Injectable } from '@nestjs/common';
import { type AskedInterrupt, ThreadCopies, type ThreadCopy } from '../thread-copies.js';
import { Database } from './database.js';

/** Copies rows of threads, interrupts and what they hold, in one transaction. */
@Injectable()
export class SqliteThreadCopies extends ThreadCopies {
  private readonly open;
  private readonly store;

  constructor(database: Database) {
    super();
    const prepare = database.handle.prepare.bind(database.handle);
    this.open = prepare<[string], AskedInterrupt>(
      `SELECT interrupt_id AS interruptId, namespace, data_json AS dataJson
       FROM interrupts JOIN interrupt_documents USING (interrupt_key)
       WHERE thread_id = ? AND answered_by_run IS NULL ORDER BY requested_seq`,
    );
    const thread = prepare(
      `INSERT INTO threads (thread_id, owner, status, graph_id, assistant_id, created_at, updated_at, state_updated_at, error)
       SELECT :to, owner, status, :graphId, :assistantId, :now, :now, state_updated_at, error
       FROM threads WHERE thread_id = :from`,
    );
    const documents = prepare(
      `INSERT INTO thread_documents (thread_id, metadata_json, config_json)
       SELECT :to, :metadataJson, config_json FROM thread_documents WHERE thread_id = :from`,
    );
    // The answered ones too: a graph may list them still, and they are not asked for any more.
    const interrupts = prepare(
      `INSERT INTO interrupts
         (thread_id, interrupt_id, run_id, namespace, task_id, requested_seq, answered_by_run, answered_seq, created_at)
       SELECT :to, interrupt_id, run_id, namespace, task_id, coalesce((SELECT value FROM json_each(:seqs) WHERE key = interrupt_id), 0),
         answered_by_run, CASE WHEN answered_by_run IS NOT NULL THEN 0 END, created_at
       FROM interrupts WHERE thread_id = :from`,
    );
    const questions = prepare(
      `INSERT INTO interrupt_documents (interrupt_key, data_json)
       SELECT mine.interrupt_key, data_json FROM interrupts AS mine
       JOIN interrupts AS theirs ON theirs.thread_id = :from AND theirs.interrupt_id = mine.interrupt_id
       JOIN interrupt_documents AS documents ON documents.interrupt_key = theirs.interrupt_key
       WHERE mine.thread_id = :to`,
    );
    const lifetime = prepare(
      `INSERT INTO thread_lifetimes (thread_id, strategy, minutes)
       SELECT :to, strategy, minutes FROM thread_lifetimes WHERE thread_id = :from`,
    );
    this.store = database.handle.transaction(({ announcedAt, metadataJson, graphId, assistantId, ...copy }: ThreadCopy) => {
      const { from, to, now } = copy;
      thread.run({ from, to, now, graphId, assistantId });
      documents.run({ from, to, metadataJson });
      interrupts.run({ from, to, seqs: JSON.stringify(announcedAt) });
      questions.run({ from, to });
      lifetime.run({ from, to });
    });
  }

  override openInterrupts(threadId: string): AskedInterrupt[] {
    return this.open.all(threadId);
  }

  override insert(copy: ThreadCopy): void {
    this.store.immediate(copy);
  }
}
