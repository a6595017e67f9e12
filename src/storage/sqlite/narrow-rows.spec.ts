import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '../../config/load-settings.js';
import type { Database } from './database.js';
import { openDatabase } from './open-database.js';

const FIRST = 'NarrowRows1763850000000';
const DEEP = `${'['.repeat(1_500)}${']'.repeat(1_500)}`;

describe('the migration that takes large JSON out of the rows', () => {
  let directory: string;
  let database: Database;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'threadlog-narrow-'));
    database = await openDatabase(loadSettings({ DATABASE_URL: `sqlite://${join(directory, 't.db')}` }), {
      migrate: true,
    });
  });
  afterEach(async () => {
    await database.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const all = (sql: string): unknown[] => database.handle.prepare(sql).raw().all();
  const isApplied = (): boolean => all(`SELECT 1 FROM migrations WHERE name = '${FIRST}'`).length > 0;
  /** Back to the schema before it. */
  const undo = async (): Promise<void> => {
    while (isApplied()) await database.dataSource.undoLastMigration();
  };

  it('keeps every row, there and back', async () => {
    await undo();
    database.handle.exec(`
      INSERT INTO threads (thread_id, owner, status, metadata_json, config_json, error, created_at, updated_at, state_updated_at) VALUES
        ('bound', 'ada', 'error', '{"graph_id":"g","assistant_id":"a","more":1}', '{"c":1}', 'boom', 1, 2, 3),
        ('free', NULL, 'idle', '{"graph_id":7}', '{}', NULL, 4, 5, 6),
        ('deep', NULL, 'idle', '{"deep":${DEEP}}', '{}', NULL, 4, 5, 6);
      INSERT INTO runs (run_id, thread_id, assistant_id, graph_id, status, metadata_json, kwargs_json, error, created_at, updated_at) VALUES
        ('r1', 'bound', 'a', 'g', 'error', '{"m":1}', '{"input":{"x":1},"config":{}}', 'boom', 1, 2),
        ('r2', 'bound', 'a', 'g', 'pending', '{}', '{"input":null,"config":{},"command":{"resume":{"i1":"yes","i2":{"deep":true}}}}', NULL, 3, 4),
        ('r3', 'bound', 'a', 'g', 'success', '{}', '{"input":${DEEP},"config":{}}', NULL, 3, 4);
      DELETE FROM runs WHERE run_id = 'r3';
      INSERT INTO interrupts VALUES ('bound', 'i1', 'r1', '[]', 'task', '{"payload":1}', 7, 'r2', NULL, 1),
        ('bound', 'i2', 'r1', '["n:1"]', 'task', '{"payload":2}', 8, NULL, NULL, 1);
      INSERT INTO store_items VALUES ('', '["a"]', 'k', '{"v":1}', 0, 0);
      INSERT INTO sessions VALUES ('bound', NULL, 'a', 1, '{}', 'env', 't', '{}', '[{}]', 1, 2, NULL);
    `);
    const tables = [
      'threads',
      'runs',
      'interrupts',
      'store_items',
      'sessions',
      'assistants',
      'assistant_versions',
      'environments',
      'crons',
    ];
    // By name: a column that was dropped and comes back is the last one.
    const contents = (): unknown => tables.map((table) => {
      const rows = database.handle.prepare<[], Record<string, unknown>>(`SELECT * FROM ${table}`).all();
      return rows.map((row) => Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))));
    });
    const before = contents();

    await database.dataSource.runMigrations();
    expect(all('SELECT thread_id, graph_id, assistant_id, error FROM threads ORDER BY created_at, thread_id')).toEqual([
      ['bound', 'g', 'a', 'boom'], ['deep', null, null, null], ['free', null, null, null],
    ]);
    expect(all("SELECT metadata_json, config_json FROM thread_documents WHERE thread_id = 'bound'")).toEqual([
      ['{"graph_id":"g","assistant_id":"a","more":1}', '{"c":1}'],
    ]);
    expect(
      all(
        'SELECT run_id, error, answers_json, metadata_json FROM runs JOIN run_documents USING (position) ORDER BY position',
      ),
    ).toEqual([
      ['r1', 'boom', '[]', '{"m":1}'],
      ['r2', null, '["i1","i2"]', '{}'],
    ]);
    expect(
      all(
        'SELECT interrupt_id, answered_by_run, data_json FROM interrupts JOIN interrupt_documents USING (interrupt_key)',
      ),
    ).toEqual([
      ['i1', 'r2', '{"payload":1}'],
      ['i2', null, '{"payload":2}'],
    ]);
    expect(all("SELECT name FROM sqlite_master WHERE name IN ('sessions_by_owner', 'sessions_holding')")).toHaveLength(
      2,
    );
    // Positions are never given again, also after the newest run was removed.
    database.handle.exec(
      `INSERT INTO runs (run_id, thread_id, assistant_id, graph_id, created_at, updated_at) VALUES ('r4', 'bound', 'a', 'g', 1, 1)`,
    );
    expect(all("SELECT position FROM runs WHERE run_id = 'r4'")).toEqual([[4]]);
    database.handle.exec("DELETE FROM runs WHERE run_id = 'r4'");

    await undo();
    expect(contents()).toEqual(before);
  });

  it('takes the documents along when their row goes', () => {
    database.handle.exec(`
      INSERT INTO threads (thread_id, created_at, updated_at, state_updated_at) VALUES ('t', 1, 1, 1);
      INSERT INTO thread_documents VALUES ('t', '{}', '{}');
      INSERT INTO runs (position, run_id, thread_id, assistant_id, graph_id, created_at, updated_at) VALUES (1, 'r', 't', 'a', 'g', 1, 1);
      INSERT INTO run_documents VALUES (1, '{}', '{}');
      INSERT INTO interrupts (interrupt_key, thread_id, interrupt_id, run_id, namespace, task_id, requested_seq, created_at) VALUES (1, 't', 'i', 'r', '[]', 'k', 2, 1);
      INSERT INTO interrupt_documents VALUES (1, '{}');
      DELETE FROM threads; DELETE FROM runs; DELETE FROM interrupts;
    `);
    for (const table of ['thread_documents', 'run_documents', 'interrupt_documents'])
      expect(all(`SELECT * FROM ${table}`)).toEqual([]);
  });
});
