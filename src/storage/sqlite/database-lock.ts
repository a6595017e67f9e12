import { setTimeout as sleep } from 'node:timers/promises';
import type { Database as SqliteHandle } from 'better-sqlite3';
import { assertSoleName, assertWritable } from './data-files.js';
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
 * For each file it is an exclusive SQLite transaction on an empty file beside it, so the kernel frees it with the
 * process, however that ends. The lock files stay; what counts is who holds their locks. The database itself is not
 * locked, so that other programs (a backup, a shell) can read it.
 */
export class DatabaseLock {
  private constructor(readonly paths: readonly string[], private readonly handles: readonly SqliteHandle[]) {}

  /**
   * Takes `<file>.lock` for each file, making the lock files and their directories.
   * @param files paths without symbolic links (`locateDataFiles`); the first is named when another process has them
   * @throws DatabaseInUseError after `waitMs`; DatabaseOpenError when a lock cannot be opened at all, or a file has
   *   several names or cannot be written
   */
  static async acquire(files: readonly [string, ...string[]], options: LockOptions): Promise<DatabaseLock> {
    const deadline = performance.now() + options.waitMs;
    const paths = files.map((file) => `${file}.lock`);
    const handles: SqliteHandle[] = [];
    try {
      for (const path of paths) handles.push(await lock(path, files[0], deadline, options));
      // Only now: the owner before may have made them.
      for (const file of files) {
        assertSoleName(file);
        assertWritable(file);
      }
      return new DatabaseLock(paths, handles);
    } catch (error) {
      for (const handle of handles) handle.close();
      throw error;
    }
  }

  /** Lets the next process in. Safe to call again. */
  release(): void {
    for (const handle of this.handles) handle.close();
  }
}

/** Waits for one lock until `deadline` (as `performance.now()`). */
async function lock(path: string, databasePath: string, deadline: number, options: LockOptions): Promise<SqliteHandle> {
  for (let attempt = 0; ; attempt++) {
    const handle = tryLock(path);
    if (handle) return handle;
    const left = deadline - performance.now();
    if (left <= 0) throw new DatabaseInUseError(databasePath, path, options.waitMs);
    if (attempt === 0) options.onWait?.(path);
    await sleep(Math.min(POLL_MS, left), undefined, { signal: options.signal });
  }
}

/** The handle that holds the lock, or null while another does. */
function tryLock(path: string): SqliteHandle | null {
  assertWritable(path);
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
