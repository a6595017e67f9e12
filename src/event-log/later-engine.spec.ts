import { setImmediate as nextTurn } from 'node:timers/promises';
import { storedEnvelopes } from '../../test/support/stored-envelopes.js';
import { draftOf, openTemporaryLog, type TemporaryLog } from '../../test/support/temporary-log.js';
import type { CommitUnit, Committed } from '../storage/log/commit-unit.js';
import { LogStorage } from '../storage/log/log-storage.js';
import type { ThreadHead } from '../storage/log/thread-head.js';
import { EventLog } from './event-log.js';

/** The real engine, which takes a turn of the loop for each answer, as one behind a network does. */
class LaterStorage extends LogStorage {
  /** Units of each commit that was asked for. */
  readonly commits: number[] = [];
  underWay = 0;
  mostUnderWay = 0;

  constructor(private readonly engine: LogStorage) {
    super();
  }

  override head(threadId: string): Readonly<ThreadHead> | null {
    return this.engine.head(threadId);
  }

  override async commit(units: readonly CommitUnit[]): Promise<Committed> {
    this.commits.push(units.length);
    this.underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    await nextTurn();
    this.underWay -= 1;
    return this.engine.commit(units);
  }

  override async probe(): Promise<void> {
    await nextTurn();
    await this.engine.probe();
  }

  override fault(): Error | null {
    return this.engine.fault();
  }

  override close(): void {
    this.engine.close();
  }
}

describe('EventLog on an engine that answers later', () => {
  let opened: TemporaryLog;
  let storage: LaterStorage;
  let log: EventLog;
  beforeEach(async () => {
    opened = await openTemporaryLog({ STORAGE_RETRY_MS: 5 });
    storage = new LaterStorage(opened.storage);
    log = new EventLog(storage, opened.subjects, opened.health, opened.settings);
  });
  afterEach(async () => {
    log.close();
    await opened.close();
  });

  const datas = (threadId: string): unknown[] =>
    storedEnvelopes(opened.database, threadId).map(({ params }) => params.data);
  const settled = (promises: Promise<unknown>[]): Promise<string[]> =>
    Promise.allSettled(promises).then((results) => results.map(({ status }) => status));

  it('gathers what comes during a commit, so that never two are under way', async () => {
    const first = log.append('a', [draftOf(1)]);
    while (storage.underWay === 0) await nextTurn();
    const later = [log.append('a', [draftOf(2)]), log.append('b', [draftOf(3)]), log.append('a', [draftOf(4)])];
    await Promise.all([first, ...later]);
    expect([storage.commits, storage.mostUnderWay]).toEqual([[1, 3], 1]);
    expect([datas('a'), datas('b')]).toEqual([[1, 2, 4], [3]]);
  });

  it('publishes in the order of the commits, before it resolves', async () => {
    const seen: string[] = [];
    opened.listen('a', ({ events }) => seen.push(`seen ${events.map(({ seq }) => seq).join()}`));
    await Promise.all([1, 2, 3].map((n) => log.append('a', [draftOf(n)]).then(() => seen.push(`stored ${n}`))));
    await log.append('a', [draftOf(4)]);
    expect(seen).toEqual(['seen 2,3,4', 'stored 1', 'stored 2', 'stored 3', 'seen 5']);
  });

  it('refuses only the guilty unit, and keeps the order of the others with what came meanwhile', async () => {
    const outcomes = settled([
      log.append('a', [draftOf(1)]),
      log.append('a', [draftOf(0, { method: 'no such method' })]),
      log.transact('a', () => { throw new Error('bad work'); }, { waits: true }),
      log.append('a', [draftOf(2)]),
    ]);
    while (storage.commits.length < 2) await nextTurn();
    const meanwhile = log.append('a', [draftOf(3)]);
    expect(await outcomes).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    await meanwhile;
    expect(datas('a')).toEqual([1, 2, 3]);
  });

  it('keeps what waits while the storage is in trouble, refuses commands, and goes on in order', async () => {
    opened.database.handle.pragma('query_only = ON');
    const kept = [log.append('a', [draftOf(1)]), log.append('a', [draftOf(2)])];
    const command = log.transact('a', (unit) => unit.append(draftOf('command')), { waits: false });
    await expect(command).rejects.toThrow('cannot write');
    expect(opened.health.writable).toBe(false);
    kept.push(log.append('a', [draftOf(3)]));
    opened.database.handle.pragma('query_only = OFF');
    await Promise.all(kept);
    expect(datas('a')).toEqual([1, 2, 3]);
    expect(opened.health.writable).toBe(true);
  });

  it('finds out by itself that the storage can write again', async () => {
    opened.database.handle.pragma('query_only = ON');
    await expect(log.transact('a', (unit) => unit.append(draftOf(1)), { waits: false })).rejects.toThrow(
      'cannot write',
    );
    opened.database.handle.pragma('query_only = OFF');
    while (!opened.health.writable) await nextTurn();
    await log.append('a', [draftOf(2)]);
    expect(datas('a')).toEqual([2]);
  });
});
