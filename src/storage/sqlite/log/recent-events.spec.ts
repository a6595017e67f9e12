import { setImmediate as nextTurn } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { RandomChoices, SEED } from '../../../../test/support/random-choices.js';
import { makeRecent, rowCounts, storedSeqs } from '../../../../test/support/stored-log.js';
import { draftOf, openTemporaryLog, type TemporaryLog } from '../../../../test/support/temporary-log.js';
import type { Settings } from '../../../config/settings.js';
import { CHANNELS } from '../../../protocol/channel.js';
import { EventFilter } from '../../../protocol/event-filter.js';

const EVERYTHING = new EventFilter({ channels: CHANNELS });
const THREADS = ['a', 'b', 'c', 'd', 'e'];

describe('RecentEvents', () => {
  let temporary: TemporaryLog;
  const open = async (settings: Partial<Settings> = {}): Promise<void> => {
    temporary = await openTemporaryLog(settings);
  };
  afterEach(() => temporary.close());

  /** One commit with `each` events for every one of the threads. */
  const commit = async (threads: readonly string[], each = 1): Promise<void> => {
    await Promise.all(
      threads.map((thread) =>
        temporary.log.append(
          thread,
          Array.from({ length: each }, (_, i) => draftOf({ thread, i })),
        ),
      ),
    );
  };
  const counts = (): { inPlace: number; recent: number } => rowCounts(temporary.database);
  const moved = async (): Promise<void> => {
    while (counts().recent > 0) await nextTurn();
  };
  const seqs = (thread: string): number[] => storedSeqs(temporary.database, thread);

  it('keeps the events of a commit that touches many threads together, and readers see them at once', async () => {
    await open();
    await commit(THREADS);
    await commit(THREADS);
    expect(counts()).toEqual({ inPlace: 0, recent: 10 });
    expect(seqs('c')).toEqual([2, 3]);
  });

  it.each([
    ['few threads', THREADS.slice(0, 3), 1],
    ['many events of each', THREADS, 8],
  ])('puts those of a commit of %s in place', async (_what, threads, each) => {
    await open();
    await commit(threads, each);
    expect(counts()).toEqual({ inPlace: threads.length * each, recent: 0 });
  });

  it('puts large events in place', async () => {
    await open();
    await Promise.all(THREADS.map((thread) => temporary.log.append(thread, [draftOf('x'.repeat(10_000))])));
    expect(counts()).toEqual({ inPlace: 5, recent: 0 });
  });

  it('moves them once RECENT_EVENTS_MAX of them wait, also those of one long thread', async () => {
    await open({ RECENT_EVENTS_MAX: 1_000 });
    await temporary.log.append('a', Array.from({ length: 950 }, (_, i) => draftOf({ i })));
    makeRecent(temporary.database);
    for (let i = 0; i < 200; i += 1) await commit(THREADS);
    await moved();
    expect(counts()).toEqual({ inPlace: 1_950, recent: 0 });
    expect(seqs('a')).toEqual(Array.from({ length: 1_150 }, (_, i) => i + 2));
    expect(seqs('e')).toEqual(Array.from({ length: 200 }, (_, i) => i + 2));
  });

  it('moves them when no more come, and after a restart', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    try {
      await open();
      await commit(THREADS);
      jest.advanceTimersByTime(999);
      expect(counts().recent).toBe(5);
      jest.advanceTimersByTime(1);
      await moved();
      await commit(THREADS);
      temporary = await temporary.reopen();
      expect(counts()).toEqual({ inPlace: 5, recent: 5 });
      jest.advanceTimersByTime(1_000);
      await moved();
      expect(seqs('b')).toEqual([2, 3]);
    } finally {
      jest.useRealTimers();
    }
  });

  it('leaves them where they are while the database cannot write, and tries again with the next ones', async () => {
    await open({ RECENT_EVENTS_MAX: 10, STORAGE_RETRY_MS: 1 });
    await commit(THREADS);
    const { handle } = temporary.database;
    await commit(THREADS);
    handle.pragma('query_only = ON');
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    expect(seqs('a')).toEqual([2, 3]);
    handle.pragma('query_only = OFF');
    await commit(THREADS);
    await commit(THREADS);
    await moved();
    expect(seqs('a')).toEqual([2, 3, 4, 5]);
  });

  it('are moved in steps of 500 rows, between which others write', async () => {
    await open();
    await temporary.log.append('a', Array.from({ length: 1_301 }, (_, i) => draftOf({ i })));
    makeRecent(temporary.database);
    const moving = temporary.upkeep.prepareRemoval(temporary.log.head('a')?.threadKey ?? 0);
    const left: number[] = [];
    do left.push(counts().recent); while (await Promise.race([moving.then(() => false), nextTurn(true)]));
    expect(left.every((count, step) => step === 0 || (left[step - 1] as number) - count <= 500)).toBe(true);
    expect(counts()).toEqual({ inPlace: 1_301, recent: 0 });
  });

  it('are brought in place before stored events of their thread are changed', async () => {
    await open();
    await commit(THREADS, 2);
    await temporary.upkeep.prepareRemoval(temporary.log.head('b')?.threadKey ?? 0);
    expect(counts()).toEqual({ inPlace: 2, recent: 8 });
    await temporary.log.transact('c', (transaction) => transaction.removeThrough(2), { waits: true });
    await temporary.log.transact('d', (transaction) => transaction.hide([2]), { waits: true });
    expect([seqs('b'), seqs('c'), seqs('d')]).toEqual([[2, 3], [3], [2, 3]]);
    const hidden = temporary.database.handle.prepare('SELECT seq FROM log_events WHERE cursor_only = 1').pluck();
    expect(hidden.all()).toEqual([2]);
  });

  it(`makes no difference to what is read, whatever the commits and the pages (TEST_SEED=${SEED})`, async () => {
    const choices = new RandomChoices();
    await open({ RECENT_EVENTS_MAX: 40, READ_PAGE_ROWS: 7 });
    const expected = new Map(THREADS.map((thread) => [thread, [] as number[]]));
    for (let round = 0; round < 120; round += 1) {
      const threads = THREADS.filter(() => choices.chance(0.7));
      const each = choices.pick([1, 2, 9]);
      await commit(threads, each);
      for (const thread of threads) {
        const known = expected.get(thread) as number[];
        for (let i = 0; i < each; i += 1) known.push(known.length + 2);
      }
      if (choices.chance(0.1)) temporary = await temporary.reopen();
      const thread = choices.pick(THREADS);
      const known = expected.get(thread) as number[];
      const head = temporary.log.head(thread);
      if (!head) continue;
      const after = choices.between(1, head.lastSeq);
      const read: number[] = [];
      for (let cursor = after; cursor < head.lastSeq;) {
        const page = temporary.reader.readPage({
          threadKey: head.threadKey,
          after: cursor,
          through: head.lastSeq,
          filter: EVERYTHING,
          maxBytes: choices.between(1, 3_000),
          skipCursorOnlyThrough: 0,
        });
        read.push(...page.events.map(({ seq }) => seq));
        cursor = page.through;
        if (choices.chance(0.3)) await nextTurn();
      }
      expect({ round, read }).toEqual({ round, read: known.filter((seq) => seq > after) });
    }
  });
});
