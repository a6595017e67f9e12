import { Injectable } from '@nestjs/common';
import type { Statement } from 'better-sqlite3';
import { Database } from '../storage/sqlite/database.js';
import { callConfig, type CalledRun } from '../graphs/call-config.js';

interface RunRow extends Omit<CalledRun, 'metadata' | 'kwargs'> {
  readonly started: number;
  readonly metadataJson: string;
  readonly kwargsJson: string;
}

/** The configs that a thread's graph was called with. */
@Injectable()
export class RunConfigs {
  private readonly positions: Statement<[string], number>;
  private readonly run: Statement<[number, string], RunRow>;

  constructor(database: Database) {
    // By the index alone, without a look into the rows, which may be large.
    this.positions = database.handle
      .prepare<[string], number>(`SELECT position FROM runs WHERE thread_id = ? AND status <> 'pending' ORDER BY position DESC`)
      .pluck();
    this.run = database.handle.prepare(
      `SELECT run_id AS runId, thread_id AS threadId, owner, assistant_id AS assistantId, graph_id AS graphId, started,
         metadata_json AS metadataJson, kwargs_json AS kwargsJson
       FROM runs JOIN run_documents USING (position) WHERE runs.position = ? AND graph_id = ?`,
    );
  }

  /**
   * The config of the newest run that the graph had on the thread; where it had none, the thread's id alone. Runs that
   * ended while they waited have called nothing, and do not count.
   */
  newestOf(threadId: string, graphId: string): object {
    for (const position of this.positions.iterate(threadId)) {
      const row = this.run.get(position, graphId);
      if (row?.started !== 1) continue;
      const kwargs = JSON.parse(row.kwargsJson) as CalledRun['kwargs'];
      return callConfig({ ...row, metadata: JSON.parse(row.metadataJson) as CalledRun['metadata'], kwargs });
    }
    return { configurable: { thread_id: threadId } };
  }
}
