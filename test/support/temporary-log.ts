import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Settings } from '../../src/config/settings.js';
import type { Database } from '../../src/storage/sqlite/database.js';
import { openDatabase } from '../../src/storage/sqlite/open-database.js';
import type { EventDraft } from '../../src/storage/log/event-draft.js';
import { EventLog } from '../../src/event-log/event-log.js';
import type { EventBatch } from '../../src/event-log/event-batch.js';
import type { LogStorage } from '../../src/storage/log/log-storage.js';
import type { LogUpkeep } from '../../src/storage/log/log-upkeep.js';
import type { RunStorage } from '../../src/storage/run-storage.js';
import { SqliteRunStorage } from '../../src/storage/sqlite/rows/sqlite-run-storage.js';
import { SqliteEventReader } from '../../src/storage/sqlite/log/sqlite-event-reader.js';
import { SqliteLogStorage } from '../../src/storage/sqlite/log/sqlite-log-storage.js';
import { SqliteLogUpkeep } from '../../src/storage/sqlite/log/sqlite-log-upkeep.js';
import { ThreadSubjects } from '../../src/event-log/thread-subjects.js';
import { WriteHealth } from '../../src/storage/write-health.js';

/** The log with its parts, on a database file of its own. */
export interface TemporaryLog {
  settings: Settings;
  database: Database;
  storage: LogStorage;
  log: EventLog;
  reader: SqliteEventReader;
  upkeep: LogUpkeep;
  runs: RunStorage;
  subjects: ThreadSubjects;
  health: WriteHealth;
  /** Gives the listener what is committed to a thread from now on; what it throws fails the test. */
  listen(threadId: string, listener: (batch: EventBatch) => void): () => void;
  /** Opens the same file again, as the next start of the server would. */
  reopen(): Promise<TemporaryLog>;
  close(): Promise<void>;
}

export async function openTemporaryLog(overrides: Partial<Settings> = {}): Promise<TemporaryLog> {
  const folder = await mkdtemp(join(tmpdir(), 'threadlog-log-'));
  const settings = Object.assign(new Settings(), { DATABASE_URL: `sqlite:${join(folder, 'threadlog.db')}` }, overrides);
  return open(settings, folder);
}

async function open(settings: Settings, folder: string): Promise<TemporaryLog> {
  const database = await openDatabase(settings, { migrate: true });
  const subjects = new ThreadSubjects();
  const health = new WriteHealth();
  const storage = new SqliteLogStorage(database, settings);
  const log = new EventLog(storage, subjects, health, settings);
  const shut = async (): Promise<void> => {
    log.close();
    await database.close();
  };
  return {
    settings, database, storage, subjects, health, log,
    reader: new SqliteEventReader(database, settings),
    upkeep: new SqliteLogUpkeep(database, settings),
    runs: new SqliteRunStorage(database),
    listen: (threadId, listener) => subjects.listen(threadId, listener, (error) => {
      throw error;
    }),
    reopen: async () => {
      await shut();
      return open(settings, folder);
    },
    close: async () => {
      await shut();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A draft like those of a run; what matters to the test is given. */
export function draftOf(data: unknown, parts: Partial<Omit<EventDraft, 'data'>> = {}): EventDraft {
  return { method: 'custom', namespace: [], runId: 'run-1', at: 1_000, ...parts, data: JSON.stringify(data) };
}
