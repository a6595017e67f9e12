import { Injectable } from '@nestjs/common';
import {
  type AssistantFilter,
  type AssistantQuery,
  type AssistantRow,
  type AssistantSearch,
  AssistantStorage,
  type VersionQuery,
} from '../../assistant-storage.js';
import { Database } from '../database.js';
import { graphLabel, metadataLabels } from './assistant-labels.js';
import { AssistantSearchStatements, folded, scopeOf, SYSTEM_SCOPE } from './assistant-search.js';

type JsonColumns = 'metadata' | 'config' | 'context';

interface StoredAssistant extends Omit<AssistantRow, JsonColumns | 'system'> {
  readonly system: number;
  readonly metadataJson: string;
  readonly configJson: string;
  readonly contextJson: string;
}

const SELECT = `SELECT assistant_id AS assistantId, owner, scope = '${SYSTEM_SCOPE}' AS system, graph_id AS graphId, name,
  description, version, metadata_json AS metadataJson, config_json AS configJson, context_json AS contextJson,
  created_at AS createdAt, updated_at AS updatedAt, archived_at AS archivedAt FROM assistants`;
const COLUMNS = [
  'graph_id', 'name', 'folded_name', 'description', 'version', 'metadata_json', 'config_json', 'context_json',
  'updated_at', 'archived_at',
];

/** `assistants`, `assistant_labels`, `assistant_versions`. Every call is one short synchronous transaction. */
@Injectable()
export class SqliteAssistantStorage extends AssistantStorage {
  private readonly searching;
  private readonly one;
  private readonly byKey;
  private readonly livePage;
  private readonly wholePage;
  private readonly upsert;
  private readonly archiveOne;
  private readonly removeLabels;
  private readonly insertLabel;
  private readonly snapshot;
  private readonly snapshots;
  private readonly oneSnapshot;
  private readonly newest;
  private readonly threadIds;
  private readonly saveOne;
  private readonly replaceOne;
  private readonly archiving;
  private readonly removal;

  constructor(database: Database) {
    super();
    const prepare = database.handle.prepare.bind(database.handle);
    this.searching = new AssistantSearchStatements(database);
    this.one = prepare<[string], StoredAssistant>(`${SELECT} WHERE assistant_id = ?`);
    this.byKey = prepare<[number], StoredAssistant>(`${SELECT} WHERE assistant_key = ?`);
    const page = (archived: string): string => `${SELECT} WHERE scope = :scope ${archived}
      AND (:createdAt IS NULL OR (created_at, assistant_id) < (:createdAt, :id))
      ORDER BY created_at DESC, assistant_id DESC LIMIT :limit`;
    this.livePage = prepare<[Record<string, unknown>], StoredAssistant>(page('AND archived_at IS NULL'));
    this.wholePage = prepare<[Record<string, unknown>], StoredAssistant>(page(''));
    this.upsert = prepare<[Record<string, unknown>], number>(`INSERT INTO assistants
      (assistant_id, scope, owner, created_at, ${COLUMNS.join(', ')})
      VALUES (:assistantId, :scope, :owner, :createdAt, :graphId, :name, :foldedName, :description, :version,
        :metadataJson, :configJson, :contextJson, :updatedAt, :archivedAt)
      ON CONFLICT (assistant_id) DO UPDATE SET ${COLUMNS.map((name) => `${name} = excluded.${name}`).join(', ')}
      RETURNING assistant_key`).pluck();
    this.archiveOne = prepare<[number, number, string], number>(`UPDATE assistants SET archived_at = ?, updated_at = ?
      WHERE assistant_id = ? AND archived_at IS NULL RETURNING assistant_key`).pluck();
    this.removeLabels = prepare<[number]>('DELETE FROM assistant_labels WHERE assistant_key = ?');
    this.insertLabel = prepare<[string, string, number]>(
      'INSERT INTO assistant_labels (scope, label, assistant_key) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    );
    this.snapshot = prepare(`INSERT INTO assistant_versions (assistant_id, version, snapshot_json, created_at)
      VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`);
    this.snapshots = prepare<[Record<string, unknown>], string>(`SELECT snapshot_json FROM assistant_versions
      WHERE assistant_id = :assistantId
      AND (:metadata IS NULL OR metadata_contains(snapshot_json, :metadata))
      ORDER BY version DESC LIMIT :limit OFFSET :offset`).pluck();
    this.oneSnapshot = prepare<[string, number], string>(
      'SELECT snapshot_json FROM assistant_versions WHERE assistant_id = ? AND version = ?',
    ).pluck();
    this.newest = prepare<[string], number | null>(
      'SELECT max(version) FROM assistant_versions WHERE assistant_id = ?',
    ).pluck();
    this.threadIds = prepare<[string, string, string | null, number], string>(`SELECT thread_id FROM threads
      WHERE thread_id > ? AND assistant_id = ? AND owner IS ? ORDER BY thread_id LIMIT ?`).pluck();
    const { handle } = database;
    this.saveOne = handle.transaction((row: AssistantRow) => {
      const snapshot = this.snapshot.run(row.assistantId, row.version, JSON.stringify(row), row.updatedAt);
      if (snapshot.changes === 0) return false;
      this.write(row);
      return true;
    });
    this.replaceOne = handle.transaction((row: AssistantRow) => this.write(row));
    this.archiving = handle.transaction((assistantId: string, now: number) => {
      this.searching.forget();
      const key = this.archiveOne.get(now, now, assistantId);
      if (key !== undefined) this.removeLabels.run(key);
    });
    const removals = ['assistants', 'assistant_versions'].map((table) =>
      prepare<[string]>(`DELETE FROM ${table} WHERE assistant_id = ?`),
    );
    this.removal = handle.transaction((assistantId: string) => {
      this.searching.forget();
      removals.forEach((one) => one.run(assistantId));
    });
  }

  override find(assistantId: string): AssistantRow | null {
    const stored = this.one.get(assistantId);
    return stored ? toRow(stored) : null;
  }

  override list({ owner, before, includeArchived, limit }: AssistantQuery): AssistantRow[] {
    const given = { scope: scopeOf(owner), limit, createdAt: before?.createdAt ?? null, id: before?.id ?? '' };
    return (includeArchived ? this.wholePage : this.livePage).all(given).map(toRow);
  }

  override search(search: AssistantSearch): AssistantRow[] {
    return this.searching.page(search).map((key) => toRow(this.byKey.get(key) as StoredAssistant));
  }

  override count(filter: AssistantFilter): number {
    return this.searching.count(filter);
  }

  override save(row: AssistantRow): boolean {
    return this.saveOne.immediate(row);
  }

  override replace(row: AssistantRow): void {
    this.replaceOne.immediate(row);
  }

  override archive(assistantId: string, now: number): void {
    this.archiving.immediate(assistantId, now);
  }

  override delete(assistantId: string): void {
    this.removal.immediate(assistantId);
  }

  override versions(assistantId: string, { metadata, limit, offset }: VersionQuery): AssistantRow[] {
    const wanted = metadata === null ? null : JSON.stringify({ metadata });
    return this.snapshots.all({ assistantId, metadata: wanted, limit, offset }).map(toSnapshot);
  }

  override version(assistantId: string, version: number): AssistantRow | null {
    const text = this.oneSnapshot.get(assistantId, version);
    return text === undefined ? null : toSnapshot(text);
  }

  override newestVersion(assistantId: string): number {
    return this.newest.get(assistantId) ?? 0;
  }

  override threadsOf(assistantId: string, owner: string | null, after: string, limit: number): string[] {
    return this.threadIds.all(after, assistantId, owner, limit);
  }

  private write({ metadata, config, context, system, ...columns }: AssistantRow): void {
    this.searching.forget();
    const scope = system ? SYSTEM_SCOPE : scopeOf(columns.owner);
    const key = this.upsert.get({
      ...columns,
      scope,
      foldedName: folded(columns.name),
      metadataJson: JSON.stringify(metadata),
      configJson: JSON.stringify(config),
      contextJson: JSON.stringify(context),
    }) as number;
    this.removeLabels.run(key);
    if (system || columns.archivedAt !== null) return;
    const labels = [graphLabel(columns.graphId), ...metadataLabels(metadata).labels];
    for (const label of labels) this.insertLabel.run(scope, label, key);
  }
}

function toRow({ metadataJson, configJson, contextJson, system, ...stored }: StoredAssistant): AssistantRow {
  return {
    ...stored,
    system: system === 1,
    metadata: JSON.parse(metadataJson) as Record<string, unknown>,
    config: JSON.parse(configJson) as Record<string, unknown>,
    context: JSON.parse(contextJson) as Record<string, unknown>,
  };
}

/** Versions of before there were assistants of graphs do not say that they are none. */
function toSnapshot(text: string): AssistantRow {
  const stored = JSON.parse(text) as Omit<AssistantRow, 'system'> & Partial<AssistantRow>;
  return { ...stored, system: stored.system ?? false };
}
