import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '../../config/load-settings.js';
import type { Database } from './database.js';
import { openDatabase } from './open-database.js';

describe('the migration that gives crons their columns', () => {
  let directory: string;
  let database: Database;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'threadlog-crons-'));
    const settings = loadSettings({ DATABASE_URL: `sqlite://${join(directory, 't.db')}` });
    database = await openDatabase(settings, { migrate: true });
  });
  afterEach(async () => {
    await database.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const all = (sql: string): unknown[] => database.handle.prepare(sql).all();
  const undo = async (): Promise<void> => {
    while (all(`SELECT 1 FROM migrations WHERE name = 'Crons1763930000000'`).length > 0)
      await database.dataSource.undoLastMigration();
  };

  it('keeps every row, there and back, and takes the documents along when their row goes', async () => {
    await undo();
    database.handle.exec(`INSERT INTO crons (cron_id, owner, assistant_id, thread_id, schedule, enabled, payload_json,
        metadata_json, end_time, next_run_at, created_at, updated_at)
      VALUES ('c', 'ada', 'a', 't', '* * * * *', 1, '{"input":1}', '{"m":2}', 3, 4, 5, 6)`);
    const before = all('SELECT * FROM crons');
    await database.dataSource.runMigrations();
    expect(all('SELECT cron_id, next_run_at, timezone, on_run_completed FROM crons')).toEqual([
      { cron_id: 'c', next_run_at: 4, timezone: null, on_run_completed: null },
    ]);
    expect(all('SELECT * FROM cron_documents')).toEqual([
      { cron_id: 'c', payload_json: '{"input":1}', metadata_json: '{"m":2}' },
    ]);
    await undo();
    expect(all('SELECT * FROM crons')).toEqual(before);
    await database.dataSource.runMigrations();
    database.handle.exec('DELETE FROM crons');
    expect(all('SELECT * FROM cron_documents')).toEqual([]);
  });
});
