import { join } from 'node:path';
import { Settings } from '../src/config/settings.js';
import { openDatabase } from '../src/storage/sqlite/open-database.js';
import type { EventDraft } from '../src/storage/log/event-draft.js';
import { SqliteLogStorage } from '../src/storage/sqlite/log/sqlite-log-storage.js';

const PER_TRANSACTION = 20_000;
const DATA = (i: number): string => JSON.stringify({ payload: { i, payload: 'x'.repeat(64) } });

/** The settings of a server whose database lies in this folder. */
export function settingsIn(folder: string): Settings {
  return Object.assign(new Settings(), { DATABASE_URL: `sqlite://${join(folder, 'threadlog.db')}` });
}

/** Puts events like those of `firehose` into the log of one thread, by direct inserts; no server may run meanwhile. */
export async function fillLog(folder: string, threadId: string, events: number): Promise<void> {
  const database = await openDatabase(settingsIn(folder), { migrate: true });
  const storage = new SqliteLogStorage(database, settingsIn(folder));
  const append = (from: number, to: number): void => {
    const drafts = Array.from({ length: to - from }, (_, i): EventDraft => (
      { method: 'custom', namespace: ['pour:1'], data: DATA(from + i), runId: 'filled', at: Date.now() }
    ));
    storage.commit([{ threadId, drafts, work: null }]);
  };
  for (let from = 0; from < events; from += PER_TRANSACTION) append(from, Math.min(from + PER_TRANSACTION, events));
  await database.close();
}
