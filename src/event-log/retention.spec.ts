import {
  makeRecent,
  plainDrafts,
  removeStored,
  setHead,
  storedSeqs,
  RemovalSizes,
} from '../../test/support/stored-log.js';
import { RandomChoices, SEED } from '../../test/support/random-choices.js';
import { draftOf, openTemporaryLog, type TemporaryLog } from '../../test/support/temporary-log.js';
import type { Settings } from '../config/settings.js';
import type { EventDraft } from '../storage/log/event-draft.js';
import { Retention } from './retention.js';
import type { ThreadHead } from '../storage/log/thread-head.js';

const THREAD = 'a';
const NOW = 100_000;
const values = (at = 1_000, namespace: string[] = []): EventDraft => draftOf({}, { method: 'values', namespace, at });
const checkpoint = (at = 1_000, namespace: string[] = []): EventDraft =>
  draftOf({}, { method: 'checkpoints', namespace, at });

describe.each([['in place', false], ['recent', true]])('Retention of events that are %s', (_where, areRecent) => {
  let temporary: TemporaryLog;
  afterEach(() => temporary.close());

  const open = async (settings: Partial<Settings>, drafts: EventDraft[]): Promise<Retention> => {
    temporary = await openTemporaryLog(settings);
    await temporary.log.append(THREAD, drafts);
    if (areRecent) makeRecent(temporary.database);
    return new Retention(temporary.upkeep, temporary.log, temporary.settings);
  };
  const seqs = (): number[] => storedSeqs(temporary.database, THREAD);
  const head = (): ThreadHead => temporary.log.head(THREAD) as ThreadHead;

  it('keeps all by default', async () => {
    const retention = await open({}, plainDrafts(5));
    await retention.trim(THREAD, Number.MAX_SAFE_INTEGER);
    expect(retention.enabled).toBe(false);
    expect(seqs()).toEqual([2, 3, 4, 5, 6]);
    expect(head()).toMatchObject({ oldestSeq: 2, lastSeq: 6 });
  });

  it('removes what is older than the age, and nothing that is as old', async () => {
    const ages = [1_001, 1_001, 1_000, 999].map((age) => draftOf({}, { at: NOW - age }));
    const retention = await open({ RETENTION_MAX_AGE_MS: 1_000 }, ages);
    await retention.trim(THREAD, NOW);
    expect(seqs()).toEqual([4, 5]);
    expect(head().oldestSeq).toBe(4);
  });

  it('keeps the newest events up to the number', async () => {
    const retention = await open({ RETENTION_MAX_EVENTS: 3 }, plainDrafts(10));
    await retention.trim(THREAD, NOW);
    expect(seqs()).toEqual([9, 10, 11]);
    expect(head().oldestSeq).toBe(9);
    await retention.trim(THREAD, NOW);
    expect(seqs()).toEqual([9, 10, 11]);
  });

  it('applies whichever of the two removes more', async () => {
    const drafts = [...plainDrafts(4, NOW - 5_000), ...plainDrafts(4, NOW)];
    const retention = await open({ RETENTION_MAX_EVENTS: 6, RETENTION_MAX_AGE_MS: 1_000 }, drafts);
    await retention.trim(THREAD, NOW);
    expect(seqs()).toEqual([6, 7, 8, 9]);
  });

  it('keeps the last root checkpoint and values below the cut, under their own seq', async () => {
    const drafts = [
      checkpoint(),
      values(),
      checkpoint(),
      values(),
      values(1_000, ['child']),
      checkpoint(1_000, ['child']),
    ];
    const retention = await open({ RETENTION_MAX_EVENTS: 2 }, [...drafts, ...plainDrafts(3)]);
    await retention.trim(THREAD, NOW);
    expect(seqs()).toEqual([4, 5, 9, 10]);
    expect(head().oldestSeq).toBe(9);
  });

  it('keeps those two even when they are not a pair', async () => {
    const retention = await open({ RETENTION_MAX_EVENTS: 1 }, [
      checkpoint(),
      values(),
      checkpoint(),
      ...plainDrafts(2),
    ]);
    await retention.trim(THREAD, NOW);
    expect(seqs()).toEqual([3, 4, 6]);
  });

  it('lets the older snapshot go when the cut passes a newer one', async () => {
    const retention = await open({ RETENTION_MAX_EVENTS: 1 }, [checkpoint(), values(), ...plainDrafts(2)]);
    await retention.trim(THREAD, NOW);
    expect(seqs()).toEqual([2, 3, 5]);
    await temporary.log.append(THREAD, [values(), ...plainDrafts(1)]);
    await retention.trim(THREAD, NOW);
    expect(seqs()).toEqual([2, 6, 7]);
  });

  it('leaves the head row of a thread that has lost every event, and counts on', async () => {
    const retention = await open({ RETENTION_MAX_AGE_MS: 1 }, plainDrafts(3));
    await retention.trim(THREAD, NOW);
    expect(seqs()).toEqual([]);
    expect(head()).toMatchObject({ oldestSeq: 5, lastSeq: 4 });
    await temporary.log.append(THREAD, plainDrafts(1, NOW));
    expect(seqs()).toEqual([5]);
  });

  it.each([['run', { openRuns: 1 }], ['interrupt', { openInterrupts: 1 }]])(
    'does not touch an unfinished %s, whatever its age', async (_what, unfinished) => {
      const retention = await open({ RETENTION_MAX_AGE_MS: 1, RETENTION_MAX_EVENTS: 1 }, plainDrafts(9));
      await setHead(temporary.log, THREAD, { ...unfinished, replayFromSeq: 6 });
      await retention.trim(THREAD, NOW);
      expect(seqs()).toEqual([6, 7, 8, 9, 10]);
      expect(head().oldestSeq).toBe(6);
      await setHead(temporary.log, THREAD, { openRuns: 0, openInterrupts: 0 });
      await retention.trim(THREAD, NOW);
      expect(seqs()).toEqual([]);
    },
  );

  it('counts events, not seqs, where compaction has left gaps', async () => {
    const retention = await open({ RETENTION_MAX_EVENTS: 5 }, plainDrafts(2_000));
    removeStored(temporary.database, 'seq < 1990 AND seq % 600 <> 0');
    await setHead(temporary.log, THREAD, { compactedThroughSeq: 1_998 });
    expect(seqs().slice(0, 5)).toEqual([600, 1_200, 1_800, 1_990, 1_991]);
    await retention.trim(THREAD, NOW);
    expect(seqs()).toEqual([1_997, 1_998, 1_999, 2_000, 2_001]);
    expect(head().oldestSeq).toBe(1_997);
  });

  it('leaves a compacted thread alone that holds no more events than it may', async () => {
    const retention = await open({ RETENTION_MAX_EVENTS: 700 }, plainDrafts(2_000));
    removeStored(temporary.database, 'seq < 1402 AND seq > 100');
    await setHead(temporary.log, THREAD, { compactedThroughSeq: 1_900 });
    await retention.trim(THREAD, NOW);
    expect(seqs()).toHaveLength(699);
    await temporary.log.append(THREAD, plainDrafts(2));
    await retention.trim(THREAD, NOW);
    expect(seqs()).toHaveLength(700);
    expect(head().oldestSeq).toBe(3);
  });

  it('removes in transactions of 500 rows, between which others write', async () => {
    const retention = await open({ RETENTION_MAX_EVENTS: 1 }, plainDrafts(1_301));
    let trimmed = false;
    const appended: boolean[] = [];
    const transactions = new RemovalSizes(temporary, () => {
      void temporary.log.append('b', plainDrafts(1)).then(() => appended.push(trimmed));
    });
    await retention.trim(THREAD, NOW);
    trimmed = true;
    expect(transactions.sizes).toEqual([500, 500, 300]);
    expect(appended.slice(0, 2)).toEqual([false, false]);
  });

  it('takes fewer rows at once when they are large', async () => {
    const large = Array.from({ length: 6 }, () => draftOf('x'.repeat(3_000_000)));
    const retention = await open({ RETENTION_MAX_EVENTS: 1 }, large);
    const transactions = new RemovalSizes(temporary);
    await retention.trim(THREAD, NOW);
    expect(transactions.sizes.slice(-3)).toEqual([2, 2, 1]);
  });

  it('needs no transaction when there is nothing to remove', async () => {
    const retention = await open({ RETENTION_MAX_EVENTS: 10, RETENTION_MAX_AGE_MS: NOW }, plainDrafts(9, 50_000));
    const transactions = new RemovalSizes(temporary);
    await retention.trim(THREAD, NOW);
    await retention.trim('never seen', NOW);
    expect(transactions.sizes).toEqual([]);
  });

  it('stops between two transactions when it is told to, and goes on from there', async () => {
    const retention = await open({ RETENTION_MAX_EVENTS: 1 }, [values(), ...plainDrafts(1_200)]);
    await temporary.upkeep.prepareRemoval(head().threadKey);
    const stop = new AbortController();
    new RemovalSizes(temporary, () => stop.abort());
    await retention.trim(THREAD, NOW, stop.signal);
    expect(head().oldestSeq).toBe(502);
    expect(seqs().slice(0, 3)).toEqual([2, 502, 503]);
    temporary = await temporary.reopen();
    expect(head().oldestSeq).toBe(502);
    await new Retention(temporary.upkeep, temporary.log, temporary.settings).trim(THREAD, NOW);
    expect(seqs()).toEqual([2, 1_202]);
  });
});

describe(`Retention of random threads (TEST_SEED=${SEED})`, () => {
  const choices = new RandomChoices();

  const randomDraft = (at: number): EventDraft => {
    const method = choices.pick(['values', 'checkpoints', 'custom', 'custom']);
    return draftOf({}, { method, namespace: choices.chance(0.3) ? ['child'] : [], at });
  };

  it('always leaves exactly what the settings keep, and the last root state below it', async () => {
    for (let round = 0; round < 25; round += 1) {
      const maxEvents = choices.pick([0, choices.between(1, 40)]);
      const maxAge = maxEvents === 0 || choices.chance(0.5) ? choices.between(1, 400) : 0;
      const temporary = await openTemporaryLog({ RETENTION_MAX_EVENTS: maxEvents, RETENTION_MAX_AGE_MS: maxAge });
      const retention = new Retention(temporary.upkeep, temporary.log, temporary.settings);
      const all: { seq: number; draft: EventDraft }[] = [];
      let now = 1_000;
      let cut = 1;
      for (let sweep = 0; sweep < 6; sweep += 1) {
        const drafts = choices.list(1, 40, () => randomDraft((now += choices.between(0, 20))));
        await temporary.log.append(THREAD, drafts);
        if (choices.chance(0.5)) makeRecent(temporary.database);
        for (const draft of drafts) all.push({ seq: all.length + 2, draft });
        const last = all.length + 1;
        const unfinished = choices.chance(0.4)
          ? { openRuns: 1, openInterrupts: 0 }
          : { openRuns: 0, openInterrupts: 0 };
        const replayFromSeq = choices.between(2, last + 1);
        await setHead(temporary.log, THREAD, { ...unfinished, replayFromSeq });
        await retention.trim(THREAD, now);

        const tooOld = maxAge > 0 ? all.filter(({ draft }) => draft.at < now - maxAge).length + 1 : 0;
        const tooMany = maxEvents > 0 ? last - maxEvents : 0;
        cut = Math.max(cut, Math.min(Math.max(tooOld, tooMany), unfinished.openRuns > 0 ? replayFromSeq - 1 : last));
        const below = all.filter(({ seq, draft }) => seq <= cut && draft.namespace.length === 0);
        const state = ['checkpoints', 'values'].flatMap(
          (method) => below.findLast(({ draft }) => draft.method === method)?.seq ?? [],
        );
        const kept = all.filter(({ seq }) => seq > cut || state.includes(seq)).map(({ seq }) => seq);
        expect({ round, sweep, seqs: storedSeqs(temporary.database, THREAD) }).toEqual({ round, sweep, seqs: kept });
        expect(temporary.log.head(THREAD)).toMatchObject({ oldestSeq: cut + 1, lastSeq: last });
      }
      await temporary.close();
    }
  });
});
