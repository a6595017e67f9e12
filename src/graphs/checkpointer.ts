import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { RunnableConfig } from '@langchain/core/runnables';
import type {
  Checkpoint,
  CheckpointListOptions,
  CheckpointMetadata,
  CheckpointPendingWrite,
  CheckpointTuple,
  PendingWrite,
} from '@langchain/langgraph-checkpoint';
import { SqliteSaver } from '@langchain/langgraph-checkpoint-sqlite';
import BetterSqlite from 'better-sqlite3';
import type { Statement } from 'better-sqlite3';
import { keepStatements } from './kept-statements.js';
import { TaskWrites } from './task-writes.js';
import { checkpointMetadata } from './checkpoint-metadata.js';
import { checkpointSelection } from './checkpoint-selection.js';

/** Threads whose newest checkpoint time is kept in memory. */
const REMEMBERED_THREADS = 10_000;

interface CheckpointRow {
  thread_id: string;
  checkpoint_ns: string;
  checkpoint_id: string;
  parent_checkpoint_id: string | null;
  type: string | null;
  checkpoint: Uint8Array;
  metadata: Uint8Array;
}

interface WriteRow {
  task_id: string;
  channel: string;
  type: string | null;
  value: Uint8Array | null;
}

/** A stored checkpoint; `ts` in epoch milliseconds. */
export interface SavedCheckpoint {
  id: string;
  ts: number;
}

/** A thread's newest checkpoint at the root namespace. */
export type RootCheckpoint = SavedCheckpoint;

/**
 * LangGraph's SQLite saver on a file of its own, so that no second connection writes to the log's file. Reading is
 * ours, since the saver (1.0.4) damages pending writes that are bytes (it passes them through text), does not honour a
 * `checkpoint_id` or a limit of 0 in `list`, takes a metadata key with a dot for a path, and drops writes given without a
 * namespace.
 */
export class Checkpointer extends SqliteSaver {
  /** What single tasks have written. */
  readonly tasks: TaskWrites;
  private readonly rootTimestamps = new Map<string, number>();
  private readonly selectWrites: Statement<unknown[], WriteRow>;
  private readonly selectNewest: Statement<unknown[], Pick<CheckpointRow, 'checkpoint_id' | 'checkpoint'>>;
  private readonly selectFinished: Statement<unknown[], string>;

  private constructor(path: string, durability: 'process' | 'power') {
    super(keepStatements(new BetterSqlite(path)));
    this.setup();
    // A reopened WAL file starts with another value than a new one, so it is set at each open.
    this.db.pragma(`synchronous = ${durability === 'power' ? 'FULL' : 'NORMAL'}`);
    this.db.pragma('busy_timeout = 5000');
    this.tasks = new TaskWrites(this.db);
    this.selectWrites = this.db.prepare(
      `SELECT task_id, channel, type, value FROM writes
       WHERE thread_id = ? AND checkpoint_ns = ? AND checkpoint_id = ? ORDER BY task_id, idx`,
    );
    this.selectNewest = this.db.prepare(
      `SELECT checkpoint_id, checkpoint FROM checkpoints
       WHERE thread_id = ? AND checkpoint_ns = ? ORDER BY checkpoint_id DESC LIMIT 1`,
    );
    this.selectFinished = this.db.prepare<unknown[], string>(
      `SELECT DISTINCT task_id FROM writes WHERE thread_id = ? AND checkpoint_ns = ? AND checkpoint_id = ?
         AND channel NOT IN ('__error__', '__error_source_node__', '__interrupt__', '__resume__')`,
    ).pluck();
  }

  /** Opens (and makes, folders included) the file at `path`; `power` waits for the disk at each checkpoint. */
  static open(path: string, durability: 'process' | 'power' = 'process'): Checkpointer {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
    return new Checkpointer(path, durability);
  }

  /** The thread's newest root checkpoint, or null when it has none. One indexed read. */
  newestRootCheckpoint(threadId: string): RootCheckpoint | null {
    return this.newestCheckpoint(threadId, '');
  }

  /** The newest checkpoint of one graph of the thread; `checkpointNs` is '' for the root, segments joined by `|`. */
  newestCheckpoint(threadId: string, checkpointNs: string): SavedCheckpoint | null {
    const row = this.selectNewest.get(threadId, checkpointNs);
    return row === undefined ? null : { id: row.checkpoint_id, ts: timestampOf(row.checkpoint) };
  }

  /** Ids of the tasks after a checkpoint whose writes are saved: LangGraph does not run them again. */
  finishedTasks(threadId: string, checkpointNs: string, checkpointId: string): Set<string> {
    return new Set(this.selectFinished.all(threadId, checkpointNs, checkpointId));
  }

  /**
   * Epoch milliseconds of the newest root checkpoint that this process saved for the thread, 0 when there is none: the
   * floor for the timestamps of its events.
   */
  rootTimestamp(threadId: string): number {
    return this.rootTimestamps.get(threadId) ?? 0;
  }

  override async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    const { thread_id: threadId, checkpoint_ns: ns = '', checkpoint_id: id } = configurableOf(config);
    const statement = id ? this.withCheckpoint : this.withoutCheckpoint;
    if (threadId === undefined) return undefined;
    const row = statement.get(...[threadId, ns, ...(id ? [id] : [])]) as CheckpointRow | undefined;
    if (row === undefined) return undefined;
    const tuple = await this.toTuple(row);
    return id ? { ...tuple, config } : tuple;
  }

  override async *list(config: RunnableConfig, options: CheckpointListOptions = {}): AsyncGenerator<CheckpointTuple> {
    const { sql, parameters } = checkpointSelection(configurableOf(config), options);
    for (const row of this.db.prepare<unknown[], CheckpointRow>(sql).all(...parameters)) yield await this.toTuple(row);
  }

  override async put(config: RunnableConfig, checkpoint: Checkpoint, metadata: CheckpointMetadata): Promise<RunnableConfig> {
    const { thread_id: threadId, checkpoint_ns: ns = '' } = configurableOf(config);
    // Before the write, so that no event of this step can be stamped below it.
    if (threadId !== undefined && ns === '') this.rememberTimestamp(threadId, Date.parse(checkpoint.ts));
    return super.put(config, checkpoint, checkpointMetadata(config, metadata));
  }

  override async putWrites(config: RunnableConfig, writes: PendingWrite[], taskId: string): Promise<void> {
    const configurable = { ...config.configurable, checkpoint_ns: configurableOf(config).checkpoint_ns ?? '' };
    return super.putWrites({ ...config, configurable }, writes, taskId);
  }

  override async deleteThread(threadId: string): Promise<void> {
    this.rootTimestamps.delete(threadId);
    return super.deleteThread(threadId);
  }

  /** Removes every checkpoint of the thread that is newer than the one named, in all namespaces; null removes all. */
  rollBackTo(threadId: string, checkpointId: string | null): void {
    const newer = 'thread_id = ? AND checkpoint_id > ?';
    this.db.transaction(() => {
      for (const table of ['writes', 'checkpoints']) {
        this.db.prepare(`DELETE FROM ${table} WHERE ${newer}`).run(threadId, checkpointId ?? '');
      }
    })();
  }

  /** Closes the file; nothing may use the checkpointer afterwards. */
  close(): void {
    this.db.close();
  }

  private rememberTimestamp(threadId: string, timestamp: number): void {
    const newest = Math.max(timestamp || 0, this.rootTimestamp(threadId));
    this.rootTimestamps.delete(threadId);
    this.rootTimestamps.set(threadId, newest);
    if (this.rootTimestamps.size <= REMEMBERED_THREADS) return;
    const [oldest] = this.rootTimestamps.keys();
    if (oldest !== undefined) this.rootTimestamps.delete(oldest);
  }

  private async toTuple(row: CheckpointRow): Promise<CheckpointTuple> {
    const { thread_id, checkpoint_ns, parent_checkpoint_id: parentId } = row;
    const writes = this.selectWrites.all(thread_id, checkpoint_ns, row.checkpoint_id);
    const type = row.type ?? 'json';
    const checkpoint = (await this.serde.loadsTyped(type, row.checkpoint)) as Checkpoint;
    if (checkpoint.v < 4 && parentId !== null) await this.migratePendingSends(checkpoint, thread_id, parentId);
    return {
      config: { configurable: { thread_id, checkpoint_ns, checkpoint_id: row.checkpoint_id } },
      checkpoint,
      metadata: (await this.serde.loadsTyped(type, row.metadata)) as CheckpointMetadata,
      pendingWrites: await Promise.all(writes.map((write) => this.toPendingWrite(write))),
      ...(parentId === null ? {} : { parentConfig: { configurable: { thread_id, checkpoint_ns, checkpoint_id: parentId } } }),
    };
  }

  private async toPendingWrite({ task_id, channel, type, value }: WriteRow): Promise<CheckpointPendingWrite> {
    // A Buffer would come back as one; the graph wrote a plain Uint8Array.
    const bytes = value === null ? '' : type === 'bytes' ? Uint8Array.from(value) : value;
    return [task_id, channel, (await this.serde.loadsTyped(type ?? 'json', bytes)) as unknown];
  }
}

interface CheckpointKey {
  thread_id?: string;
  checkpoint_ns?: string;
  checkpoint_id?: string;
}

function configurableOf(config: RunnableConfig): CheckpointKey {
  return (config.configurable ?? {}) as CheckpointKey;
}

/** A saved checkpoint begins with `v`, `id` and `ts`; only one of another saver needs the whole text parsed. */
function timestampOf(checkpoint: Uint8Array): number {
  const text = Buffer.from(checkpoint.buffer, checkpoint.byteOffset, checkpoint.byteLength);
  const ts = /^\{"v":\d+,"id":"[^"]*","ts":"([^"]*)"/.exec(text.toString('latin1', 0, 200))?.[1];
  return Date.parse(ts ?? (JSON.parse(text.toString()) as { ts: string }).ts);
}
