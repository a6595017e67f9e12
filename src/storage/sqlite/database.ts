import type { Database as SqliteHandle } from 'better-sqlite3';
import type { DataSource } from 'typeorm';
import type { DataFiles } from './data-files.js';
import { WatchedFiles } from './watched-files.js';

/**
 * The one open database. `handle` is TypeORM's own better-sqlite3 connection: every write is a synchronous
 * statement or `handle.transaction()` on it, so that no transaction spans an `await` (ARCHITECTURE.md, The log).
 */
export class Database {
  private readonly watched = new WatchedFiles();
  /** Connections to what is watched. */
  private readonly handles: SqliteHandle[] = [];
  private refusesWrites = false;

  /** @param files where the data is, symbolic links followed */
  constructor(readonly dataSource: DataSource, readonly handle: SqliteHandle, readonly files: DataFiles) {
    this.watch(files.database, handle);
  }

  /** Absolute path of the SQLite file. */
  get path(): string {
    return this.files.database;
  }

  /** Adds a file that must stay where it is while the database is open, and who writes to it. */
  watch(path: string, handle?: SqliteHandle): void {
    this.watched.watch(path);
    if (handle) this.handles.push(handle);
  }

  /**
   * What keeps the files from holding what is written, or null. While there is something, every write through the
   * watched connections fails as on a read-only database (SQLITE_READONLY), instead of reaching a file that nobody
   * will find.
   */
  fileFault(): Error | null {
    const fault = this.watched.fault();
    if ((fault !== null) !== this.refusesWrites) {
      this.refusesWrites = fault !== null;
      for (const handle of this.handles)
        if (handle.open) handle.pragma(`query_only = ${this.refusesWrites ? 'ON' : 'OFF'}`);
    }
    return fault;
  }

  /** Closes the connection; statements are synchronous, so nothing is cut off. Safe to call again. */
  async close(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }
}
