import { Injectable } from '@nestjs/common';
import { type EnvironmentRow, EnvironmentStorage } from '../../environment-storage.js';
import { Database } from '../database.js';

interface StoredEnvironment extends Omit<EnvironmentRow, 'config' | 'metadata'> {
  readonly configJson: string;
  readonly metadataJson: string;
}

const SELECT = `SELECT environment_id AS environmentId, owner, name, description, config_json AS configJson,
  metadata_json AS metadataJson, created_at AS createdAt, updated_at AS updatedAt, archived_at AS archivedAt FROM environments`;

/** The table `environments`. Every call is one synchronous statement. */
@Injectable()
export class SqliteEnvironmentStorage extends EnvironmentStorage {
  private readonly one;
  private readonly page;
  private readonly upsert;
  private readonly remove;

  constructor(database: Database) {
    super();
    const prepare = database.handle.prepare.bind(database.handle);
    this.one = prepare<[string], StoredEnvironment>(`${SELECT} WHERE environment_id = ?`);
    this.page = prepare<[Record<string, unknown>], StoredEnvironment>(`${SELECT} WHERE owner IS :owner
      AND (:includeArchived OR archived_at IS NULL) ORDER BY created_at DESC, environment_id DESC LIMIT :limit`);
    this.upsert = prepare(`INSERT OR REPLACE INTO environments
      (environment_id, owner, name, description, config_json, metadata_json, created_at, updated_at, archived_at)
      VALUES (:environmentId, :owner, :name, :description, :configJson, :metadataJson, :createdAt, :updatedAt, :archivedAt)`);
    this.remove = prepare('DELETE FROM environments WHERE environment_id = ?');
  }

  override find(environmentId: string): EnvironmentRow | null {
    const stored = this.one.get(environmentId);
    return stored ? toRow(stored) : null;
  }

  override list(owner: string | null, includeArchived: boolean, limit: number): EnvironmentRow[] {
    return this.page.all({ owner, includeArchived: includeArchived ? 1 : 0, limit }).map(toRow);
  }

  override save({ config, metadata, ...row }: EnvironmentRow): void {
    this.upsert.run({ ...row, configJson: JSON.stringify(config), metadataJson: JSON.stringify(metadata) });
  }

  override delete(environmentId: string): void {
    this.remove.run(environmentId);
  }
}

function toRow({ configJson, metadataJson, ...stored }: StoredEnvironment): EnvironmentRow {
  return {
    ...stored,
    config: JSON.parse(configJson) as Record<string, unknown>,
    metadata: JSON.parse(metadataJson) as Record<string, unknown>,
  };
}
