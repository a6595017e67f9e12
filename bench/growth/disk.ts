import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../src/storage/sqlite/open-database.js';
import { Compaction } from '../../src/event-log/compaction.js';
import { EventLog } from '../../src/event-log/event-log.js';
import { SqliteLogStorage } from '../../src/storage/sqlite/log/sqlite-log-storage.js';
import { SqliteLogUpkeep } from '../../src/storage/sqlite/log/sqlite-log-upkeep.js';
import { SupersededRows } from '../../src/event-log/superseded-rows.js';
import { ThreadSubjects } from '../../src/event-log/thread-subjects.js';
import { WriteHealth } from '../../src/storage/write-health.js';
import { settingsIn } from '../fill-log.js';
import type { Figures } from '../scenario.js';
import { talk } from '../scenarios/threads.js';
import { startThreadlog } from '../servers/threadlog.js';

const THREADS = 20;
const TOKENS = 500;

/** What an event of a talking model takes on the disk, before and after its run was compacted. */
export async function disk(): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'threadlog-disk-'));
  try {
    const server = await startThreadlog({ folder });
    try {
      await talk(server, THREADS, TOKENS);
    } finally {
      await server.stop();
    }
    return await compacted(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function compacted(folder: string): Promise<Figures> {
  const settings = Object.assign(settingsIn(folder), { COMPACT_AFTER_MS: 1 });
  const database = await openDatabase(settings, { migrate: false });
  const { handle } = database;
  const log = new EventLog(new SqliteLogStorage(database, settings), new ThreadSubjects(), new WriteHealth(), settings);
  const rows = (): number => handle.prepare('SELECT count(*) FROM log_events').pluck().get() as number;
  const size = (name: string): number => {
    const copy = join(folder, name);
    handle.prepare('VACUUM INTO ?').run(copy);
    return statSync(copy).size;
  };
  const events = rows();
  const before = size('before.db');
  const upkeep = new SqliteLogUpkeep(database, settings);
  const compaction = new Compaction(upkeep, log, new SupersededRows(upkeep), settings);
  for (const threadId of handle.prepare<[], string>('SELECT thread_id FROM thread_heads').pluck().all()) {
    await compaction.compact(threadId, Date.now() + 1_000);
  }
  const figures = {
    events,
    bytes_per_event: before / events,
    rows_left: rows(),
    bytes_per_event_compacted: size('after.db') / events,
  };
  log.close();
  await database.close();
  return figures;
}
