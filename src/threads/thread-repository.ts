import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Database } from '../storage/sqlite/database.js';
import { metadataText } from './metadata-text.js';

export type ThreadStatus = 'idle' | 'busy' | 'interrupted' | 'error';
export type Metadata = Record<string, unknown>;

/** A thread without its metadata and config; times are epoch milliseconds. */
export interface ThreadOutline {
  readonly threadId: string;
  readonly owner: string | null;
  readonly status: ThreadStatus;
  /** `metadata.graph_id`, which binds the thread to a graph, and `metadata.assistant_id`, where they are strings. */
  readonly graphId: string | null;
  readonly assistantId: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** When the newest checkpoint was made, as far as the server knows. */
  readonly stateUpdatedAt: number;
}

export interface ThreadRow extends ThreadOutline {
  readonly metadata: Metadata;
  readonly config: Record<string, unknown>;
  /** Why the last run failed; null unless it did. */
  readonly error: string | null;
}

export interface NewThread {
  threadId: string;
  owner: string | null;
  metadata?: Metadata;
  config?: Record<string, unknown>;
  now: number;
}

interface Documents {
  readonly metadataJson: string;
  readonly configJson: string;
}

const OUTLINE = `threads.thread_id AS threadId, owner, status, graph_id AS graphId, assistant_id AS assistantId,
  created_at AS createdAt, updated_at AS updatedAt, state_updated_at AS stateUpdatedAt`;

/**
 * The table `threads`, and `thread_documents` with what can be large and is needed for whole threads only. Each method
 * is a few synchronous statements, so it can be called on its own or inside a transaction of the event log
 * (ARCHITECTURE.md, The log).
 */
@Injectable()
export class ThreadRepository {
  private readonly select;
  private readonly selectOutline;
  private readonly selectOwner;
  private readonly selectMetadata;
  private readonly insert;
  private readonly insertDocuments;
  private readonly updateStatus;
  private readonly updateIds;
  private readonly updateMetadata;
  private readonly updateStateTime;
  private readonly remove;

  constructor(database: Database, private readonly settings: Settings) {
    const prepare = database.handle.prepare.bind(database.handle);
    this.select = prepare<[string], Omit<ThreadRow, 'metadata' | 'config'> & Documents>(
      `SELECT ${OUTLINE}, error, metadata_json AS metadataJson, config_json AS configJson
       FROM threads JOIN thread_documents USING (thread_id) WHERE threads.thread_id = ?`,
    );
    this.selectOutline = prepare<[string], ThreadOutline>(`SELECT ${OUTLINE} FROM threads WHERE thread_id = ?`);
    this.selectOwner = prepare<[string], Pick<ThreadRow, 'owner'>>('SELECT owner FROM threads WHERE thread_id = ?');
    this.selectMetadata = prepare<[string], string>(
      'SELECT metadata_json FROM thread_documents WHERE thread_id = ?',
    ).pluck();
    this.insert =
      prepare(`INSERT INTO threads (thread_id, owner, graph_id, assistant_id, created_at, updated_at, state_updated_at)
      VALUES (:threadId, :owner, :graphId, :assistantId, :now, :now, :now) ON CONFLICT (thread_id) DO NOTHING`);
    this.insertDocuments = prepare(
      'INSERT INTO thread_documents (thread_id, metadata_json, config_json) VALUES (?, ?, ?)',
    );
    this.updateStatus = prepare('UPDATE threads SET status = ?, error = ?, updated_at = ? WHERE thread_id = ?');
    this.updateIds = prepare('UPDATE threads SET graph_id = ?, assistant_id = ?, updated_at = ? WHERE thread_id = ?');
    this.updateMetadata = prepare('UPDATE thread_documents SET metadata_json = ? WHERE thread_id = ?');
    this.updateStateTime = prepare('UPDATE threads SET state_updated_at = ?, updated_at = ? WHERE thread_id = ?');
    this.remove = prepare('DELETE FROM threads WHERE thread_id = ?');
  }

  /** The whole thread, or null. Whose it is, `Ownership` decides. */
  find(threadId: string): ThreadRow | null {
    const stored = this.select.get(threadId);
    if (!stored) return null;
    const { metadataJson, configJson, ...row } = stored;
    return {
      ...row,
      metadata: JSON.parse(metadataJson) as Metadata,
      config: JSON.parse(configJson) as Record<string, unknown>,
    };
  }

  /** The thread without what can be large, or null. */
  outline(threadId: string): ThreadOutline | null {
    return this.selectOutline.get(threadId) ?? null;
  }

  /**
   * What `Ownership` needs of a thread, or null when there is none; a stream asks for it more often than for the rest.
   */
  ownerOf(threadId: string): Pick<ThreadRow, 'owner'> | null {
    return this.selectOwner.get(threadId) ?? null;
  }

  /**
   * Makes an idle thread unless one has the id. @returns whether it was made
   * @throws LimitExceededError for metadata above MAX_METADATA_BYTES
   */
  insertIfAbsent({ threadId, owner, metadata = {}, config = {}, now }: NewThread): boolean {
    const metadataJson = metadataText(metadata, this.settings);
    if (this.insert.run({ threadId, owner, ...idsOf(metadata), now }).changes === 0) return false;
    this.insertDocuments.run(threadId, metadataJson, JSON.stringify(config));
    return true;
  }

  /** Sets the status, and with it the error of the last run: none unless given. */
  setStatus(threadId: string, status: ThreadStatus, now: number, error: string | null = null): void {
    this.updateStatus.run(status, error, now, threadId);
  }

  /**
   * Replaces the top-level keys of the metadata that `patch` names; the others stay.
   * @throws LimitExceededError when it would grow above MAX_METADATA_BYTES
   */
  mergeMetadata(threadId: string, patch: Metadata, now: number): void {
    const stored = this.selectMetadata.get(threadId);
    if (stored === undefined) return;
    const merged = { ...(JSON.parse(stored) as Metadata), ...patch };
    this.updateMetadata.run(metadataText(merged, this.settings, Buffer.byteLength(stored)), threadId);
    const { graphId, assistantId } = idsOf(merged);
    this.updateIds.run(graphId, assistantId, now, threadId);
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

function idsOf({
  graph_id: graphId,
  assistant_id: assistantId,
}: Metadata): Pick<ThreadOutline, 'graphId' | 'assistantId'> {
  return {
    graphId: typeof graphId === 'string' ? graphId : null,
    assistantId: typeof assistantId === 'string' ? assistantId : null,
  };
}
