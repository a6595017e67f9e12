import { setImmediate as nextTurn } from 'node:timers/promises';
import { jest } from '@jest/globals';
import SqliteDatabase from 'better-sqlite3';
import { storedEnvelopes } from '../../test/support/stored-envelopes.js';
import { draftOf, openTemporaryLog, type TemporaryLog } from '../../test/support/temporary-log.js';
import { StorageUnavailableError } from '../storage/storage-errors.js';

/** More than the pages that a small database has to spare. */
const BIG = 'x'.repeat(200_000);

describe('EventLog, while the database cannot write', () => {
  let opened: TemporaryLog;
  beforeEach(async () => {
    opened = await openTemporaryLog({ STORAGE_RETRY_MS: 2, SQLITE_BUSY_TIMEOUT_MS: 0 });
    // In SQLite's own eyes the disk is full from here on.
    fillDisk();
  });
  afterEach(async () => {
    makeRoom();
    await opened.close();
  });

  const pragma = (text: string): unknown => opened.database.handle.pragma(text, { simple: true });
  const fillDisk = (): unknown => pragma(`max_page_count = ${pragma('page_count') as number}`);
  const makeRoom = (): unknown => pragma('max_page_count = 1000000');
  const datas = (threadId: string): unknown[] =>
    storedEnvelopes(opened.database, threadId).map(({ params }) => params.data);

  /** Resolves when the log has found the database unable to write, `times` from now on. */
  function refusals(times: number): Promise<void> {
    const failed = opened.health.failed.bind(opened.health);
    return new Promise((resolve) => {
      opened.health.failed = (error) => {
        failed(error);
        if ((times -= 1) === 0) resolve();
      };
    });
  }

  function recovery(): Promise<void> {
    const recovered = opened.health.recovered.bind(opened.health);
    return new Promise((resolve) => {
      opened.health.recovered = () => {
        recovered();
        resolve();
      };
    });
  }

  /** A transaction that tells whether its work was ever called. */
  function command(threadId: string): { called: () => number; outcome: Promise<unknown> } {
    let calls = 0;
    const outcome = opened.log.transact(threadId, (transaction) => {
      calls += 1;
      return transaction.append(draftOf('command'));
    }, { waits: false });
    return { called: () => calls, outcome };
  }

  it('drops nothing and shows nothing, and goes on by itself, in order, once there is room', async () => {
    const seen: unknown[] = [];
    opened.listen('a', ({ events }) =>
      seen.push(...events.map(({ envelope }) => (JSON.parse(envelope) as { seq: number }).seq)),
    );
    const appended = [
      opened.log.append('a', [draftOf({ n: 1, BIG })]),
      opened.log.append('b', [draftOf({ n: 1, BIG })]),
    ];
    let settled = 0;
    for (const promise of appended) void promise.finally(() => (settled += 1));
    await refusals(3);
    appended.push(opened.log.append('a', [draftOf({ n: 2 })]), opened.log.append('c', [draftOf({ n: 1 })]));
    await refusals(2);
    expect([settled, seen, opened.log.head('a'), opened.log.head('c')]).toEqual([0, [], null, null]);
    expect(opened.health.writable).toBe(false);
    expect(opened.health.reason).toMatchObject({ code: 'SQLITE_FULL' });

    makeRoom();
    await Promise.all(appended);
    expect(opened.health.writable).toBe(true);
    expect([datas('a'), datas('b'), datas('c')]).toMatchObject([[{ n: 1 }, { n: 2 }], [{ n: 1 }], [{ n: 1 }]]);
    expect(seen).toEqual([2, 3]);
  });

  it('refuses a command before any side effect', async () => {
    const waiting = opened.log.append('a', [draftOf(BIG)]);
    await refusals(1);
    const { called, outcome } = command('a');
    await expect(outcome).rejects.toThrow(StorageUnavailableError);
    expect(called()).toBe(0);

    makeRoom();
    await waiting;
    expect(datas('a')).toEqual([BIG]);
    expect(await command('a').outcome).toBe(3);
  });

  it('refuses a command that shares the flush which finds out, and undoes its work', async () => {
    const waiting = opened.log.append('b', [draftOf(BIG)]);
    const { called, outcome } = command('a');
    await expect(outcome).rejects.toThrow(StorageUnavailableError);
    expect(opened.log.head('a')).toBeNull();
    makeRoom();
    await waiting;
    expect(called()).toBeLessThanOrEqual(1);
    expect(datas('a')).toEqual([]);
  });

  it('finds out by itself that there is room again, with nothing pending', async () => {
    const refused = opened.log.transact('a', (transaction) => transaction.append(draftOf(BIG)), { waits: false });
    await expect(refused).rejects.toThrow(StorageUnavailableError);
    const again = recovery();
    await refusals(2);
    expect(opened.health.writable).toBe(false);
    makeRoom();
    await again;
    expect(await command('a').outcome).toBe(2);
  });

  it('still refuses what is bad in itself, and keeps the rest', async () => {
    const bad = opened.log.append('a', [draftOf(0, { method: 'none' })]);
    const good = opened.log.append('a', [draftOf(BIG)]);
    await expect(bad).rejects.toThrow(RangeError);
    await refusals(1);
    makeRoom();
    await good;
    expect(datas('a')).toEqual([BIG]);
  });

  it('keeps the order of what was held and of what its own publications brought about', async () => {
    makeRoom();
    await opened.log.append('a', [draftOf(0)]);
    fillDisk();
    const late: Promise<void>[] = [];
    opened.listen('a', () => late.push(opened.log.append('b', [draftOf({ n: 2 })])));
    const bad = opened.log.append('a', [draftOf(0, { method: 'none' })]);
    const small = opened.log.append('a', [draftOf(1)]);
    const held = opened.log.append('b', [draftOf({ n: 1, BIG })]);
    await expect(bad).rejects.toThrow(RangeError);
    await small;
    expect([late.length, opened.health.writable]).toEqual([1, false]);
    makeRoom();
    await Promise.all([held, ...late]);
    expect(datas('b')).toMatchObject([{ n: 1 }, { n: 2 }]);
  });

  it('makes producers wait beyond MAX_PENDING_BYTES until there is room', async () => {
    opened.settings.MAX_PENDING_BYTES = 3 * BIG.length;
    const appended: Promise<void>[] = [];
    let produced = 0;
    const producer = (async () => {
      for (; produced < 10; produced += 1) {
        await opened.log.room();
        appended.push(opened.log.append('a', [draftOf({ n: produced, BIG })]));
      }
    })();
    await refusals(3);
    expect([opened.log.isFull, produced]).toEqual([true, 3]);

    makeRoom();
    await producer;
    await Promise.all(appended);
    expect(opened.log.isFull).toBe(false);
    expect((datas('a') as { n: number }[]).map(({ n }) => n)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('waits in the same way for the lock of another program', async () => {
    makeRoom();
    const other = new SqliteDatabase(opened.database.path);
    other.exec('BEGIN IMMEDIATE');
    const appended = opened.log.append('a', [draftOf(1)]);
    await refusals(2);
    expect(opened.health.reason).toMatchObject({ code: 'SQLITE_BUSY' });
    other.exec('COMMIT');
    other.close();
    await appended;
    expect(datas('a')).toEqual([1]);
  });

  it('leaves no timer behind when it is closed', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    try {
      void opened.log.append('a', [draftOf(BIG)]);
      await nextTurn();
      expect([opened.health.writable, jest.getTimerCount()]).toEqual([false, 1]);
      opened.log.close();
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });
});
