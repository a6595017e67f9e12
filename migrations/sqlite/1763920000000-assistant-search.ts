import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Assistants are searched: an index for each order, and labels of graph and metadata. `scope` says for whom one is
 * listed: `system` for the assistants of graphs, `owner` or `owner:<owner>` for what clients made. What agents say of
 * model and tools moves into the config, where runs read it.
 */
export class AssistantSearch1763920000000 implements MigrationInterface {
  readonly name = 'AssistantSearch1763920000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE assistants RENAME TO former_assistants');
    await queryRunner.query(`CREATE TABLE assistants (
      assistant_key INTEGER PRIMARY KEY,
      assistant_id TEXT NOT NULL UNIQUE,
      scope TEXT NOT NULL,
      owner TEXT,
      graph_id TEXT NOT NULL,
      name TEXT NOT NULL,
      folded_name TEXT NOT NULL,
      version INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      archived_at INTEGER,
      description TEXT,
      metadata_json TEXT NOT NULL,
      config_json TEXT NOT NULL,
      context_json TEXT NOT NULL
    )`);
    await queryRunner.query(`CREATE TABLE assistant_labels (
      scope TEXT NOT NULL,
      label TEXT NOT NULL,
      assistant_key INTEGER NOT NULL REFERENCES assistants (assistant_key) ON DELETE CASCADE,
      PRIMARY KEY (scope, label, assistant_key)
    ) WITHOUT ROWID`);
    await queryRunner.query('CREATE INDEX assistant_labels_of ON assistant_labels (assistant_key)');
    await queryRunner.query(`INSERT INTO assistants
      SELECT NULL, assistant_id, ${SCOPE}, owner, graph_id, coalesce(name, graph_id), lower(coalesce(name, graph_id)),
        version, created_at, updated_at, archived_at, description, metadata_json,
        ${withAgent('config_json', 'agent_json')}, context_json
      FROM former_assistants ORDER BY created_at, assistant_id`);
    await queryRunner.query('DROP TABLE former_assistants');
    for (const [name, columns] of ORDERS) {
      await queryRunner.query(
        `CREATE INDEX assistants_by_${name} ON assistants (scope, ${columns}, archived_at) WHERE archived_at IS NULL`,
      );
    }
    await queryRunner.query(`UPDATE assistant_versions SET snapshot_json = json_remove(json_set(snapshot_json,
      '$.config', json(${withAgent(`'{}'`, `json_extract(snapshot_json, '$.agent')`)}), '$.context', json('{}')), '$.agent')
      WHERE json_type(snapshot_json, '$.config') IS NULL`);
    await label(queryRunner);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE assistant_labels');
    await queryRunner.query(`DELETE FROM assistant_versions WHERE assistant_id IN
      (SELECT assistant_id FROM assistants WHERE scope = 'system')`);
    await queryRunner.query(`UPDATE assistant_versions SET snapshot_json = json_remove(json_set(snapshot_json,
      '$.agent', json(${agentOf(`json_extract(snapshot_json, '$.config')`)})), '$.config', '$.context', '$.system')`);
    await queryRunner.query('ALTER TABLE assistants RENAME TO searched_assistants');
    await queryRunner.query(`CREATE TABLE assistants (
      assistant_id TEXT PRIMARY KEY,
      owner TEXT,
      graph_id TEXT NOT NULL,
      name TEXT,
      description TEXT,
      version INTEGER NOT NULL DEFAULT 1,
      config_json TEXT NOT NULL DEFAULT '{}',
      context_json TEXT NOT NULL DEFAULT '{}',
      metadata_json TEXT NOT NULL DEFAULT '{}',
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    , agent_json TEXT NOT NULL DEFAULT '{}', archived_at INTEGER)`);
    await queryRunner.query(`INSERT INTO assistants
      SELECT assistant_id, owner, graph_id, name, description, version, '{}', context_json, metadata_json, created_at,
        updated_at, ${agentOf('config_json')}, archived_at FROM searched_assistants WHERE scope <> 'system'`);
    await queryRunner.query('DROP TABLE searched_assistants');
  }
}

const SCOPE = `CASE WHEN owner IS NULL THEN 'owner' ELSE 'owner:' || owner END`;

/** Each has what a search compares, so that it reads no row but those of its page. */
const ORDERS = [
  ['creation', 'created_at, assistant_id, folded_name'],
  ['update', 'updated_at, assistant_id, folded_name'],
  ['name', 'folded_name, assistant_id'],
  ['graph', 'graph_id, assistant_id, folded_name'],
  ['id', 'assistant_id, folded_name'],
] as const;

function withAgent(config: string, agent: string): string {
  return `CASE WHEN coalesce(${agent}, '{}') = '{}' THEN ${config}
    ELSE json_set(${config}, '$.configurable', json_object('agent', json(${agent}))) END`;
}

function agentOf(config: string): string {
  return `coalesce(json_extract(${config}, '$.configurable.agent'), '{}')`;
}

async function label(queryRunner: QueryRunner): Promise<void> {
  const page = `SELECT assistant_key AS key, scope, graph_id AS graphId, name, metadata_json AS metadataJson
    FROM assistants WHERE assistant_key > ? AND archived_at IS NULL ORDER BY assistant_key LIMIT 1000`;
  for (let after = 0; ;) {
    const rows = (await queryRunner.query(page, [after])) as LabelledRow[];
    for (const { key, scope, graphId, name, metadataJson } of rows) {
      await queryRunner.query('UPDATE assistants SET folded_name = ? WHERE assistant_key = ?', [name.toLowerCase(), key]);
      const labels = [JSON.stringify(graphId), ...labelsOf(JSON.parse(metadataJson) as object)];
      for (const text of new Set(labels)) {
        await queryRunner.query('INSERT INTO assistant_labels (scope, label, assistant_key) VALUES (?, ?, ?)', [
          scope, text, key,
        ]);
      }
    }
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.key;
  }
}

interface LabelledRow {
  readonly key: number;
  readonly scope: string;
  readonly graphId: string;
  readonly name: string;
  readonly metadataJson: string;
}

function labelsOf(value: object, path: readonly string[] = []): string[] {
  return Object.entries(value).flatMap(([key, part]: [string, unknown]) => {
    const at = [...path, key];
    if (Array.isArray(part)) return [];
    if (typeof part === 'object' && part !== null) return labelsOf(part, at);
    const text = JSON.stringify([at, part]);
    return text.length <= 512 ? [text] : [];
  });
}
