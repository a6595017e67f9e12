import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite, { type Database as SqliteHandle } from 'better-sqlite3';
import { nativePartFault } from './sqlite-build.js';

/** A database file cannot be opened: no permission, not a database, written by a newer version, ... */
export class DatabaseOpenError extends Error {
  constructor(readonly path: string, cause: unknown) {
    super(
      `cannot open the database ${path}: ${nativePartFault(cause) ?? (cause as Partial<Error>).message ?? String(cause)}`,
      { cause },
    );
    this.name = 'DatabaseOpenError';
  }
}

/**
 * The code of a SQLite error, such as `SQLITE_BUSY`, or ''. Not by `instanceof`: the native part of better-sqlite3
 * keeps the error class of whoever loaded it first in the process, which need not be the one imported here.
 */
export function sqliteCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : '';
}

/** Makes the directories above a file. */
export function makeDirectories(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (error) {
    throw new DatabaseOpenError(path, error);
  }
}

/** Opens a SQLite file, and makes it and its directories where they are absent. */
export function openFile(path: string, busyTimeoutMs: number): SqliteHandle {
  makeDirectories(path);
  try {
    return new Sqlite(path, { timeout: busyTimeoutMs });
  } catch (error) {
    throw new DatabaseOpenError(path, error);
  }
}
