/** The database cannot write just now (full disk, busy, I/O error). Nothing was stored; HTTP answers 503. */
export class StorageUnavailableError extends Error {
  constructor(cause: unknown) {
    super('The database cannot write at the moment; nothing was stored. Try again later.', { cause });
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
