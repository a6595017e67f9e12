import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import BetterSqlite from 'better-sqlite3';
import { emptyCheckpoint, uuid6, type Checkpoint } from '@langchain/langgraph-checkpoint';
import { Settings } from '../../../config/settings.js';
import { StorageUnavailableError } from '../../storage-errors.js';
import { SqliteCheckpointer } from './sqlite-checkpointer.js';
import { UnstorableValueError } from '../../../serialization/unstorable-value-error.js';

/** More than the pages that a small database has to spare. */
const BIG = 'x'.repeat(300_000);

describe('SqliteCheckpointer, while the storage is in trouble', () => {
  let folder: string;
  let path: string;
  let checkpointer: SqliteCheckpointer;
  let run: AbortController;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'waiting-writes-'));
    path = join(folder, 'checkpoints.db');
    checkpointer = SqliteCheckpointer.open(
      path,
      Object.assign(new Settings(), { STORAGE_RETRY_MS: 2, SQLITE_BUSY_TIMEOUT_MS: 0 }),
    );
    run = new AbortController();
    // In SQLite's own eyes the disk is full from here on.
    fillDisk();
  });
  afterEach(() => {
    checkpointer.close();
    rmSync(folder, { recursive: true });
  });

  const pragma = (text: string): unknown => checkpointer.db.pragma(text, { simple: true });
  const fillDisk = (): unknown => pragma(`max_page_count = ${pragma('page_count') as number}`);
  const makeRoom = (): unknown => pragma('max_page_count = 1000000');
  const config = (signal?: AbortSignal, checkpoint_id?: string) => ({
    signal,
    configurable: { thread_id: 't', checkpoint_id },
  });

  function checkpoint(value: unknown = BIG): Checkpoint {
    return { ...emptyCheckpoint(), id: uuid6(0), channel_values: { value } };
  }

  function put(one = checkpoint(), signal: AbortSignal | undefined = run.signal): Promise<unknown> {
    return checkpointer.put(config(signal), one, { source: 'loop', step: 1, parents: {} });
  }

  /** Resolves when the checkpointer has found out `times` from now on that it cannot write. */
  function refusals(times: number): Promise<void> {
    const failed = checkpointer.health.failed.bind(checkpointer.health);
    return new Promise((resolve) => {
      checkpointer.health.failed = (error) => {
        failed(error);
        if ((times -= 1) === 0) resolve();
      };
    });
  }

  const stored = (): unknown[] =>
    checkpointer.db.prepare('SELECT checkpoint_id FROM checkpoints ORDER BY rowid').pluck().all();

  it('keeps what runs write, in order, and stores it once there is room', async () => {
    const [first, second] = [checkpoint(), checkpoint('small')];
    let settled = 0;
    const writes = [
      put(first),
      checkpointer.putWrites(
        config(run.signal, first.id),
        [
          ['a', 1],
          ['b', BIG],
        ],
        'task',
      ),
      put(second),
    ];
    for (const write of writes) void write.then(() => (settled += 1));
    await refusals(3);
    expect([settled, stored(), checkpointer.health.writable]).toEqual([0, [], false]);
    expect(checkpointer.health.reason).toMatchObject({ code: 'SQLITE_FULL' });
    makeRoom();
    await Promise.all(writes);
    expect([stored(), checkpointer.health.writable]).toEqual([[first.id, second.id], true]);
    expect((await checkpointer.getTuple(config(undefined, first.id)))?.pendingWrites).toEqual([
      ['task', 'a', 1],
      ['task', 'b', BIG],
    ]);
  });

  it('lets go of a run that is stopped, and stores nothing of it later', async () => {
    const other = new AbortController();
    const [stopped, going] = [put(checkpoint()), put(checkpoint(), other.signal)];
    await refusals(1);
    run.abort();
    await expect(stopped).rejects.toThrow(StorageUnavailableError);
    await expect(put(checkpoint())).rejects.toThrow(StorageUnavailableError);
    makeRoom();
    await going;
    expect(stored()).toHaveLength(1);
  });

  it('finds out by itself that there is room again when nobody waits any more', async () => {
    const stopped = put();
    await refusals(1);
    run.abort();
    await expect(stopped).rejects.toThrow(StorageUnavailableError);
    await refusals(2);
    expect(checkpointer.health.writable).toBe(false);
    const recovered = checkpointer.health.recovered.bind(checkpointer.health);
    const again = new Promise<void>((resolve) => {
      checkpointer.health.recovered = () => {
        recovered();
        resolve();
      };
    });
    makeRoom();
    await again;
    expect(checkpointer.health.writable).toBe(true);
  });

  it('refuses at once what is no run\'s, and what is wrong with the data', async () => {
    await expect(
      checkpointer.put(config(), checkpoint(), { source: 'update', step: 1, parents: {} }),
    ).rejects.toMatchObject({ code: 'SQLITE_FULL' });
    expect(checkpointer.health.writable).toBe(false);
    await expect(put(checkpoint({ run: () => 1 }))).rejects.toThrow(UnstorableValueError);
    await expect(put(checkpoint({ run: () => 1 }))).rejects.toThrow(
      /^Channel "value" cannot be stored, at run: it is a function/,
    );
    const writing = checkpointer.putWrites(config(run.signal, 'c'), [['tools', [Symbol('s')]]], 'task');
    await expect(writing).rejects.toThrow(/^Channel "tools" cannot be stored, at \[0\]: it is a symbol/);
  });

  it('lets the end of a run wait as well: its answers are taken back, and it is rolled back', async () => {
    makeRoom();
    const before = checkpoint('before');
    await put(before);
    await checkpointer.putWrites(config(run.signal, before.id), [['__resume__', [BIG, 'yes']]], 'task');
    await put();
    // The lock of another program is trouble of the same kind.
    const other = new BetterSqlite(path);
    other.exec('BEGIN IMMEDIATE');
    const ends = [
      checkpointer.trimResumes({ threadId: 't', namespace: '', taskId: 'task' }, 1),
      checkpointer.rollBackTo('t', before.id),
    ];
    await refusals(2);
    expect(stored()).toHaveLength(2);
    other.exec('COMMIT');
    other.close();
    await Promise.all(ends);
    expect(stored()).toEqual([before.id]);
    expect(checkpointer.countResumes({ threadId: 't', namespace: '', taskId: 'task' })).toBe(1);
  });

  it('lets everybody go and leaves no timer behind when it is closed', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    try {
      const waiting = put();
      await Promise.resolve();
      expect([checkpointer.health.writable, jest.getTimerCount()]).toEqual([false, 1]);
      checkpointer.close();
      await expect(waiting).rejects.toThrow(StorageUnavailableError);
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });
});
