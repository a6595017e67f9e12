import type { Database as SqliteHandle } from 'better-sqlite3';
import type { ThreadStatus } from '../../rows/thread.js';
import type { NewThreadRow } from '../../unit/row-change.js';
import type { StoredMetadata } from '../../rows/thread.js';

/** Writes the rows of threads, inside a unit's transaction. Documents are written when they change, and then only. */
export class ThreadChanges {
  private readonly insertRow;
  private readonly insertDocuments;
  private readonly updateStatus;
  private readonly updateIds;
  private readonly updateMetadata;
  private readonly updateStateTime;
  private readonly insertTemporary;
  private readonly removals;

  constructor(handle: SqliteHandle) {
    this.insertRow = handle.prepare(`INSERT INTO threads
      (thread_id, owner, graph_id, assistant_id, created_at, updated_at, state_updated_at)
      VALUES (:threadId, :owner, :graphId, :assistantId, :now, :now, :now)`);
    this.insertDocuments = handle.prepare(
      'INSERT INTO thread_documents (thread_id, metadata_json, config_json) VALUES (?, ?, ?)',
    );
    this.updateStatus = handle.prepare('UPDATE threads SET status = ?, error = ?, updated_at = ? WHERE thread_id = ?');
    this.updateIds = handle.prepare(
      'UPDATE threads SET graph_id = ?, assistant_id = ?, updated_at = ? WHERE thread_id = ?',
    );
    this.updateMetadata = handle.prepare('UPDATE thread_documents SET metadata_json = ? WHERE thread_id = ?');
    this.updateStateTime = handle.prepare(
      'UPDATE threads SET state_updated_at = ?, updated_at = ? WHERE thread_id = ?',
    );
    this.insertTemporary = handle.prepare('INSERT INTO temporary_threads (thread_id, remove_at) VALUES (?, NULL)');
    this.removals = ['sessions', 'interrupts', 'runs', 'crons', 'threads'].map((table) =>
      handle.prepare<[string]>(`DELETE FROM ${table} WHERE thread_id = ?`),
    );
  }

  insert(threadId: string, { metadataJson, configJson, owner, graphId, assistantId, now }: NewThreadRow): void {
    this.insertRow.run({ threadId, owner, graphId, assistantId, now });
    this.insertDocuments.run(threadId, metadataJson, configJson);
  }

  setStatus(threadId: string, status: ThreadStatus, error: string | null, now: number): void {
    this.updateStatus.run(status, error, now, threadId);
  }

  setMetadata(threadId: string, { metadataJson, graphId, assistantId }: StoredMetadata, now: number): void {
    this.updateMetadata.run(metadataJson, threadId);
    this.updateIds.run(graphId, assistantId, now, threadId);
  }

  touchState(threadId: string, now: number): void {
    this.updateStateTime.run(now, now, threadId);
  }

  makeTemporary(threadId: string): void {
    this.insertTemporary.run(threadId);
  }

  remove(threadId: string): void {
    for (const statement of this.removals) statement.run(threadId);
  }
}
