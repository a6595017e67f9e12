import { accessSync, constants, lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { DatabaseOpenError, makeDirectories } from './database-file.js';

/** The files of a server's data, each by the one path that it has once symbolic links are followed. */
export interface DataFiles {
  /** The log, threads, runs, interrupts and store items. */
  readonly database: string;
  /** LangGraph's checkpoints: beside the database, whichever link it is reached by. */
  readonly checkpoints: string;
}

/**
 * Follows the symbolic links of a configured path, so that a lock has the same name for everybody who opens the file.
 * @throws DatabaseOpenError when the directories cannot be made, or when other checkpoints lie beside a link to the
 *   database
 */
export function locateDataFiles(configured: string): DataFiles {
  const database = followLinks(configured);
  const checkpoints = followLinks(`${database}-checkpoints`);
  const besideLink = `${configured}-checkpoints`;
  if (isThere(besideLink) && followLinks(besideLink) !== checkpoints) {
    throw new DatabaseOpenError(
      configured,
      new Error(
        `it is a link to ${database}, and checkpoints belong beside that: move ${besideLink} (with its -wal and -shm) to ${checkpoints}, or remove it`,
      ),
    );
  }
  return { database, checkpoints };
}

/**
 * The path of a file without symbolic links, whether or not it exists; the directories above it are made.
 * @throws DatabaseOpenError
 */
export function followLinks(path: string): string {
  makeDirectories(path);
  try {
    if (isThere(path)) return realpathSync.native(path);
    const directory = realpathSync.native(dirname(path));
    const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
    // A link to nothing: the file will be made where it points.
    return isLink ? followLinks(resolve(directory, readlinkSync(path))) : join(directory, basename(path));
  } catch (error) {
    throw error instanceof DatabaseOpenError ? error : new DatabaseOpenError(path, error);
  }
}

/**
 * Refuses a file with several names (hard links): each name has a write-ahead log of its own, so that what was written
 * under one is lost under another, or damages the file.
 * @throws DatabaseOpenError; a file that does not exist yet is fine
 */
export function assertSoleName(path: string): void {
  const names = statSync(path, { throwIfNoEntry: false })?.nlink ?? 1;
  if (names === 1) return;
  throw new DatabaseOpenError(
    path,
    new Error(
      `it has ${names} names (hard links), and its write-ahead log belongs to one of them: remove the others, or copy instead of linking`,
    ),
  );
}

/**
 * Refuses a file that cannot be written: SQLite would open it all the same, and its lock would lock nothing.
 * @throws DatabaseOpenError; a file that does not exist yet is fine
 */
export function assertWritable(path: string): void {
  try {
    if (isThere(path)) accessSync(path, constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'EROFS' ? 'its file system is read-only' : `it cannot be written (${String(code)})`;
    throw new DatabaseOpenError(path, new Error(reason, { cause: error }));
  }
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
