import { Injectable } from '@nestjs/common';
import { type AssistantQuery, type AssistantRow, AssistantStorage } from '../assistant-storage.js';
import { Database } from './database.js';

interface StoredAssistant extends Omit<AssistantRow, 'metadata' | 'agent'> {
  readonly metadataJson: string;
  readonly agentJson: string;
}

const SELECT = `SELECT assistant_id AS assistantId, owner, graph_id AS graphId, name, description, version,
  metadata_json AS metadataJson, agent_json AS agentJson, created_at AS createdAt, updated_at AS updatedAt,
  archived_at AS archivedAt FROM assistants`;

/** The tables `assistants` and `assistant_versions`. Every call is one short synchronous transaction. */
@Injectable()
export class SqliteAssistantStorage extends AssistantStorage {
  private readonly one;
  private readonly page;
  private readonly upsert;
  private readonly archiveOne;
  private readonly snapshot;
  private readonly snapshots;
  private readonly store;

  constructor(database: Database) {
    super();
    const prepare = database.handle.prepare.bind(database.handle);
    this.one = prepare<[string], StoredAssistant>(`${SELECT} WHERE assistant_id = ?`);
    this.page = prepare<[Record<string, unknown>], StoredAssistant>(`${SELECT} WHERE owner IS :owner
      AND (:includeArchived OR archived_at IS NULL) AND (:createdAt IS NULL OR (created_at, assistant_id) < (:createdAt, :id))
      ORDER BY created_at DESC, assistant_id DESC LIMIT :limit`);
    this.upsert = prepare(`INSERT INTO assistants
      (assistant_id, owner, graph_id, name, description, version, metadata_json, agent_json, created_at, updated_at)
      VALUES (:assistantId, :owner, :graphId, :name, :description, :version, :metadataJson, :agentJson, :createdAt, :updatedAt)
      ON CONFLICT (assistant_id) DO UPDATE SET graph_id = excluded.graph_id, name = excluded.name,
      description = excluded.description, version = excluded.version, metadata_json = excluded.metadata_json,
      agent_json = excluded.agent_json, updated_at = excluded.updated_at`);
    this.archiveOne = prepare(
      'UPDATE assistants SET archived_at = ?, updated_at = ? WHERE assistant_id = ? AND archived_at IS NULL',
    );
    this.snapshot =
      prepare(`INSERT INTO assistant_versions (assistant_id, version, snapshot_json, created_at) VALUES (?, ?, ?, ?)
      ON CONFLICT DO NOTHING`);
    this.snapshots = prepare<[string], string>(
      'SELECT snapshot_json FROM assistant_versions WHERE assistant_id = ? ORDER BY version DESC',
    ).pluck();
    this.store = database.handle.transaction((row: AssistantRow) => {
      const { metadata, agent, archivedAt: _, ...columns } = row;
      const snapshot = this.snapshot.run(row.assistantId, row.version, JSON.stringify(row), row.updatedAt);
      if (snapshot.changes === 0) return false;
      this.upsert.run({ ...columns, metadataJson: JSON.stringify(metadata), agentJson: JSON.stringify(agent) });
      return true;
    });
  }

  override find(assistantId: string): AssistantRow | null {
    const stored = this.one.get(assistantId);
    return stored ? toRow(stored) : null;
  }

  override list({ before, includeArchived, ...query }: AssistantQuery): AssistantRow[] {
    const given = {
      createdAt: before?.createdAt ?? null,
      id: before?.id ?? '',
      includeArchived: includeArchived ? 1 : 0,
    };
    return this.page.all({ ...query, ...given }).map(toRow);
  }

  override save(row: AssistantRow): boolean {
    return this.store.immediate(row);
  }

  override archive(assistantId: string, now: number): void {
    this.archiveOne.run(now, now, assistantId);
  }

  override versions(assistantId: string): AssistantRow[] {
    return this.snapshots.all(assistantId).map((text) => JSON.parse(text) as AssistantRow);
  }
}

function toRow({ metadataJson, agentJson, ...stored }: StoredAssistant): AssistantRow {
  return {
    ...stored,
    metadata: JSON.parse(metadataJson) as Record<string, unknown>,
    agent: JSON.parse(agentJson) as Record<string, unknown>,
  };
}
