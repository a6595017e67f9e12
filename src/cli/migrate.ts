import { createLogger } from '../config/logger.js';
import type { Settings } from '../config/settings.js';
import { DatabaseLock } from '../storage/sqlite/database-lock.js';
import { dataFilesOf, openDatabase } from '../storage/sqlite/open-database.js';

/**
 * Runs the pending migrations and nothing else.
 * @throws DatabaseInUseError while a server uses the database, DatabaseOpenError, or the error of a migration
 */
export async function migrate(settings: Readonly<Settings>): Promise<void> {
  const logger = createLogger(settings);
  const { database: file, checkpoints } = dataFilesOf(settings);
  const lock = await DatabaseLock.acquire([file, checkpoints], {
    waitMs: settings.START_LOCK_WAIT_MS,
    onWait: (path) => logger.info({ path }, 'another process owns the database; waiting for it'),
  });
  try {
    const database = await openDatabase(settings, { migrate: false });
    try {
      const ran = await database.dataSource.runMigrations();
      logger.info({ database: database.path, ran: ran.map(({ name }) => name) }, 'the database is up to date');
    } finally {
      await database.close();
    }
  } finally {
    lock.release();
  }
}
