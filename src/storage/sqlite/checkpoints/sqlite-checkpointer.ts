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
import { LRUCache } from 'lru-cache';
import { Settings } from '../../../config/settings.js';
import type { WriteHealth } from '../../write-health.js';
import { checkpointMetadata, patchedMetadata } from '../../checkpoint-metadata.js';
import {
  type CheckpointKey,
  type CheckpointRow,
  CheckpointRows,
  type WriteRow,
  prepareTables,
} from './checkpoint-rows.js';
import { checkpointSelection } from './checkpoint-selection.js';
import { CheckpointUpkeep, timestampAt } from './checkpoint-upkeep.js';
import { keepStatements } from './kept-statements.js';
import { StateSerializer } from '../../../serialization/state-serializer.js';
import { UnstorableValueError } from '../../../serialization/unstorable-value-error.js';
import type { CheckpointKeeping, Checkpointer, RootCheckpoint, SavedCheckpoint, TaskRef } from '../../checkpointer.js';
import { TaskWrites } from './task-writes.js';
import { WaitingWrites } from './waiting-writes.js';

/** Threads whose newest checkpoint time is kept in memory. */
const REMEMBERED_THREADS = 10_000;
/** Levels that a checkpoint puts around the values of the graph. */
const CHECKPOINT_LEVELS = 2;

/** What of the settings the checkpointer follows. */
export type CheckpointerSettings = Pick<
  Settings,
  'DURABILITY' | 'MAX_STATE_DEPTH' | 'SQLITE_BUSY_TIMEOUT_MS' | 'STORAGE_RETRY_MS'
>;

/**
 * Checkpoints in the tables of LangGraph's SQLite saver, on a file of their own, so that no second connection writes to
 * the log's file. "Newest" is what was stored last, whatever its id says of a clock.
 *
 * Nearly all of it is ours: the saver (1.0.4) goes by ids, revives what a client sent, stores a line of text for what
 * it cannot write, damages pending writes that are bytes, does not honour a `checkpoint_id` or a limit of 0 in `list`,
 * takes a metadata key with a dot for a path, and drops writes given without a namespace.
 */
export class SqliteCheckpointer extends SqliteSaver implements Checkpointer {
  private readonly rootTimestamps = new LRUCache<string, number>({ max: REMEMBERED_THREADS });
  private readonly rows: CheckpointRows;
  private readonly serializer: StateSerializer;
  private readonly waiting: WaitingWrites;
  private readonly taskWrites: TaskWrites;
  private readonly upkeep: CheckpointUpkeep;

  private constructor(path: string, settings: CheckpointerSettings) {
    const serializer = new StateSerializer(settings.MAX_STATE_DEPTH);
    super(keepStatements(new BetterSqlite(path)), serializer);
    this.setup();
    prepareTables(this.db);
    // A reopened WAL file starts with another value than a new one, so it is set at each open.
    this.db.pragma(`synchronous = ${settings.DURABILITY === 'power' ? 'FULL' : 'NORMAL'}`);
    this.db.pragma(`busy_timeout = ${settings.SQLITE_BUSY_TIMEOUT_MS}`);
    this.serializer = serializer;
    this.rows = new CheckpointRows(this.db);
    this.waiting = new WaitingWrites(() => this.rows.probe(), settings.STORAGE_RETRY_MS);
    this.taskWrites = new TaskWrites(this.db);
    this.upkeep = new CheckpointUpkeep(this.db);
  }

  /** Opens (and makes, folders included) the file at `path`. */
  static open(path: string, settings: Readonly<CheckpointerSettings> = new Settings()): SqliteCheckpointer {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
    return new SqliteCheckpointer(path, settings);
  }

  /** Whether checkpoints can be written; while they cannot, the writes of runs wait. */
  get health(): WriteHealth {
    return this.waiting.health;
  }

  /** The thread's newest root checkpoint, or null when it has none. One indexed read. */
  newestRootCheckpoint(threadId: string): RootCheckpoint | null {
    return this.newestCheckpoint(threadId, '');
  }

  /** The newest checkpoint of one graph of the thread; `checkpointNs` is '' for the root, segments joined by `|`. */
  newestCheckpoint(threadId: string, checkpointNs: string): SavedCheckpoint | null {
    const head = this.rows.head(threadId, checkpointNs);
    if (head === undefined) return null;
    const ts =
      timestampAt(head.beginning) ??
      this.timestampOf({ thread_id: threadId, checkpoint_ns: checkpointNs, checkpoint_id: head.checkpoint_id });
    return { id: head.checkpoint_id, ts };
  }

  /** Whether the thread has this checkpoint of the graph at `checkpointNs`. */
  hasCheckpoint(threadId: string, checkpointNs: string, checkpointId: string): boolean {
    return this.rows.has({ thread_id: threadId, checkpoint_ns: checkpointNs, checkpoint_id: checkpointId });
  }

  /**
   * Ids of the tasks of one graph whose writes are saved, in its newest step and in those before: they are not run
   * again.
   */
  finishedTasks(threadId: string, checkpointNs: string): Set<string> {
    return new Set(this.rows.finishedTasks(threadId, checkpointNs));
  }

  /**
   * Epoch milliseconds of the newest root checkpoint that this process saved for the thread, 0 when there is none: the
   * floor for the timestamps of its events.
   */
  rootTimestamp(threadId: string): number {
    return this.rootTimestamps.get(threadId) ?? 0;
  }

  override async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    const { thread_id, checkpoint_ns = '', checkpoint_id } = configurableOf(config);
    if (thread_id === undefined) return undefined;
    if (!checkpoint_id) {
      const newest = this.rows.newest(thread_id, checkpoint_ns);
      return newest && this.toTuple(newest);
    }
    const row = this.rows.find({ thread_id, checkpoint_ns, checkpoint_id });
    return row && { ...(await this.toTuple(row)), config };
  }

  override async *list(config: RunnableConfig, options: CheckpointListOptions = {}): AsyncGenerator<CheckpointTuple> {
    const { sql, parameters } = checkpointSelection(configurableOf(config), options, (value) =>
      this.serializer.text(value),
    );
    for (const row of this.db.prepare<unknown[], CheckpointRow>(sql).all(...parameters)) yield await this.toTuple(row);
  }

  /**
   * Stores a checkpoint. A run's waits while the storage is in trouble, until `config.signal` fires; one without a
   * signal is refused then.
   * @throws UnstorableValueError for a value that would not come back; the database's error
   */
  override async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
  ): Promise<RunnableConfig> {
    const { thread_id, checkpoint_ns = '', checkpoint_id: parent } = configurableOf(config);
    if (!thread_id) throw new TypeError('A checkpoint without a thread_id cannot be stored.');
    // Before the write, so that no event of this step can be stamped below it.
    if (checkpoint_ns === '') this.rememberTimestamp(thread_id, Date.parse(checkpoint.ts));
    const key = { thread_id, checkpoint_ns, checkpoint_id: checkpoint.id };
    const row: CheckpointRow = {
      ...key,
      parent_checkpoint_id: parent ?? null,
      type: 'marked-json',
      checkpoint: Buffer.from(this.checkpointText(checkpoint)),
      metadata: Buffer.from(this.serializer.text(checkpointMetadata(config, metadata))),
    };
    await this.write(() => this.rows.put(row), config.signal);
    return { configurable: key };
  }

  /** Stores what a task has written; waits as `put` does. @throws as `put` does */
  override async putWrites(config: RunnableConfig, writes: PendingWrite[], taskId: string): Promise<void> {
    const { thread_id, checkpoint_ns = '', checkpoint_id } = configurableOf(config);
    if (!thread_id || !checkpoint_id)
      throw new TypeError('Writes without a thread_id and a checkpoint_id cannot be stored.');
    const stored = writes.map(([channel, value]) => this.storedWrite(channel, value));
    await this.write(
      () => this.rows.putWrites({ thread_id, checkpoint_ns, checkpoint_id }, taskId, stored),
      config.signal,
    );
  }

  override async deleteThread(threadId: string): Promise<void> {
    this.rootTimestamps.delete(threadId);
    this.waiting.now(() => this.rows.removeThread(threadId));
  }

  /**
   * Removes what was stored after the root checkpoint named, in all namespaces of the thread; null removes all. Waits
   * while the storage is in trouble.
   */
  rollBackTo(threadId: string, checkpointId: string | null): Promise<void> {
    return this.waiting.whenPossible(() => this.rows.removeAfter(threadId, checkpointId));
  }

  countResumes(task: TaskRef): number {
    return this.taskWrites.countResumes(task);
  }

  isFinished(task: TaskRef): boolean {
    return this.taskWrites.isFinished(task);
  }

  /**
   * Makes a task forget the answers after the first `keep`, so that it asks for them again. Waits as `rollBackTo` does.
   */
  trimResumes(task: TaskRef, keep: number): Promise<void> {
    return this.waiting.whenPossible(() => this.taskWrites.trimResumes(task, keep));
  }

  async copyThread(from: string, to: string): Promise<void> {
    this.waiting.now(() => this.upkeep.copy(from, to));
  }

  async prune(threadId: string, keeping: CheckpointKeeping): Promise<void> {
    this.waiting.now(() => this.upkeep.prune(threadId, keeping));
  }

  threadAfter(after: string): string | null {
    return this.upkeep.threadAfter(after);
  }

  async patchMetadata(threadId: string, patch: Readonly<Record<string, unknown>>): Promise<boolean> {
    const row = this.rows.newest(threadId, '');
    if (row === undefined) return false;
    const type = row.type ?? 'json';
    const stored = this.serializer.read(type, row.metadata) as CheckpointMetadata;
    const metadata = Buffer.from(this.serializer.text(patchedMetadata(stored, patch)));
    // One type says how both are written.
    const checkpoint =
      type === 'marked-json'
        ? row.checkpoint
        : Buffer.from(this.checkpointText(this.serializer.read(type, row.checkpoint) as Checkpoint));
    this.waiting.now(() => this.rows.put({ ...row, type: 'marked-json', checkpoint, metadata }));
    return true;
  }

  /** Closes the file, and ends all waits; nothing may use the checkpointer afterwards. */
  close(): void {
    this.waiting.close();
    this.db.close();
  }

  private write(write: () => void, signal: AbortSignal | undefined): Promise<void> | void {
    return signal ? this.waiting.whenPossible(write, signal) : this.waiting.now(write);
  }

  /** Begins with `v`, `id` and `ts`, for `timestampAt`. */
  private checkpointText({ v, id, ts, channel_values, channel_versions, versions_seen }: Checkpoint): string {
    try {
      return this.serializer.text({ v, id, ts, channel_values, channel_versions, versions_seen }, CHECKPOINT_LEVELS);
    } catch (error) {
      if (!(error instanceof UnstorableValueError)) throw error;
      throw error.keys[0] === 'channel_values'
        ? error.of(`Channel "${String(error.keys[1])}"`, 2)
        : error.of('The checkpoint');
    }
  }

  private storedWrite(channel: string, value: unknown): Omit<WriteRow, 'task_id'> {
    try {
      const [type, bytes] = this.serializer.stored(value);
      return { channel, type, value: bytes };
    } catch (error) {
      throw error instanceof UnstorableValueError ? error.of(`Channel "${channel}"`) : error;
    }
  }

  private rememberTimestamp(threadId: string, timestamp: number): void {
    this.rootTimestamps.set(threadId, Math.max(timestamp || 0, this.rootTimestamp(threadId)));
  }

  private async toTuple(row: CheckpointRow): Promise<CheckpointTuple> {
    const { thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id: parentId } = row;
    const type = row.type ?? 'json';
    const checkpoint = this.serializer.read(type, row.checkpoint) as Checkpoint;
    if (checkpoint.v < 4 && parentId !== null) await this.migratePendingSends(checkpoint, thread_id, parentId);
    return {
      config: { configurable: { thread_id, checkpoint_ns, checkpoint_id } },
      checkpoint,
      metadata: this.serializer.read(type, row.metadata) as CheckpointMetadata,
      pendingWrites: this.rows
        .writes({ thread_id, checkpoint_ns, checkpoint_id })
        .map((write) => this.toPendingWrite(write)),
      ...(parentId === null
        ? {}
        : { parentConfig: { configurable: { thread_id, checkpoint_ns, checkpoint_id: parentId } } }),
    };
  }

  private toPendingWrite({ task_id, channel, type, value }: WriteRow): CheckpointPendingWrite {
    return [task_id, channel, this.serializer.read(type ?? 'json', value ?? '')];
  }

  /** For a checkpoint of another saver, whose text begins differently: all of it is read. */
  private timestampOf(key: CheckpointKey): number {
    const row = this.rows.find(key) as CheckpointRow;
    return Date.parse((this.serializer.read(row.type ?? 'json', row.checkpoint) as Checkpoint).ts);
  }
}

function configurableOf(config: RunnableConfig): Partial<CheckpointKey> {
  return (config.configurable ?? {}) as Partial<CheckpointKey>;
}
