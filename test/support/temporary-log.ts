import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Settings } from '../../src/config/settings.js';
import type { Database } from '../../src/database/database.js';
import { openDatabase } from '../../src/database/open-database.js';
import type { EventDraft } from '../../src/event-log/event-draft.js';
import { EventLog } from '../../src/event-log/event-log.js';
import { EventReader } from '../../src/event-log/event-reader.js';
import type { EventBatch } from '../../src/event-log/log-event.js';
import { RecentEvents } from '../../src/event-log/recent-events.js';
import { ThreadSubjects } from '../../src/event-log/thread-subjects.js';
import { WriteHealth } from '../../src/event-log/write-health.js';

/** The log with its parts, on a database file of its own. */
export interface TemporaryLog {
  settings: Settings;
  database: Database;
  log: EventLog;
  reader: EventReader;
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
  const log = new EventLog(database, new RecentEvents(database, settings), subjects, health, settings);
  const shut = async (): Promise<void> => {
    log.close();
    await database.close();
  };
  return {
    settings, database, subjects, health, log,
    reader: new EventReader(database, settings),
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
