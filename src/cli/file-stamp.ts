import { statSync } from 'node:fs';

/** A file and when it was last changed, in epoch ms with fractions; null while it does not exist. */
export interface FileStamp {
  path: string;
  modified: number | null;
}

/** The file as it is now. */
export function stampOf(path: string): FileStamp {
  return { path, modified: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null };
}

/** What a server under `threadlog dev` tells its supervisor: files that it read, and that it has started. */
export interface SupervisionMessage {
  read?: FileStamp[];
  ready?: true;
}
