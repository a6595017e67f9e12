import { draftOf, openTemporaryLog, type TemporaryLog } from '../../test/support/temporary-log.js';
import { walCommits } from '../../test/support/wal-commits.js';
import { type StoredEnvelope, storedEnvelopes } from '../../test/support/stored-envelopes.js';
import type { EventBatch } from './event-batch.js';

describe('EventLog', () => {
  let opened: TemporaryLog;
  beforeEach(async () => {
    opened = await openTemporaryLog();
  });
  afterEach(() => opened.close());

  const stored = (threadId: string): StoredEnvelope[] => storedEnvelopes(opened.database, threadId);
  const datas = (threadId: string): unknown[] => stored(threadId).map(({ params }) => params.data);
  const timestamps = (threadId: string): number[] => stored(threadId).map(({ params }) => params.timestamp);
  const settled = (promises: Promise<unknown>[]): Promise<string[]> =>
    Promise.allSettled(promises).then((results) => results.map(({ status }) => status));

  describe('places', () => {
    it('numbers the events of a thread from 2, without gaps, and keeps each thread apart', async () => {
      await Promise.all([
        opened.log.append('a', [draftOf('a1'), draftOf('a2')]),
        opened.log.append('b', [draftOf('b1')]),
        opened.log.append('a', [draftOf('a3')]),
      ]);
      expect(stored('a').map(({ seq }) => seq)).toEqual([2, 3, 4]);
      expect(datas('a')).toEqual(['a1', 'a2', 'a3']);
      expect(stored('b').map(({ seq }) => seq)).toEqual([2]);
      expect(opened.log.head('a')).toMatchObject({
        threadId: 'a',
        lastSeq: 4,
        oldestSeq: 2,
        replayFromSeq: 2,
        openRuns: 0,
      });
    });

    it('knows no head of a thread that was never seen, and makes none by asking', () => {
      expect(opened.log.head('never')).toBeNull();
      expect(opened.database.handle.prepare('SELECT count(*) FROM thread_heads').pluck().get()).toBe(0);
    });

    it('goes on where it was after the database was closed and opened again', async () => {
      await opened.log.append('a', [draftOf(1), draftOf(2)]);
      opened = await opened.reopen();
      await opened.log.append('a', [draftOf(3)]);
      expect(stored('a').map(({ seq }) => seq)).toEqual([2, 3, 4]);
    });

    it('never starts again at 2, because the head row outlives the events', async () => {
      await opened.log.append('a', [draftOf(1), draftOf(2)]);
      opened.database.handle.prepare('DELETE FROM events').run();
      await opened.log.append('a', [draftOf(3)]);
      expect(stored('a').map(({ seq }) => seq)).toEqual([4]);
    });

    it('writes synth:<run>:<seq> for root lifecycle events and <timestamp>-<seq> for all others', async () => {
      await opened.log.append('a', [
        draftOf({}, { method: 'lifecycle', at: 5_000 }),
        draftOf({}, { method: 'lifecycle', namespace: ['agent:1'], at: 5_000 }),
        draftOf({}, { method: 'lifecycle', runId: null, at: 5_001 }),
        draftOf({}, { method: 'values', at: 5_002 }),
      ]);
      expect(stored('a').map(({ event_id }) => event_id)).toEqual(['synth:run-1:2', '5000-3', '5001-4', '5002-5']);
    });

    it('stores the channel, the name, the namespace and the run beside the envelope', async () => {
      await opened.log.append('a', [
        draftOf({}, { method: 'input.requested', namespace: ['n:1'], node: 'ask' }),
        draftOf({}, { name: 'progress', cursorOnly: true, runId: null }),
      ]);
      const columns = 'seq, kind, cursor_only, channel, method, name, namespace, run_id, timestamp';
      expect(opened.database.handle.prepare(`SELECT ${columns} FROM events ORDER BY seq`).raw().all()).toEqual([
        [2, 0, 0, 'input', 'input.requested', null, '["n:1"]', 'run-1', 1_000],
        [3, 0, 1, 'custom', null, 'progress', '[]', null, 1_000],
      ]);
      expect(stored('a')[0]).toMatchObject({ method: 'input.requested', params: { namespace: ['n:1'], node: 'ask' } });
    });
  });

  describe('timestamps', () => {
    it('never fall within a thread, and are not tied to those of another', async () => {
      await opened.log.append('a', [draftOf(1, { at: 500 }), draftOf(2, { at: 400 }), draftOf(3, { at: 600 })]);
      await opened.log.append('a', [draftOf(4, { at: 10 })]);
      await opened.log.append('b', [draftOf(1, { at: 20 })]);
      expect(timestamps('a')).toEqual([500, 500, 600, 600]);
      expect(timestamps('b')).toEqual([20]);
    });

    it('stay above a raised floor, which itself never falls', async () => {
      await opened.log.transact('a', (transaction) => {
        transaction.raiseTimestamp(900);
        transaction.raiseTimestamp(800);
        transaction.append(draftOf(1, { at: 100 }));
      }, { waits: true });
      opened = await opened.reopen();
      await opened.log.append('a', [draftOf(2, { at: 100 })]);
      expect(timestamps('a')).toEqual([900, 900]);
    });
  });

  describe('flushes', () => {
    it('commits what many threads append in one turn of the loop as one transaction', async () => {
      const before = walCommits(opened.database.path);
      const threads = Array.from({ length: 50 }, (_, i) => `thread-${i}`);
      const events = Array.from({ length: 4 }, (_, i) => draftOf(i));
      await Promise.all(events.flatMap((event) => threads.map((threadId) => opened.log.append(threadId, [event]))));
      expect(walCommits(opened.database.path) - before).toBe(1);
      for (const threadId of threads) expect(datas(threadId)).toEqual([0, 1, 2, 3]);
    });

    it('commits what has waited for MAX_COMMIT_DELAY_MS though the loop does not turn', async () => {
      opened.settings.MAX_COMMIT_DELAY_MS = 0;
      let turned = false;
      setImmediate(() => (turned = true));
      await opened.log.append('a', [draftOf(1)]);
      await opened.log.append('a', [draftOf(2)]);
      expect([turned, datas('a')]).toEqual([false, [1, 2]]);
    });

    it('does not commit in the middle of what its caller does, however long that takes', async () => {
      opened.settings.MAX_COMMIT_DELAY_MS = 0;
      const appended = opened.log.append('a', [draftOf(1)]);
      expect(datas('a')).toEqual([]);
      await appended;
      expect(datas('a')).toEqual([1]);
    });

    it('commits anew for what is appended after a flush', async () => {
      const before = walCommits(opened.database.path);
      await opened.log.append('a', [draftOf(1)]);
      await opened.log.append('a', [draftOf(2)]);
      expect(walCommits(opened.database.path) - before).toBe(2);
    });

    it('publishes after the commit, one batch per thread and flush, in order', async () => {
      const seen: { batch: EventBatch; rows: number; head: number | undefined; inTransaction: boolean }[] = [];
      opened.listen('a', (batch) => {
        const { inTransaction } = opened.database.handle;
        seen.push({ batch, rows: stored('a').length, head: opened.log.head('a')?.lastSeq, inTransaction });
      });
      await Promise.all([
        opened.log.append('a', [draftOf(1), draftOf(2)]),
        opened.log.append('b', [draftOf(9)]),
        opened.log.append('a', [draftOf(3)]),
      ]);
      await opened.log.append('a', [draftOf(4)]);
      expect(seen.map(({ batch }) => batch.events.map(({ seq }) => seq))).toEqual([[2, 3, 4], [5]]);
      expect(seen.map(({ batch, ...what }) => ({ ...what, last: batch.lastSeq }))).toEqual([
        { rows: 3, head: 4, inTransaction: false, last: 4 },
        { rows: 4, head: 5, inTransaction: false, last: 5 },
      ]);
      expect(seen.flatMap(({ batch }) => batch.events.map(({ envelope }) => JSON.parse(envelope) as unknown))).toEqual(
        stored('a'),
      );
    });

    it('publishes nothing for a transaction without events', async () => {
      let batches = 0;
      opened.listen('a', () => (batches += 1));
      await opened.log.transact('a', ({ head }) => (head.openRuns = 3), { waits: false });
      expect(batches).toBe(0);
      expect(opened.log.head('a')).toMatchObject({ lastSeq: 1, openRuns: 3 });
    });

    it('resolves once the events are stored, in the order of the calls', async () => {
      const order: string[] = [];
      await Promise.all([
        opened.log.append('a', [draftOf(1)]).then(() => order.push(`first ${datas('a').join()}`)),
        opened.log
          .transact('a', (transaction) => transaction.append(draftOf(2)), { waits: false })
          .then((seq) => order.push(`second ${seq}`)),
      ]);
      expect(order).toEqual(['first 1,2', 'second 3']);
    });

    it('reads the head of a thread from the database once, however often it is asked', async () => {
      await opened.log.append('a', [draftOf(1)]);
      const again = await opened.reopen();
      expect(again.log.head('a')?.lastSeq).toBe(2);
      again.database.handle.exec('UPDATE thread_heads SET last_seq = 99');
      expect(again.log.head('a')?.lastSeq).toBe(2);
      await again.close();
    });

    it('remembers no head of a transaction that is taken back', async () => {
      await opened.log.append('a', [draftOf(1)]);
      const again = await opened.reopen();
      const refused = again.log.transact('a', (transaction) => {
        transaction.append(draftOf(2));
        again.database.handle.exec('UPDATE thread_heads SET last_seq = 99');
        again.log.head('a');
        throw new Error('changed its mind');
      }, { waits: false });
      await expect(refused).rejects.toThrow('changed its mind');
      expect(again.log.head('a')?.lastSeq).toBe(2);
      await again.close();
    });

    it('writes what is pending when it is closed', async () => {
      const appended = opened.log.append('a', [draftOf(1)]);
      opened.log.close();
      expect(datas('a')).toEqual([1]);
      await appended;
    });
  });

  describe('effects', () => {
    const writeThread = (id: string): string =>
      `INSERT INTO threads (thread_id, created_at, updated_at, state_updated_at) VALUES ('${id}', 1, 1, 1)`;
    const threads = (): unknown[] => opened.database.handle.prepare('SELECT thread_id FROM threads').pluck().all();

    it('commit in the same transaction as the events that announce them', async () => {
      const before = walCommits(opened.database.path);
      const seq = await opened.log.transact('a', (transaction) => {
        opened.database.handle.exec(writeThread('a'));
        transaction.head.openRuns += 1;
        return transaction.append(draftOf('accepted'));
      }, { waits: false });
      expect(walCommits(opened.database.path) - before).toBe(1);
      expect([seq, threads(), datas('a'), opened.log.head('a')?.openRuns]).toEqual([2, ['a'], ['accepted'], 1]);
    });

    it('vanish with their events when the work throws, however far it came', async () => {
      const refused = opened.log.transact('a', (transaction) => {
        transaction.append(draftOf('unseen'));
        opened.database.handle.exec(writeThread('a'));
        transaction.head.openRuns += 1;
        throw new Error('changed its mind');
      }, { waits: false });
      await expect(refused).rejects.toThrow('changed its mind');
      expect([threads(), datas('a'), opened.log.head('a')]).toEqual([[], [], null]);
    });

    it('see what earlier work of the same flush did to the thread', async () => {
      const counts = await Promise.all(
        [1, 2, 3].map(() => opened.log.transact('a', ({ head }) => (head.openRuns += 1), { waits: false })),
      );
      expect(counts).toEqual([1, 2, 3]);
    });
  });

  describe('a bad draft', () => {
    it('fails alone: all others of the flush are stored, in order, and seen', async () => {
      const seen: number[] = [];
      opened.listen('a', ({ events }) => seen.push(...events.map(({ seq }) => seq)));
      const outcomes = await settled([
        opened.log.append('a', [draftOf(1)]),
        opened.log.append('b', [draftOf(1)]),
        opened.log.append('a', [draftOf('lost with the bad one'), draftOf(0, { method: 'no such method' })]),
        opened.log.append('a', [draftOf(2)]),
        opened.log.transact('b', () => { throw new Error('bad work'); }, { waits: true }),
        opened.log.append('b', [draftOf(2)]),
      ]);
      expect(outcomes).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled']);
      expect([datas('a'), datas('b')]).toEqual([[1, 2], [1, 2]]);
      expect([stored('a').map(({ seq }) => seq), seen]).toEqual([[2, 3], [2, 3]]);
      expect(opened.health.writable).toBe(true);
    });

    it('is told to a producer that does not wait, before a later append resolves', async () => {
      const refused: unknown[] = [];
      const write = (draft: ReturnType<typeof draftOf>): void =>
        opened.log.write('a', [draft], (error) => refused.push(error));
      write(draftOf(1));
      write(draftOf(2, { method: 'no such method' }));
      write(draftOf(3));
      await opened.log.append('a', []);
      expect(refused).toEqual([expect.any(RangeError)]);
      expect(datas('a')).toEqual([1, 3]);
    });

    it('does not keep its bytes on the account of what is pending', async () => {
      opened.settings.MAX_PENDING_BYTES = 1_000;
      const bad = opened.log.append('a', [draftOf('x'.repeat(2_000), { method: 'none' })]);
      expect(opened.log.isFull).toBe(true);
      const room = opened.log.room();
      await expect(bad).rejects.toThrow(RangeError);
      await room;
      expect(opened.log.isFull).toBe(false);
    });
  });
});
