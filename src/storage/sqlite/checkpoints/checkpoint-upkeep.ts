import type { Database as SqliteHandle, Statement } from 'better-sqlite3';
import type { CheckpointKeeping } from '../../checkpointer.js';

interface RootRow {
  readonly place: number;
  readonly beginning: Uint8Array;
}

/** In the ids of tasks; a subgraph that keeps its state over several calls has none in its namespace. */
const OF_A_TASK = `instr(checkpoint_ns, ':') > 0`;
const CHECKPOINT_OF_WRITE = `SELECT 1 FROM checkpoints AS c WHERE c.thread_id = writes.thread_id
  AND c.checkpoint_ns = writes.checkpoint_ns AND c.checkpoint_id = writes.checkpoint_id`;
/** SQLite reads no JSON of more than 1,000 levels. */
const AS_OF_THREAD = `CASE WHEN json_valid(CAST(metadata AS TEXT))
  THEN CAST(json_replace(CAST(metadata AS TEXT), '$.thread_id', :to) AS BLOB) ELSE metadata END`;

/** What is done to the checkpoints of a whole thread. Each method is one transaction. */
export class CheckpointUpkeep {
  private readonly roots: Statement<[string], RootRow>;
  private readonly nextThread: Statement<[string], string>;
  private readonly removeRoots: Statement;
  private readonly removeOfTasks: Statement;
  private readonly removeOfSubgraphs: Statement;
  private readonly removeWrites: Statement;
  private readonly copies: Statement[];
  private readonly inTransaction;

  constructor(handle: SqliteHandle) {
    const of = 'DELETE FROM checkpoints WHERE thread_id = ? AND rowid < ?';
    this.roots = handle.prepare(
      `SELECT rowid AS place, substr(checkpoint, 1, 200) AS beginning FROM checkpoints
       WHERE thread_id = ? AND checkpoint_ns = '' ORDER BY rowid DESC`,
    );
    this.nextThread = handle
      .prepare<[string], string>('SELECT thread_id FROM checkpoints WHERE thread_id > ? ORDER BY thread_id LIMIT 1')
      .pluck();
    this.removeRoots = handle.prepare(`${of} AND checkpoint_ns = ''`);
    this.removeOfTasks = handle.prepare(`${of} AND ${OF_A_TASK}`);
    this.removeOfSubgraphs = handle.prepare(
      `${of} AND checkpoint_ns <> '' AND NOT ${OF_A_TASK} AND rowid < (SELECT max(newest.rowid) FROM checkpoints AS newest
         WHERE newest.thread_id = checkpoints.thread_id AND newest.checkpoint_ns = checkpoints.checkpoint_ns)`,
    );
    this.removeWrites = handle.prepare(
      `DELETE FROM writes WHERE thread_id = ? AND NOT EXISTS (${CHECKPOINT_OF_WRITE})`,
    );
    this.copies = [
      handle.prepare(
        `INSERT INTO checkpoints (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata)
         SELECT :to, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, ${AS_OF_THREAD}
         FROM checkpoints WHERE thread_id = :from ORDER BY rowid`,
      ),
      handle.prepare(
        `INSERT INTO writes (thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, type, value)
         SELECT :to, checkpoint_ns, checkpoint_id, task_id, idx, channel, type, value FROM writes WHERE thread_id = :from`,
      ),
    ];
    this.inTransaction = handle.transaction((work: () => void) => work());
  }

  /**
   * Gives a thread that has no checkpoint those of another, with their ids, their order and what tasks have written.
   */
  copy(from: string, to: string): void {
    this.inTransaction.immediate(() => this.copies.forEach((statement) => statement.run({ from, to })));
  }

  /** The first thread with checkpoints whose id is above `after`, or null. */
  threadAfter(after: string): string | null {
    return this.nextThread.get(after) ?? null;
  }

  /**
   * Removes root checkpoints that need not be kept, and those of subgraphs that were made before the last of them: what
   * a task that still waits has stored came later. Subgraphs that keep their state keep their newest.
   */
  prune(
    threadId: string,
    { newest = Number.POSITIVE_INFINITY, since = Number.NEGATIVE_INFINITY }: CheckpointKeeping,
  ): void {
    let [oldestKept, firstRemoved]: (number | null)[] = [null, null];
    let kept = 0;
    for (const { place, beginning } of this.roots.all(threadId)) {
      if (kept > 0 && (kept >= newest || (timestampAt(beginning) ?? since) < since)) {
        firstRemoved = place;
        break;
      }
      oldestKept = place;
      kept += 1;
    }
    if (oldestKept === null || firstRemoved === null) return;
    const [before, beforeThat] = [oldestKept, firstRemoved];
    this.inTransaction.immediate(() => {
      this.removeRoots.run(threadId, before);
      this.removeOfTasks.run(threadId, beforeThat);
      this.removeOfSubgraphs.run(threadId, beforeThat);
      this.removeWrites.run(threadId);
    });
  }
}

/** Epoch ms of a checkpoint: its text begins with `v`, `id` and `ts`. Undefined when this one's does not. */
export function timestampAt(beginning: Uint8Array): number | undefined {
  const text = Buffer.from(beginning.buffer, beginning.byteOffset, beginning.byteLength).toString('latin1');
  const ts = /^\{"v":\d+,"id":"[^"]*","ts":"([^"]*)"/.exec(text)?.[1];
  return ts === undefined ? undefined : Date.parse(ts);
}
