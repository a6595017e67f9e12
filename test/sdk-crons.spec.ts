import { randomUUID } from 'node:crypto';
import { assistantIdOf } from '../src/graphs/assistant-resolver.js';
import { CronScheduler } from '../src/crons/cron-scheduler.js';
import { CronTicks } from '../src/crons/cron-ticks.js';
import { Clock } from '../src/clock/clock.js';
import { Settings } from '../src/config/settings.js';
import { ThreadSubjects } from '../src/event-log/thread-subjects.js';
import { RunEnding } from '../src/runs/run-ending.js';
import { CronStorage } from '../src/storage/cron-storage.js';
import { TemporaryThreadStorage } from '../src/storage/temporary-thread-storage.js';
import { RunStorage } from '../src/storage/run-storage.js';
import type { Run } from '../src/storage/rows/run.js';
import { FakeClock } from './support/fake-clock.js';
import { gate } from './support/gate.js';
import { type LogServer, startLogServer } from './support/log-server.js';
import { GATED } from './support/running-server.js';
import { type Client, SDK_VERSIONS } from './support/sdk-versions.js';

const MINUTE = 60_000;
const MONDAY_NOON = Date.parse('2027-03-01T12:00:00Z');
const iso = (time: number): string => new Date(time).toISOString();
const input = { messages: [{ role: 'user', content: 'hello' }], delayMs: 0 };

describe.each(SDK_VERSIONS)('crons of SDK $version', ({ Client }) => {
  let server: LogServer;
  let client: Client;
  let clock: FakeClock;
  let found: <T>(type: abstract new (...parts: never[]) => T) => T;

  beforeEach(async () => {
    clock = new FakeClock(MONDAY_NOON);
    server = await startLogServer({ STATELESS_THREAD_GRACE_MS: 0 }, clock.install, { config: GATED });
    client = new Client({ apiUrl: server.url, callerOptions: { maxRetries: 0 } });
    found = (type) => server.app.get(type, { strict: false });
  });
  afterEach(() => server.close());

  const allRuns = async (): Promise<Run[]> =>
    (await found(RunStorage).listOwned({ owner: null, threadId: null, limit: 100, offset: 0 })).reverse();
  const ended = async (): Promise<Run[]> => {
    for (const run of await allRuns()) await found(RunEnding).whenEnded(run);
    return allRuns();
  };
  const newThread = async (): Promise<string> => (await client.threads.create()).thread_id;
  const refusal = async (work: Promise<unknown>): Promise<{ status: number; text: string }> => {
    const error = await work.then(() => null, (reason: unknown) => reason as { status: number; message: string });
    if (!error) throw new Error('it was not refused');
    return { status: error.status, text: error.message };
  };

  describe('creating', () => {
    it('answers the cron of a thread, with when it runs next', async () => {
      const threadId = await newThread();
      const cron = await client.crons.createForThread(threadId, 'agent', {
        schedule: '30 * * * *', input, metadata: { team: 'red' }, config: { tags: ['x'] }, streamMode: 'values',
      });
      expect(cron).toEqual({
        cron_id: expect.any(String),
        assistant_id: assistantIdOf('agent'),
        thread_id: threadId,
        schedule: '30 * * * *',
        timezone: null,
        enabled: true,
        end_time: null,
        next_run_date: '2027-03-01T12:30:00.000Z',
        payload: { assistant_id: assistantIdOf('agent'), input, config: { tags: ['x'] }, stream_mode: 'values' },
        metadata: { team: 'red' },
        user_id: null,
        created_at: iso(MONDAY_NOON),
        updated_at: iso(MONDAY_NOON),
      });
      const read = (await fetch(`${server.url}/runs/crons/${cron.cron_id}`)) as Response;
      expect(await read.json()).toEqual(cron);
    });

    it('answers one without a thread, whose threads go unless they are to be kept', async () => {
      expect(await client.crons.create('agent', { schedule: '@daily', input })).toMatchObject({
        thread_id: null, on_run_completed: 'delete', next_run_date: '2027-03-02T00:00:00.000Z',
      });
      const kept = await client.crons.create('agent', { schedule: '@daily', input, onRunCompleted: 'keep' });
      expect(kept).toMatchObject({ on_run_completed: 'keep' });
    });

    it('reads the schedule in its time zone, across a change of the clocks', async () => {
      const zoned = { schedule: '30 2 * * *', timezone: 'Europe/Berlin', input };
      expect(await client.crons.create('agent', zoned)).toMatchObject({
        timezone: 'Europe/Berlin', next_run_date: '2027-03-02T01:30:00.000Z',
      });
      // 02:30 does not exist that night: it runs when the clocks have gone forward.
      clock.time = Date.parse('2027-03-27T23:30:00Z');
      expect(await client.crons.create('agent', zoned)).toMatchObject({ next_run_date: '2027-03-28T01:00:00.000Z' });
    });

    it.each([
      ['61 * * * *', 'Invalid value for minute: 61'],
      ['hello', 'five fields'],
      ['0 30 2 * * *', 'five fields'],
      ['2030-01-01T00:00:00', 'five fields'],
      ['0 0 30 2 *', 'never due'],
      ['@reboot', '@reboot is not supported'],
    ])('refuses the expression %s, and says what is wrong with it', async (schedule, why) => {
      const { status, text } = await refusal(client.crons.create('agent', { schedule, input }));
      expect([status, text]).toEqual([422, expect.stringContaining(why)]);
      expect(text).toContain('schedule');
    });

    it('refuses a time zone, an end, an assistant, a thread and a field of a run that are wrong', async () => {
      const schedule = '* * * * *';
      const post = (path: string, body: object): Promise<Response> =>
        fetch(`${server.url}${path}`, {
          method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
        });
      const base = { assistant_id: 'agent', schedule };
      const wrong: [status: number, body: object, names: string][] = [
        [422, { ...base, timezone: 'Mars/Olympus' }, 'timezone'],
        [422, { ...base, end_time: 'tomorrow' }, 'end_time'],
        [422, { ...base, end_time: '2020-01-01T00:00:00Z' }, 'end_time'],
        [422, { ...base, multitask_strategy: 'later' }, 'multitask_strategy'],
        [422, { ...base, on_run_completed: 'archive' }, 'on_run_completed'],
        [422, { assistant_id: 'agent' }, 'schedule is required'],
        [422, { schedule }, 'assistant_id is required'],
        [404, { ...base, assistant_id: 'nobody' }, 'nobody'],
      ];
      for (const [status, body, names] of wrong) {
        const response = await post('/runs/crons', body);
        expect([body, response.status, await response.text()]).toEqual([body, status, expect.stringContaining(names)]);
      }
      expect((await post(`/threads/${randomUUID()}/runs/crons`, base)).status).toBe(404);
      const onThread = await post(`/threads/${await newThread()}/runs/crons`, { ...base, on_run_completed: 'delete' });
      expect([onThread.status, await onThread.text()]).toEqual([422, expect.stringContaining('on_run_completed')]);
      expect(await client.crons.count()).toBe(0);
    });
  });

  describe('running', () => {
    it('starts the run on the thread at its time, again at the next, and not between', async () => {
      const threadId = await newThread();
      const { cron_id: cronId } = await client.crons.createForThread(threadId, 'agent', {
        schedule: '*/5 * * * *', input, metadata: { team: 'red' },
      });
      expect(clock.next).toBe(MONDAY_NOON + MINUTE);
      await clock.advanceTo(MONDAY_NOON + MINUTE);
      expect(await allRuns()).toEqual([]);
      await clock.advanceTo(MONDAY_NOON + 5 * MINUTE);
      await clock.advanceTo(MONDAY_NOON + 10 * MINUTE);
      const runs = await ended();
      expect(runs).toMatchObject(
        Array(2).fill({
          threadId,
          status: 'success',
          metadata: { team: 'red', cron_id: cronId },
          kwargs: { call: 'classic' },
        }),
      );
      const { values } = await client.threads.getState<{ messages: unknown[] }>(threadId);
      expect(values.messages).toHaveLength(8);
      expect(await client.crons.search()).toMatchObject([
        { cron_id: cronId, next_run_date: iso(MONDAY_NOON + 15 * MINUTE), updated_at: iso(MONDAY_NOON) },
      ]);
    });

    it('gives each run without a thread one of its own, which goes with it', async () => {
      const name = `cron-${randomUUID()}`;
      await client.crons.create('gated', { schedule: '* * * * *', input: { ...input, gate: name } });
      await clock.advanceTo(MONDAY_NOON + MINUTE);
      await gate(name).reached;
      const [run] = await allRuns();
      const threadId = run?.threadId as string;
      expect(await client.threads.get(threadId)).toMatchObject({ status: 'busy' });
      const gone = new Promise<void>((resolve, reject) => {
        found(ThreadSubjects).listen(threadId, ({ events }) => {
          if (events.some(({ method }) => method === 'session.deleted')) resolve();
        }, reject);
      });
      gate(name).open();
      await gone;
      expect(await refusal(client.threads.get(threadId))).toMatchObject({ status: 404 });
      expect(await found(TemporaryThreadStorage).all()).toEqual([]);
    });

    it('keeps the threads that are to be kept', async () => {
      await client.crons.create('agent', { schedule: '* * * * *', input, onRunCompleted: 'keep' });
      await clock.advanceTo(MONDAY_NOON + MINUTE);
      await clock.advanceTo(MONDAY_NOON + 2 * MINUTE);
      const threads = (await ended()).map(({ threadId }) => threadId);
      expect(new Set(threads).size).toBe(2);
      for (const threadId of threads) expect(await client.threads.get(threadId)).toMatchObject({ status: 'idle' });
    });

    it('runs once for all the times that were missed', async () => {
      const threadId = await newThread();
      await client.crons.createForThread(threadId, 'agent', { schedule: '* * * * *', input });
      await clock.advanceTo(MONDAY_NOON + 90 * MINUTE + 1);
      expect(await ended()).toHaveLength(1);
      expect(clock.next).toBe(MONDAY_NOON + 91 * MINUTE);
    });

    it('ends with end_time, and waits for nothing then', async () => {
      const cron = await client.crons.create('agent', {
        schedule: '* * * * *', input, onRunCompleted: 'keep', endTime: iso(MONDAY_NOON + MINUTE),
      });
      clock.time = MONDAY_NOON + MINUTE;
      await found(CronScheduler).wake();
      expect(await ended()).toHaveLength(1);
      expect(clock.next).toBeNull();
      expect(await client.crons.search()).toMatchObject([
        { cron_id: cron.cron_id, next_run_date: null, enabled: true },
      ]);
    });

    it('starts a tick once, however many schedulers share the database', async () => {
      await client.crons.create('agent', { schedule: '* * * * *', input, onRunCompleted: 'keep' });
      const others = Array.from({ length: 3 }, () =>
        new CronScheduler(found(CronStorage), found(CronTicks), found(Clock), found(Settings)));
      clock.time = MONDAY_NOON + MINUTE;
      await Promise.all([...others, found(CronScheduler)].map((scheduler) => scheduler.wake()));
      expect(await ended()).toHaveLength(1);
    });

    it('leaves out a run that its thread refuses, and goes on with the next', async () => {
      const threadId = await newThread();
      const name = `busy-${randomUUID()}`;
      await client.crons.createForThread(threadId, 'gated', {
        schedule: '* * * * *', input: { ...input, gate: name }, multitaskStrategy: 'reject',
      });
      await clock.advanceTo(MONDAY_NOON + MINUTE);
      await gate(name).reached;
      await clock.advanceTo(MONDAY_NOON + 2 * MINUTE);
      expect(await allRuns()).toHaveLength(1);
      gate(name).open();
      await ended();
      await clock.advanceTo(MONDAY_NOON + 3 * MINUTE);
      expect(await ended()).toHaveLength(2);
    });
  });

  describe('changing', () => {
    it('changes what is given, leaves the rest, and takes away what is null', async () => {
      const { cron_id: id } = await client.crons.create('agent', {
        schedule: '*/5 * * * *', input, metadata: { a: 1, b: 2 }, endTime: iso(MONDAY_NOON + 60 * MINUTE),
        interruptBefore: ['agent'],
      });
      clock.time += 1;
      const changed = await client.crons.update(id, {
        input: { messages: [] }, metadata: { b: 3 }, schedule: '0 0 * * *', timezone: 'Asia/Tokyo', endTime: null,
        onRunCompleted: 'keep',
      });
      expect(changed).toMatchObject({
        schedule: '0 0 * * *',
        timezone: 'Asia/Tokyo',
        end_time: null,
        next_run_date: '2027-03-01T15:00:00.000Z',
        metadata: { a: 1, b: 3 },
        on_run_completed: 'keep',
        created_at: iso(MONDAY_NOON),
        updated_at: iso(MONDAY_NOON + 1),
        payload: { assistant_id: assistantIdOf('agent'), input: { messages: [] }, interrupt_before: ['agent'] },
      });
      const cleared = await client.crons.update(id, { interruptBefore: null as never, timezone: null as never });
      expect(cleared).toMatchObject({ timezone: null, next_run_date: '2027-03-02T00:00:00.000Z' });
      expect((cleared as unknown as { payload: object }).payload).toEqual({
        assistant_id: assistantIdOf('agent'), input: { messages: [] },
      });
    });

    it('runs nothing while it is not enabled', async () => {
      const { cron_id: id } = await client.crons.create('agent', { schedule: '* * * * *', input, enabled: false });
      expect(clock.next).toBeNull();
      expect(await client.crons.search()).toMatchObject([{ enabled: false, next_run_date: null }]);
      await client.crons.update(id, { enabled: true });
      expect(clock.next).toBe(MONDAY_NOON + MINUTE);
      await client.crons.update(id, { enabled: false });
      clock.time = MONDAY_NOON + 5 * MINUTE;
      await found(CronScheduler).wake();
      expect(await allRuns()).toEqual([]);
    });

    it('keeps a time that is due when something else is changed', async () => {
      const { cron_id: id } = await client.crons.create('agent', {
        schedule: '* * * * *',
        input,
        onRunCompleted: 'keep',
      });
      clock.time = MONDAY_NOON + MINUTE;
      await client.crons.update(id, { metadata: { late: true } });
      await found(CronScheduler).wake();
      expect(await ended()).toMatchObject([{ metadata: { late: true } }]);
    });

    it('refuses what a new cron would be refused for, and changes nothing', async () => {
      const { cron_id: id } = await client.crons.create('agent', { schedule: '* * * * *', input });
      const before = await client.crons.search();
      expect(await refusal(client.crons.update(id, { schedule: 'x', metadata: { a: 1 } }))).toMatchObject({
        status: 422,
      });
      expect(await refusal(client.crons.update(id, { interruptBefore: 7 as never }))).toMatchObject({ status: 422 });
      expect(await refusal(client.crons.update(randomUUID(), {}))).toMatchObject({ status: 404 });
      expect(await client.crons.search()).toEqual(before);
    });

    it('starts nothing once it is deleted', async () => {
      const { cron_id: id } = await client.crons.create('agent', { schedule: '* * * * *', input });
      await client.crons.delete(id);
      clock.time = MONDAY_NOON + MINUTE;
      await found(CronScheduler).wake();
      expect(await allRuns()).toEqual([]);
      expect(await refusal(client.crons.delete(id))).toMatchObject({ status: 404 });
    });
  });

  describe('searching', () => {
    it('finds by assistant, thread, metadata and enabled, sorted, in pages, with the fields that are asked for', async () => {
      const threadId = await newThread();
      const onThread = await client.crons.createForThread(threadId, 'agent', { schedule: '0 1 * * *', input });
      clock.time += 1;
      const other = await client.crons.create('gated', { schedule: '0 2 * * *', input, metadata: { team: 'red' } });
      clock.time += 1;
      const paused = await client.crons.create('agent', { schedule: '0 3 * * *', input, enabled: false });
      const ids = async (query: Parameters<Client['crons']['search']>[0]): Promise<string[]> =>
        (await client.crons.search(query)).map(({ cron_id: id }) => id);
      const [a, b, c] = [onThread.cron_id, other.cron_id, paused.cron_id];
      expect(await ids({})).toEqual([c, b, a]);
      expect(await ids({ sortBy: 'created_at', sortOrder: 'asc', limit: 2, offset: 1 })).toEqual([b, c]);
      expect(await ids({ sortBy: 'next_run_date', sortOrder: 'desc' })).toEqual([b, a, c]);
      expect(await ids({ assistantId: 'gated' })).toEqual([b]);
      expect(await ids({ threadId })).toEqual([a]);
      expect(await ids({ enabled: false } as object)).toEqual([c]);
      expect(await ids({ metadata: { team: 'red' } } as object)).toEqual([b]);
      const selected = await client.crons.search({ select: ['schedule', 'now'], limit: 1 } as object);
      expect(selected).toEqual([{ schedule: '0 3 * * *', now: iso(clock.time) }]);
      expect([await client.crons.count(), await client.crons.count({ assistantId: 'agent' })]).toEqual([3, 2]);
    });

    it('tells in its headers how many there are and where the next page begins', async () => {
      for (const minute of [1, 2, 3]) await client.crons.create('agent', { schedule: `${minute} * * * *`, input });
      const search = async (body: object): Promise<(string | null)[]> => {
        const { headers } = await fetch(`${server.url}/runs/crons/search`, {
          method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
        });
        return [headers.get('x-pagination-total'), headers.get('x-pagination-next')];
      };
      expect(await search({ limit: 2 })).toEqual(['3', '2']);
      expect(await search({ limit: 2, offset: 2 })).toEqual(['3', null]);
      expect(await search({ limit: 2, offset: 9 })).toEqual(['3', null]);
    });

    it('refuses an order, a field and a limit that there is not', async () => {
      for (const query of [{ sortBy: 'color' }, { select: ['secret'] }, { limit: 100_000 }, { limit: 0 }])
        expect(await refusal(client.crons.search(query as object))).toMatchObject({ status: 422 });
    });
  });
});
