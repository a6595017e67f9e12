/** What a client is told while the database cannot write. */
export const STORAGE_UNAVAILABLE = 'The database cannot write at the moment; nothing was stored. Try again later.';

/** The database cannot write just now (full disk, busy, I/O error). Nothing was stored; HTTP answers 503. */
export class StorageUnavailableError extends Error {
  constructor(cause: unknown) {
    super(STORAGE_UNAVAILABLE, { cause });
    this.name = 'StorageUnavailableError';
  }
}

const STORAGE_CODES = [
  'SQLITE_FULL', 'SQLITE_BUSY', 'SQLITE_LOCKED', 'SQLITE_IOERR', 'SQLITE_READONLY', 'SQLITE_CANTOPEN',
  'SQLITE_NOMEM', 'SQLITE_PROTOCOL',
];

/** True for an error that says the storage is in trouble, not that the data is bad. */
export function isStorageTrouble(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && STORAGE_CODES.some((known) => code === known || code.startsWith(`${known}_`));
}

/** True for an error that is answered 503: refused by the log, or storage trouble that came through as it is. */
export function isStorageUnavailable(error: unknown): boolean {
  return error instanceof StorageUnavailableError || isStorageTrouble(error);
}
