import type { Database as SqliteHandle } from 'better-sqlite3';
import type { DataSource } from 'typeorm';

/**
 * The one open database. `handle` is TypeORM's own better-sqlite3 connection: every write is a synchronous
 * statement or `handle.transaction()` on it, so that no transaction spans an `await` (ARCHITECTURE.md, The log).
 */
export class Database {
  /** Absolute path of the SQLite file. */
  readonly path: string;

  constructor(readonly dataSource: DataSource, readonly handle: SqliteHandle, path: string) {
    this.path = path;
  }

  /** Closes the connection; statements are synchronous, so nothing is cut off. Safe to call again. */
  async close(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }
}
