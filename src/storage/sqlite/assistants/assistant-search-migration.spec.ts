import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '../../../config/load-settings.js';
import type { Database } from '../database.js';
import { openDatabase } from '../open-database.js';
import { SqliteAssistantStorage } from './sqlite-assistant-storage.js';

const NAME = 'AssistantSearch1763920000000';

describe('the migration that makes assistants searchable', () => {
  let directory: string;
  let database: Database;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'threadlog-assistants-'));
    database = await openDatabase(loadSettings({ DATABASE_URL: `sqlite://${join(directory, 't.db')}` }), {
      migrate: true,
    });
  });
  afterEach(async () => {
    await database.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const all = (sql: string): unknown[] => database.handle.prepare(sql).all();
  const undo = async (): Promise<void> => {
    while (all(`SELECT 1 FROM migrations WHERE name = '${NAME}'`).length > 0) {
      await database.dataSource.undoLastMigration();
    }
  };

  it('keeps the agents that clients made, with their settings and versions, there and back', async () => {
    await undo();
    const insert = database.handle.prepare(`INSERT INTO assistants
      (assistant_id, owner, graph_id, name, version, metadata_json, agent_json, created_at, updated_at, archived_at)
      VALUES (?, ?, 'agent', ?, 1, ?, ?, 1, 2, ?)`);
    insert.run('a', 'ada', 'ÄDA', '{"team":"red","deep":{"n":1.50}}', '{"model":{"id":"m"},"tools":[1.0]}', null);
    insert.run('b', null, null, '{}', '{}', null);
    insert.run('c', null, 'old', '{"team":"red"}', '{}', 9);
    const snapshot = { assistantId: 'a', graphId: 'agent', version: 1, metadata: {}, agent: { model: { id: 'm' } } };
    database.handle
      .prepare('INSERT INTO assistant_versions VALUES (?, 1, ?, 1)')
      .run('a', JSON.stringify(snapshot));
    const before = [all('SELECT * FROM assistants ORDER BY assistant_id'), all('SELECT * FROM assistant_versions')];

    await database.dataSource.runMigrations();
    const storage = new SqliteAssistantStorage(database);
    expect(storage.find('a')).toMatchObject({
      system: false, owner: 'ada', name: 'ÄDA', config: { configurable: { agent: { model: { id: 'm' }, tools: [1] } } },
      context: {}, metadata: { team: 'red', deep: { n: 1.5 } },
    });
    expect(storage.find('b')).toMatchObject({ name: 'agent', config: {} });
    expect(storage.version('a', 1)).toEqual({
      assistantId: 'a', graphId: 'agent', version: 1, metadata: {}, system: false, context: {},
      config: { configurable: { agent: { model: { id: 'm' } } } },
    });
    const filter = { owner: 'ada', systemGraphIds: [], graphId: 'agent', name: 'äda', metadata: { deep: { n: 1.5 } } };
    expect([storage.count(filter), storage.count({ ...filter, owner: null })]).toEqual([1, 0]);
    const unowned = { ...filter, owner: null, name: null, metadata: null };
    expect(storage.count(unowned)).toBe(1);

    await undo();
    const [assistants, versions] = before as [Record<string, unknown>[], unknown[]];
    expect(all('SELECT * FROM assistants ORDER BY assistant_id')).toEqual(
      assistants.map((one) => ({ ...one, name: one.name ?? 'agent' })),
    );
    expect(all('SELECT * FROM assistant_versions')).toEqual(versions);
  });
});
