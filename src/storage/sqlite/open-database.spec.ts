import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { loadSettings } from '../../config/load-settings.js';
import { Database } from './database.js';
import { DatabaseModule } from './database.module.js';
import { MIGRATIONS } from './migrations.js';
import { openDatabase } from './open-database.js';

describe('openDatabase', () => {
  let directory: string;
  let path: string;
  const open: Database[] = [];
  const openAs = async (env: NodeJS.ProcessEnv, migrate = true): Promise<Database> => {
    const database = await openDatabase(loadSettings({ DATABASE_URL: `sqlite://${path}`, ...env }), { migrate });
    open.push(database);
    return database;
  };
  const schemaOf = (database: Database): unknown[] =>
    database.handle
      .prepare(`SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name`)
      .all();

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'threadlog-database-'));
    path = join(directory, 'a', 'b', 'threadlog.db');
  });
  afterEach(async () => {
    for (const database of open.splice(0)) await database.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('makes the directories, runs the migrations and uses the connection of TypeORM', async () => {
    const database = await openAs({});
    expect(database.path).toBe(path);
    database.handle
      .prepare(
        `INSERT INTO store_items (namespace, key, value_json, created_at, updated_at) VALUES ('["a"]', 'k', '1', 0, 0)`,
      )
      .run();
    expect(await database.dataSource.query('SELECT key FROM store_items')).toEqual([{ key: 'k' }]);
  });

  it('leaves the schema alone when told so', async () => {
    expect(schemaOf(await openAs({}, false))).toEqual([]);
  });

  it.each([
    ['process', 1],
    ['power', 2],
  ])('sets WAL and synchronous for DURABILITY=%s on a new and on an existing file', async (DURABILITY, synchronous) => {
    for (const _ of ['new', 'existing']) {
      const database = await openAs({
        DURABILITY,
        SQLITE_CACHE_BYTES: '1048576',
        SQLITE_BUSY_TIMEOUT_MS: '7',
        SQLITE_CHECKPOINT_PAGES: '77',
      });
      const pragma = (name: string): unknown => database.handle.pragma(name, { simple: true });
      expect([pragma('journal_mode'), pragma('synchronous')]).toEqual(['wal', synchronous]);
      expect([pragma('foreign_keys'), pragma('cache_size'), pragma('busy_timeout')]).toEqual([1, -1024, 7]);
      expect(pragma('wal_autocheckpoint')).toBe(77);
      await database.close();
    }
  });

  it('migrates down to nothing and up again to the same schema', async () => {
    const database = await openAs({});
    const migrated = schemaOf(database);
    expect(migrated.length).toBeGreaterThan(MIGRATIONS.length);
    for (const _ of MIGRATIONS) await database.dataSource.undoLastMigration();
    expect(schemaOf(database)).toEqual(migrated.filter((row) => (row as { name: string }).name === 'migrations'));
    await database.dataSource.runMigrations();
    expect(schemaOf(database)).toEqual(migrated);
  });

  it('takes recent events along when their table goes', async () => {
    const database = await openAs({});
    const insert = (table: string, seq: number): void => {
      database.handle
        .prepare(
          `INSERT INTO ${table} (thread_key, seq, kind, cursor_only, channel, namespace, timestamp, envelope)
        VALUES (1, ?, 0, 0, 'custom', '[]', 5, '{}')`,
        )
        .run(seq);
    };
    insert('events', 2);
    insert('recent_events', 3);
    const isThere = database.handle.prepare(`SELECT 1 FROM sqlite_master WHERE name = 'recent_events'`);
    while (isThere.get()) await database.dataSource.undoLastMigration();
    expect(database.handle.prepare('SELECT seq FROM events ORDER BY seq').pluck().all()).toEqual([2, 3]);
    await database.dataSource.runMigrations();
    expect(database.handle.prepare('SELECT seq FROM log_events ORDER BY seq').pluck().all()).toEqual([2, 3]);
  });

  it('refuses a database that a newer version has written', async () => {
    const database = await openAs({});
    database.handle.prepare(`INSERT INTO migrations (timestamp, name) VALUES (9, 'Future9')`).run();
    await database.close();
    await expect(openAs({})).rejects.toThrow(
      `cannot open the database ${path}: a newer version of Threadlog has written it (migration Future9)`,
    );
  });

  it('names a file that is no database', async () => {
    path = join(directory, 'text.db');
    writeFileSync(path, 'this is no database, and longer than a header of one hundred bytes would be'.repeat(3));
    await expect(openAs({})).rejects.toThrow(`cannot open the database ${path}: file is not a database`);
  });

  it('is given to Nest modules as it is, and closed with the application', async () => {
    const database = await openAs({});
    const module = await Test.createTestingModule({ imports: [DatabaseModule.forRoot(database)] }).compile();
    expect(module.get(Database)).toBe(database);
    expect(module.get(DataSource, { strict: false })).toBe(database.dataSource);
    await module.init();
    await module.close();
    expect(database.handle.open).toBe(false);
  });
});
