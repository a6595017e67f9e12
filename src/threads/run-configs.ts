import { Injectable } from '@nestjs/common';
import type { Statement } from 'better-sqlite3';
import { callConfig, type CalledRun } from '../graphs/call-config.js';
import { Database } from '../storage/sqlite/database.js';

interface RunRow extends Omit<CalledRun, 'metadata' | 'kwargs'> {
  readonly metadataJson: string;
  readonly kwargsJson: string;
}

/** The configs that a thread's graph was called with. */
@Injectable()
export class RunConfigs {
  private readonly newest: Statement<[string, string], RunRow>;

  constructor(database: Database) {
    this.newest = database.handle.prepare(
      `SELECT run_id AS runId, thread_id AS threadId, owner, assistant_id AS assistantId, graph_id AS graphId,
         metadata_json AS metadataJson, kwargs_json AS kwargsJson FROM runs JOIN run_documents USING (position)
       WHERE position = (SELECT position FROM runs WHERE thread_id = ? AND graph_id = ? AND started = 1
         ORDER BY position DESC LIMIT 1)`,
    );
  }

  /**
   * The config of the newest run that the graph had on the thread; where it had none, the thread's id alone. Runs that
   * ended while they waited have called nothing, and do not count.
   */
  newestOf(threadId: string, graphId: string): object {
    const row = this.newest.get(threadId, graphId);
    if (row === undefined) return { configurable: { thread_id: threadId } };
    const kwargs = JSON.parse(row.kwargsJson) as CalledRun['kwargs'];
    return callConfig({ ...row, kwargs, metadata: JSON.parse(row.metadataJson) as CalledRun['metadata'] });
  }
}
