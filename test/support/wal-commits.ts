import { existsSync, readFileSync } from 'node:fs';

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/**
 * Counts the transactions in a database's write-ahead log: the last frame of each carries the size of the database
 * after it, every other frame a zero (SQLite, WAL-mode File Format). Frames from before the last reset have other
 * salts.
 */
export function walCommits(databasePath: string): number {
  const path = `${databasePath}-wal`;
  const wal = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
  if (wal.length < HEADER_BYTES) return 0;
  const frameBytes = FRAME_HEADER_BYTES + wal.readUInt32BE(8);
  const salts = wal.subarray(16, 24);
  let commits = 0;
  for (let at = HEADER_BYTES; at + frameBytes <= wal.length; at += frameBytes) {
    if (!wal.subarray(at + 8, at + 16).equals(salts)) break;
    if (wal.readUInt32BE(at + 4) !== 0) commits += 1;
  }
  return commits;
}
