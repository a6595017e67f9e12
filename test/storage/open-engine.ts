import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Settings } from '../../src/config/settings.js';
import { CronStorage } from '../../src/storage/cron-storage.js';
import type { Checkpointer } from '../../src/storage/checkpointer.js';
import { EventReader } from '../../src/storage/log/event-reader.js';
import { LogUpkeep } from '../../src/storage/log/log-upkeep.js';
import { SqliteCheckpointer } from '../../src/storage/sqlite/checkpoints/sqlite-checkpointer.js';
import { TemporaryThreadStorage } from '../../src/storage/temporary-thread-storage.js';
import { InterruptStorage } from '../../src/storage/interrupt-storage.js';
import { LogStorage } from '../../src/storage/log/log-storage.js';
import { RecoveryStorage } from '../../src/storage/recovery-storage.js';
import { RunStorage } from '../../src/storage/run-storage.js';
import { SessionStorage } from '../../src/storage/session-storage.js';
import { ThreadStorage } from '../../src/storage/thread-storage.js';
import { WebhookStorage } from '../../src/storage/webhook-storage.js';
import { openDatabase } from '../../src/storage/sqlite/open-database.js';
import { SQLITE_PORTS } from '../../src/storage/sqlite/sqlite-storage.module.js';
import { ThreadUnit } from '../../src/storage/unit/thread-unit.js';
import { later } from './later-engine.js';

/** The ports of one engine, over data of its own. */
export interface OpenEngine {
  readonly log: LogStorage;
  readonly runs: RunStorage;
  readonly threads: ThreadStorage;
  readonly interrupts: InterruptStorage;
  readonly sessions: SessionStorage;
  readonly recovery: RecoveryStorage;
  readonly reader: EventReader;
  readonly upkeep: LogUpkeep;
  readonly temporary: TemporaryThreadStorage;
  readonly checkpointer: Checkpointer;
  readonly crons: CronStorage;
  readonly webhooks: WebhookStorage;
  /** Makes a decision in a commit of its own, and returns what it returned. */
  decide<T>(work: (unit: ThreadUnit) => T, threadId?: string): Promise<T>;
  close(): Promise<void>;
}

export interface Engine {
  readonly name: string;
  open(): Promise<OpenEngine>;
}

/** Every engine that the contract holds for. */
export const ENGINES: readonly Engine[] = [
  { name: 'sqlite', open: () => openSqlite((port) => port) },
  { name: 'sqlite, answering later and deciding twice', open: () => openSqlite(later) },
];

async function openSqlite(wrap: <T extends object>(port: T) => T): Promise<OpenEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'threadlog-engine-'));
  const settings = Object.assign(new Settings(), { DATABASE_URL: `sqlite:${join(folder, 'threadlog.db')}` });
  const database = await openDatabase(settings, { migrate: true });
  const port = <T extends object>(provide: abstract new () => T): T => {
    const found = SQLITE_PORTS.find((one) => (one.provide as unknown) === provide);
    const Port = found?.useClass as unknown as new (...parts: unknown[]) => T;
    return wrap(new Port(database, settings));
  };
  const log = port(LogStorage);
  const saver = SqliteCheckpointer.open(join(folder, 'checkpoints.db'), settings);
  return {
    log,
    runs: port(RunStorage),
    threads: port(ThreadStorage),
    interrupts: port(InterruptStorage),
    sessions: port(SessionStorage),
    recovery: port(RecoveryStorage),
    reader: port(EventReader),
    upkeep: port(LogUpkeep),
    temporary: port(TemporaryThreadStorage),
    checkpointer: wrap(saver),
    crons: port(CronStorage),
    webhooks: port(WebhookStorage),
    decide: async (work, threadId = 't') => {
      const { values } = await log.commit([{ threadId, drafts: [], work }]);
      return values[0] as ReturnType<typeof work>;
    },
    close: async () => {
      log.close();
      saver.close();
      await database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
