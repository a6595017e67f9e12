import { Injectable } from '@nestjs/common';
import type { Statement } from 'better-sqlite3';
import { Database } from '../storage/sqlite/database.js';

export type ThreadStatus = 'idle' | 'busy' | 'interrupted' | 'error';
export type Metadata = Record<string, unknown>;

/** A row of `threads`; times are epoch milliseconds. */
export interface ThreadRow {
  readonly threadId: string;
  readonly owner: string | null;
  readonly status: ThreadStatus;
  /** `graph_id` binds the thread to a graph. */
  readonly metadata: Metadata;
  readonly config: Record<string, unknown>;
  /** Why the last run failed; null unless it did. */
  readonly error: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** When the newest checkpoint was made, as far as the server knows. */
  readonly stateUpdatedAt: number;
}

export interface NewThread {
  threadId: string;
  owner: string | null;
  metadata?: Metadata;
  config?: Record<string, unknown>;
  now: number;
}

interface StoredThread {
  thread_id: string;
  owner: string | null;
  status: ThreadStatus;
  metadata_json: string;
  config_json: string;
  error: string | null;
  created_at: number;
  updated_at: number;
  state_updated_at: number;
}

/**
 * The table `threads`. Each method is one or two synchronous statements, so it can be called on its own or inside a
 * transaction of the event log (ARCHITECTURE.md, The log).
 */
@Injectable()
export class ThreadRepository {
  private readonly select: Statement<[string], StoredThread>;
  private readonly selectOwner: Statement<[string], Pick<ThreadRow, 'owner'>>;
  private readonly insert: Statement<unknown[]>;
  private readonly updateStatus: Statement<unknown[]>;
  private readonly updateMetadata: Statement<unknown[]>;
  private readonly updateStateTime: Statement<unknown[]>;
  private readonly remove: Statement<unknown[]>;

  constructor(database: Database) {
    const { handle } = database;
    this.select = handle.prepare('SELECT * FROM threads WHERE thread_id = ?');
    this.selectOwner = handle.prepare('SELECT owner FROM threads WHERE thread_id = ?');
    this.insert = handle.prepare(`INSERT INTO threads
      (thread_id, owner, metadata_json, config_json, created_at, updated_at, state_updated_at)
      VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (thread_id) DO NOTHING`);
    this.updateStatus = handle.prepare('UPDATE threads SET status = ?, error = ?, updated_at = ? WHERE thread_id = ?');
    this.updateMetadata = handle.prepare('UPDATE threads SET metadata_json = ?, updated_at = ? WHERE thread_id = ?');
    this.updateStateTime = handle.prepare('UPDATE threads SET state_updated_at = ?, updated_at = ? WHERE thread_id = ?');
    this.remove = handle.prepare('DELETE FROM threads WHERE thread_id = ?');
  }

  /** The thread, or null. Whose it is, `Ownership` decides. */
  find(threadId: string): ThreadRow | null {
    const stored = this.select.get(threadId);
    return stored ? toRow(stored) : null;
  }

  /** What `Ownership` needs of a thread, or null when there is none; a stream asks for it more often than for the rest. */
  ownerOf(threadId: string): Pick<ThreadRow, 'owner'> | null {
    return this.selectOwner.get(threadId) ?? null;
  }

  /** Makes an idle thread unless one has the id. @returns whether it was made */
  insertIfAbsent({ threadId, owner, metadata = {}, config = {}, now }: NewThread): boolean {
    const values = [threadId, owner, JSON.stringify(metadata), JSON.stringify(config), now, now, now];
    return this.insert.run(...values).changes === 1;
  }

  /** Sets the status, and with it the error of the last run: none unless given. */
  setStatus(threadId: string, status: ThreadStatus, now: number, error: string | null = null): void {
    this.updateStatus.run(status, error, now, threadId);
  }

  /** Replaces the top-level keys of the metadata that `patch` names; the others stay. */
  mergeMetadata(threadId: string, patch: Metadata, now: number): void {
    const stored = this.select.get(threadId);
    if (!stored) return;
    const merged = { ...(JSON.parse(stored.metadata_json) as Metadata), ...patch };
    this.updateMetadata.run(JSON.stringify(merged), now, threadId);
  }

  /** Notes that the thread has a new checkpoint. */
  touchState(threadId: string, now: number): void {
    this.updateStateTime.run(now, now, threadId);
  }

  /** Removes the row alone: the log keeps its head, the checkpointer its checkpoints. */
  delete(threadId: string): void {
    this.remove.run(threadId);
  }
}

function toRow(stored: StoredThread): ThreadRow {
  return {
    threadId: stored.thread_id,
    owner: stored.owner,
    status: stored.status,
    metadata: JSON.parse(stored.metadata_json) as Metadata,
    config: JSON.parse(stored.config_json) as Record<string, unknown>,
    error: stored.error,
    createdAt: stored.created_at,
    updatedAt: stored.updated_at,
    stateUpdatedAt: stored.state_updated_at,
  };
}
