import type { CronFilter, CronQuery } from '../../src/storage/cron-storage.js';
import { CronMovedError, type CronRow } from '../../src/storage/rows/cron.js';
import type { ThreadUnit } from '../../src/storage/unit/thread-unit.js';
import { ENGINES, type OpenEngine } from './open-engine.js';

const cron = (cronId: string, fields: Partial<CronRow> = {}): CronRow => ({
  cronId,
  owner: 'ada',
  assistantId: 'chat',
  threadId: null,
  onRunCompleted: 'delete',
  schedule: '* * * * *',
  timezone: 'Europe/Berlin',
  enabled: true,
  endTime: null,
  nextRunAt: 60_000,
  payload: { input: { n: 1 } },
  metadata: { team: 'red', level: 1 },
  createdAt: 1,
  updatedAt: 2,
  ...fields,
});
const anyOf = (owner: string | null): CronFilter => ({
  owner, assistantIds: null, threadId: null, enabled: null, metadata: {},
});
const page = (fields: Partial<CronQuery> = {}): CronQuery => ({
  ...anyOf('ada'), sortBy: 'created_at', descending: true, limit: 10, offset: 0, ...fields,
});
const thread = (unit: ThreadUnit): boolean =>
  unit.thread.insertIfAbsent({
    owner: null, metadataJson: '{}', configJson: '{}', graphId: null, assistantId: null, now: 5,
  });

describe.each(ENGINES)('The storage contract of crons on $name', ({ open }) => {
  let engine: OpenEngine;
  beforeEach(async () => {
    engine = await open();
  });
  afterEach(() => engine.close());

  const idsOf = async (query: CronQuery): Promise<string[]> =>
    (await engine.crons.search(query)).map(({ cronId }) => cronId);

  it('gives a cron back as it was stored', async () => {
    await engine.crons.insert(cron('c1'));
    expect(await engine.crons.find('c1')).toEqual(cron('c1'));
    expect(await engine.crons.find('none')).toBeNull();
  });

  it('decides a change over what is stored, and changes nothing when the decision throws', async () => {
    await engine.crons.insert(cron('c1'));
    const changed = await engine.crons.change('c1', (stored) => ({
      ...stored, schedule: '0 0 * * *', payload: { input: null }, nextRunAt: null, enabled: false,
    }));
    expect(changed).toEqual(await engine.crons.find('c1'));
    expect(changed).toMatchObject({ schedule: '0 0 * * *', payload: { input: null }, nextRunAt: null, enabled: false });
    const refuse = async (): Promise<unknown> =>
      engine.crons.change('c1', () => {
        throw new Error('no');
      });
    await expect(refuse()).rejects.toThrow('no');
    expect(await engine.crons.find('c1')).toEqual(changed);
    expect(await engine.crons.change('none', (stored) => stored)).toBeNull();
  });

  it('finds those of one owner, by what is asked, in order and in pages', async () => {
    await engine.decide((unit) => thread(unit));
    await engine.crons.insert(cron('c1', { createdAt: 3, assistantId: 'other' }));
    await engine.crons.insert(cron('c2', { createdAt: 1, threadId: 't', metadata: { team: 'red', more: { a: 1 } } }));
    await engine.crons.insert(cron('c3', { createdAt: 2, enabled: false, nextRunAt: null, metadata: { level: '1' } }));
    await engine.crons.insert(cron('b1', { owner: 'bob' }));
    expect(await idsOf(page())).toEqual(['c1', 'c3', 'c2']);
    expect(await idsOf(page({ descending: false, offset: 1, limit: 1 }))).toEqual(['c3']);
    expect(await idsOf(page({ sortBy: 'next_run_date', descending: false }))).toEqual(['c3', 'c1', 'c2']);
    expect(await idsOf(page({ assistantIds: ['other', 'more'] }))).toEqual(['c1']);
    expect(await idsOf(page({ threadId: 't' }))).toEqual(['c2']);
    expect(await idsOf(page({ enabled: false }))).toEqual(['c3']);
    expect(await idsOf(page({ metadata: { team: 'red' } }))).toEqual(['c1', 'c2']);
    expect(await idsOf(page({ metadata: { level: 1 } }))).toEqual(['c1']);
    expect(await idsOf(page({ metadata: { more: { a: 1 } } }))).toEqual(['c2']);
    expect(await idsOf(page({ metadata: { missing: null } }))).toEqual([]);
    expect([await engine.crons.count(anyOf('ada')), await engine.crons.count(anyOf(null))]).toEqual([3, 0]);
  });

  it('knows what is due, what is due next, and forgets what was deleted', async () => {
    expect(await engine.crons.nextDueAt()).toBeNull();
    await engine.crons.insert(cron('c1', { nextRunAt: 20 }));
    await engine.crons.insert(cron('c2', { nextRunAt: 10 }));
    await engine.crons.insert(cron('c3', { nextRunAt: null }));
    expect(await engine.crons.nextDueAt()).toBe(10);
    expect((await engine.crons.due(15, 10)).map(({ cronId }) => cronId)).toEqual(['c2']);
    expect((await engine.crons.due(20, 1)).map(({ cronId }) => cronId)).toEqual(['c2']);
    await engine.crons.remove('c2');
    expect(await engine.crons.nextDueAt()).toBe(20);
  });

  it('stores a tick with what its unit decides, once', async () => {
    await engine.crons.insert(cron('c1', { nextRunAt: 10 }));
    const tick = { cronId: 'c1', dueAt: 10, nextRunAt: 20 };
    const start = (unit: ThreadUnit): void => {
      thread(unit);
      unit.tick(tick);
    };
    await engine.decide(start, 't1');
    expect(await engine.crons.nextDueAt()).toBe(20);
    await expect(engine.decide(start, 't2')).rejects.toThrow(CronMovedError);
    expect([await engine.threads.outline('t1'), await engine.threads.outline('t2')]).toEqual([expect.anything(), null]);
  });

  it('skips a tick once, and none that was changed meanwhile', async () => {
    await engine.crons.insert(cron('c1', { nextRunAt: 10 }));
    const tick = { cronId: 'c1', dueAt: 10, nextRunAt: null };
    expect([await engine.crons.skip(tick), await engine.crons.skip(tick)]).toEqual([true, false]);
    expect(await engine.crons.find('c1')).toMatchObject({ nextRunAt: null, updatedAt: 2 });
  });

  it('removes the crons of a thread with it', async () => {
    await engine.decide((unit) => thread(unit));
    await engine.crons.insert(cron('c1', { threadId: 't' }));
    await engine.crons.insert(cron('c2'));
    await engine.decide((unit) => unit.removeRows());
    expect(await idsOf(page())).toEqual(['c2']);
  });
});
