import { Injectable } from '@nestjs/common';
import type { Metadata, ThreadOutline, ThreadRow } from '../../rows/thread.js';
import { ThreadStorage } from '../../thread-storage.js';
import { Database } from '../database.js';

interface WholeRow extends Omit<ThreadRow, 'metadata' | 'config'> {
  readonly metadataJson: string;
  readonly configJson: string;
}

const OUTLINE = `threads.thread_id AS threadId, owner, status, graph_id AS graphId, assistant_id AS assistantId,
  created_at AS createdAt, updated_at AS updatedAt, state_updated_at AS stateUpdatedAt`;
export const SELECT_THREAD_OUTLINE = `SELECT ${OUTLINE} FROM threads`;
const SELECT_WHOLE = `SELECT ${OUTLINE}, error, metadata_json AS metadataJson, config_json AS configJson
  FROM threads JOIN thread_documents USING (thread_id)`;

/** Threads in SQLite: one synchronous statement per call. */
@Injectable()
export class SqliteThreadStorage extends ThreadStorage {
  private readonly select;
  private readonly selectOutline;
  private readonly selectOwner;

  constructor(database: Database) {
    super();
    const prepare = database.handle.prepare.bind(database.handle);
    this.select = prepare<[string], WholeRow>(`${SELECT_WHOLE} WHERE threads.thread_id = ?`);
    this.selectOutline = prepare<[string], ThreadOutline>(`${SELECT_THREAD_OUTLINE} WHERE thread_id = ?`);
    this.selectOwner = prepare<[string], Pick<ThreadRow, 'owner'>>('SELECT owner FROM threads WHERE thread_id = ?');
  }

  override find(threadId: string): ThreadRow | null {
    const stored = this.select.get(threadId);
    if (!stored) return null;
    const { metadataJson, configJson, ...row } = stored;
    return {
      ...row,
      metadata: JSON.parse(metadataJson) as Metadata,
      config: JSON.parse(configJson) as Record<string, unknown>,
    };
  }

  override outline(threadId: string): ThreadOutline | null {
    return this.selectOutline.get(threadId) ?? null;
  }

  override ownerOf(threadId: string): Pick<ThreadRow, 'owner'> | null {
    return this.selectOwner.get(threadId) ?? null;
  }
}
