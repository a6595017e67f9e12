import type { Database as SqliteHandle, Statement } from 'better-sqlite3';
import { WRITES_IDX_MAP } from '@langchain/langgraph-checkpoint';

/** What names a checkpoint; `checkpoint_ns` is '' for the root, levels joined by `|`. */
export interface CheckpointKey {
  thread_id: string;
  checkpoint_ns: string;
  checkpoint_id: string;
}

export interface CheckpointRow extends CheckpointKey {
  parent_checkpoint_id: string | null;
  type: string | null;
  checkpoint: Uint8Array;
  metadata: Uint8Array;
}

/** The id of a checkpoint, and the first bytes of its text. */
export interface CheckpointHead {
  checkpoint_id: string;
  beginning: Uint8Array;
}

/** What a task has written, before it is part of a checkpoint. */
export interface WriteRow {
  task_id: string;
  channel: string;
  type: string | null;
  value: Uint8Array | null;
}

const COLUMNS = 'thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata';
const CHECKPOINT_OF_WRITE = `SELECT 1 FROM checkpoints AS c WHERE c.thread_id = writes.thread_id
  AND c.checkpoint_ns = writes.checkpoint_ns AND c.checkpoint_id = writes.checkpoint_id`;
const AT = 'thread_id = :thread_id AND checkpoint_ns = :checkpoint_ns AND checkpoint_id = :checkpoint_id';
/** Channels that hold no result of a task. */
export const NO_RESULT = `('__error__', '__error_source_node__', '__interrupt__', '__resume__')`;

/**
 * Adds to the tables of LangGraph's saver what we need. The order in which checkpoints were stored is their rowid: it
 * only grows, an update keeps it, and VACUUM copies rows in its order. Ids begin with the time of a clock that may step
 * back, so they say nothing about it. SQLite ends every index with the rowid: the newest of a namespace is one look.
 */
export function prepareTables(handle: SqliteHandle): void {
  handle.exec(`
    CREATE INDEX IF NOT EXISTS checkpoints_as_stored ON checkpoints (thread_id, checkpoint_ns);
    CREATE TABLE IF NOT EXISTS write_probe (filler BLOB);
  `);
}

/** The statements on the checkpoint file, compiled once. */
export class CheckpointRows {
  private readonly insertCheckpoint: Statement<[CheckpointRow]>;
  private readonly insertWrite: Statement;
  private readonly replaceWrite: Statement;
  private readonly selectAt: Statement<[CheckpointKey], CheckpointRow>;
  private readonly selectNewest: Statement<unknown[], CheckpointRow>;
  private readonly selectHead: Statement<unknown[], CheckpointHead>;
  private readonly selectWrites: Statement<[CheckpointKey], WriteRow>;
  private readonly selectFinished: Statement<unknown[], string>;
  private readonly selectOrder: Statement<[CheckpointKey], number>;
  private readonly deleteOf: Statement[];
  private readonly transaction;
  private readonly remove;
  private readonly fillProbe;

  constructor(handle: SqliteHandle) {
    this.insertCheckpoint = handle.prepare(
      `INSERT INTO checkpoints (${COLUMNS})
       VALUES (:thread_id, :checkpoint_ns, :checkpoint_id, :parent_checkpoint_id, :type, :checkpoint, :metadata)
       ON CONFLICT (thread_id, checkpoint_ns, checkpoint_id) DO UPDATE SET
         parent_checkpoint_id = excluded.parent_checkpoint_id, type = excluded.type, checkpoint = excluded.checkpoint, metadata = excluded.metadata`,
    );
    const write =
      'INTO writes (thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, type, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?)';
    this.insertWrite = handle.prepare(`INSERT OR IGNORE ${write}`);
    this.replaceWrite = handle.prepare(`INSERT OR REPLACE ${write}`);
    this.selectAt = handle.prepare(`SELECT ${COLUMNS} FROM checkpoints WHERE ${AT}`);
    const newest = 'FROM checkpoints WHERE thread_id = ? AND checkpoint_ns = ? ORDER BY rowid DESC LIMIT 1';
    this.selectNewest = handle.prepare(`SELECT ${COLUMNS} ${newest}`);
    this.selectHead = handle.prepare(`SELECT checkpoint_id, substr(checkpoint, 1, 200) AS beginning ${newest}`);
    this.selectWrites = handle.prepare(
      `SELECT task_id, channel, type, value FROM writes WHERE ${AT} ORDER BY task_id, idx`,
    );
    this.selectFinished = handle.prepare<unknown[], string>(
      `SELECT DISTINCT task_id FROM writes WHERE thread_id = ? AND checkpoint_ns = ? AND channel NOT IN ${NO_RESULT}
         AND EXISTS (${CHECKPOINT_OF_WRITE})`,
    ).pluck();
    this.selectOrder = handle.prepare<[CheckpointKey], number>(`SELECT rowid FROM checkpoints WHERE ${AT}`).pluck();
    this.deleteOf = ['checkpoints', 'writes'].map((table) =>
      handle.prepare(`DELETE FROM ${table} WHERE thread_id = ?`),
    );
    const removeCheckpoints = handle.prepare('DELETE FROM checkpoints WHERE thread_id = ? AND rowid > ?');
    const removeWrites = handle.prepare(
      `DELETE FROM writes WHERE thread_id = ? AND NOT EXISTS (${CHECKPOINT_OF_WRITE})`,
    );
    this.remove = handle.transaction((threadId: string, after: number) => {
      removeCheckpoints.run(threadId, after);
      removeWrites.run(threadId);
    });
    const emptyProbe = handle.prepare('DELETE FROM write_probe');
    const fillProbe = handle.prepare('INSERT INTO write_probe (filler) VALUES (zeroblob(65536))');
    this.fillProbe = handle.transaction(() => {
      emptyProbe.run();
      fillProbe.run();
    });
    this.transaction = handle.transaction((work: () => void) => work());
  }

  /** One with the same key is replaced, and keeps its place in the order. */
  put(row: CheckpointRow): void {
    this.insertCheckpoint.run(row);
  }

  /** A task's writes as LangGraph numbers them: what is there already stays, but for its special channels. */
  putWrites(key: CheckpointKey, taskId: string, writes: readonly Omit<WriteRow, 'task_id'>[]): void {
    const statement = writes.every(({ channel }) => Object.hasOwn(WRITES_IDX_MAP, channel))
      ? this.replaceWrite
      : this.insertWrite;
    const all = (): void => {
      for (const [index, { channel, type, value }] of writes.entries()) {
        const place = Object.hasOwn(WRITES_IDX_MAP, channel) ? WRITES_IDX_MAP[channel] : index;
        statement.run(key.thread_id, key.checkpoint_ns, key.checkpoint_id, taskId, place, channel, type, value);
      }
    };
    if (writes.length === 1) all();
    else this.transaction.immediate(all);
  }

  find(key: CheckpointKey): CheckpointRow | undefined {
    return this.selectAt.get(key);
  }

  /** The one stored last. */
  newest(threadId: string, checkpointNs: string): CheckpointRow | undefined {
    return this.selectNewest.get(threadId, checkpointNs);
  }

  /** The same, no more of it than names it. */
  head(threadId: string, checkpointNs: string): CheckpointHead | undefined {
    return this.selectHead.get(threadId, checkpointNs);
  }

  has(key: CheckpointKey): boolean {
    return this.selectOrder.get(key) !== undefined;
  }

  writes(key: CheckpointKey): WriteRow[] {
    return this.selectWrites.all(key);
  }

  finishedTasks(threadId: string, checkpointNs: string): string[] {
    return this.selectFinished.all(threadId, checkpointNs);
  }

  /** Removes what was stored after a root checkpoint, in all namespaces; null removes everything of the thread. */
  removeAfter(threadId: string, checkpointId: string | null): void {
    if (checkpointId === null) return this.removeThread(threadId);
    const order = this.selectOrder.get({ thread_id: threadId, checkpoint_ns: '', checkpoint_id: checkpointId });
    if (order !== undefined) this.remove.immediate(threadId, order);
  }

  /** Removes everything of the thread, whatever it belongs to. */
  removeThread(threadId: string): void {
    this.transaction.immediate(() => {
      for (const statement of this.deleteOf) statement.run(threadId);
    });
  }

  /** Writes 64 KiB that are nobody's. @throws when there is no room for them */
  probe(): void {
    this.fillProbe.immediate();
  }
}
