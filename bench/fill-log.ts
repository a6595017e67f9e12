import { join } from 'node:path';
import { Settings } from '../src/config/settings.js';
import { openDatabase } from '../src/database/open-database.js';
import { EventRows } from '../src/event-log/event-rows.js';
import { ThreadHeads } from '../src/event-log/thread-head.js';
import { ThreadTransaction } from '../src/event-log/thread-transaction.js';

const PER_TRANSACTION = 20_000;
const DATA = (i: number): string => JSON.stringify({ payload: { i, payload: 'x'.repeat(64) } });

/** The settings of a server whose database lies in this folder. */
export function settingsIn(folder: string): Settings {
  return Object.assign(new Settings(), { DATABASE_URL: `sqlite://${join(folder, 'threadlog.db')}` });
}

/** Puts events like those of `firehose` into the log of one thread, by direct inserts; no server may run meanwhile. */
export async function fillLog(folder: string, threadId: string, events: number): Promise<void> {
  const database = await openDatabase(settingsIn(folder), { migrate: true });
  const { handle } = database;
  const heads = new ThreadHeads(handle);
  const rows = new EventRows(handle);
  const append = handle.transaction((from: number, to: number) => {
    const transaction = new ThreadTransaction(handle, threadId, heads, rows);
    for (let i = from; i < to; i += 1) {
      transaction.append({ method: 'custom', namespace: ['pour:1'], data: DATA(i), runId: 'filled', at: Date.now() });
      transaction.events.length = 0;
    }
    transaction.finish();
  });
  for (let from = 0; from < events; from += PER_TRANSACTION) append(from, Math.min(from + PER_TRANSACTION, events));
  await database.close();
}
