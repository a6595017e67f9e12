import type { Database as SqliteHandle } from 'better-sqlite3';
import { DataSource } from 'typeorm';
import type { BetterSqlite3Driver } from 'typeorm/driver/better-sqlite3/BetterSqlite3Driver.js';
import { databasePath } from '../../config/database-url.js';
import type { Settings } from '../../config/settings.js';
import { type DataFiles, locateDataFiles } from './data-files.js';
import { DatabaseOpenError } from './database-file.js';
import { Database } from './database.js';
import { MIGRATIONS } from './migrations.js';

/** What a write-ahead log may keep on the disk once it is empty again, after a burst. */
const WAL_SIZE_LIMIT_BYTES = 67_108_864;

/** Where the data of the settings is. @throws DatabaseOpenError */
export function dataFilesOf(settings: Readonly<Settings>): DataFiles {
  return locateDataFiles(databasePath(settings.DATABASE_URL));
}

/**
 * Opens the database of the settings, with its directories made. The caller owns its lock (`DatabaseLock`).
 * @param options.migrate runs the pending migrations first, in one transaction
 * @throws DatabaseOpenError naming the file; an error of a migration as it is, with nothing changed
 */
export async function openDatabase(settings: Readonly<Settings>, options: { migrate: boolean }): Promise<Database> {
  const files = dataFilesOf(settings);
  const path = files.database;
  const dataSource = new DataSource({
    type: 'better-sqlite3',
    database: path,
    timeout: settings.SQLITE_BUSY_TIMEOUT_MS,
    migrations: MIGRATIONS,
    migrationsTransactionMode: 'all',
    // Before the first statement of TypeORM, so that the migrations are written under the same rules.
    prepareDatabase: (handle: SqliteHandle) => configure(handle, settings),
  });
  try {
    await dataSource.initialize();
    refuseNewerSchema(handleOf(dataSource));
  } catch (error) {
    await destroyQuietly(dataSource);
    throw new DatabaseOpenError(path, error);
  }
  try {
    if (options.migrate) await dataSource.runMigrations();
  } catch (error) {
    await destroyQuietly(dataSource);
    throw error;
  }
  return new Database(dataSource, handleOf(dataSource), files);
}

/**
 * Sets what SQLite keeps per connection. `journal_mode` and `synchronous` are set at each open: a database whose WAL
 * file is new has another `synchronous` than one that is opened again.
 */
function configure(handle: SqliteHandle, settings: Readonly<Settings>): void {
  const mode = handle.pragma('journal_mode = WAL', { simple: true });
  if (mode !== 'wal') throw new Error(`its file system allows no write-ahead log (journal mode ${String(mode)})`);
  handle.pragma(`synchronous = ${settings.DURABILITY === 'power' ? 'FULL' : 'NORMAL'}`);
  handle.pragma('foreign_keys = ON');
  handle.pragma('temp_store = MEMORY');
  handle.pragma(`cache_size = -${Math.ceil(settings.SQLITE_CACHE_BYTES / 1024)}`);
  handle.pragma(`wal_autocheckpoint = ${settings.SQLITE_CHECKPOINT_PAGES}`);
  handle.pragma(`journal_size_limit = ${WAL_SIZE_LIMIT_BYTES}`);
}

/** A schema that this version does not know must not be written to. */
function refuseNewerSchema(handle: SqliteHandle): void {
  const table = handle.prepare(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'`).get();
  if (!table) return;
  const known = new Set(MIGRATIONS.map((migration) => migration.name));
  const applied = handle.prepare<[], { name: string }>('SELECT name FROM migrations').all();
  const unknown = applied.find(({ name }) => !known.has(name));
  if (unknown) throw new Error(`a newer version of Threadlog has written it (migration ${unknown.name})`);
}

/** TypeORM's own connection: a second one to the same file would wait for its locks. */
function handleOf(dataSource: DataSource): SqliteHandle {
  return (dataSource.driver as BetterSqlite3Driver).databaseConnection as SqliteHandle;
}

async function destroyQuietly(dataSource: DataSource): Promise<void> {
  // The error that is about to be thrown says more than one of closing what was never open.
  if (dataSource.isInitialized) await dataSource.destroy().catch(() => undefined);
}
