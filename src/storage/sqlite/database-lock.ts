import { setTimeout as sleep } from 'node:timers/promises';
import type { Database as SqliteHandle } from 'better-sqlite3';
import { DatabaseOpenError, openFile, sqliteCode } from './database-file.js';

const POLL_MS = 100;

/** Another process owns the database, and kept it for as long as this one was willing to wait. */
export class DatabaseInUseError extends Error {
  constructor(readonly databasePath: string, readonly lockPath: string, waitedMs: number) {
    super(`the database ${databasePath} is in use by another process (it holds ${lockPath}; waited ${waitedMs} ms)`);
    this.name = 'DatabaseInUseError';
  }
}

/** What a start may say while it waits. */
export interface LockOptions {
  /** How long to wait for another owner, in ms; 0 tries once. */
  waitMs: number;
  /** Called once, when the lock is taken by another and the wait begins. */
  onWait?: (lockPath: string) => void;
  /** Ends the wait with the signal's reason. */
  signal?: AbortSignal;
}

/**
 * The ownership of a database: one process may have it open for writing (ARCHITECTURE.md, The log).
 *
 * It is an exclusive SQLite transaction on an empty file beside the database, so the kernel frees it with the
 * process, however that ends. The file itself stays; what counts is who holds its lock.
 */
export class DatabaseLock {
  private constructor(readonly path: string, private readonly handle: SqliteHandle) {}

  /**
   * Takes `<databasePath>.lock`, making the file and its directories.
   * @throws DatabaseInUseError after `waitMs`; DatabaseOpenError when the file cannot be opened at all
   */
  static async acquire(databasePath: string, options: LockOptions): Promise<DatabaseLock> {
    const path = `${databasePath}.lock`;
    const deadline = performance.now() + options.waitMs;
    for (let attempt = 0; ; attempt++) {
      const handle = tryLock(path);
      if (handle) return new DatabaseLock(path, handle);
      const left = deadline - performance.now();
      if (left <= 0) throw new DatabaseInUseError(databasePath, path, options.waitMs);
      if (attempt === 0) options.onWait?.(path);
      await sleep(Math.min(POLL_MS, left), undefined, { signal: options.signal });
    }
  }

  /** Lets the next process in. Safe to call again. */
  release(): void {
    this.handle.close();
  }
}

/** The handle that holds the lock, or null while another does. */
function tryLock(path: string): SqliteHandle | null {
  const handle = openFile(path, 0);
  try {
    handle.exec('BEGIN EXCLUSIVE');
    return handle;
  } catch (error) {
    handle.close();
    if (sqliteCode(error).startsWith('SQLITE_BUSY')) return null;
    throw new DatabaseOpenError(path, error);
  }
}
