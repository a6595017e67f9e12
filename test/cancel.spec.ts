import { assistantIdOf } from '../src/graphs/assistant-resolver.js';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { PROJECT } from './built-program.js';
import { gate } from './support/gate.js';
import { post } from './support/run-commands.js';
import { TestServer } from './support/running-server.js';
import { isTerminal, rootLives, runIdOf, ThreadProbe } from './support/thread-probe.js';

const ASKING = join(PROJECT, 'test/fixtures/asking/langgraph.json');

let server: TestServer;
let thread: ThreadProbe;

beforeAll(async () => {
  server = await TestServer.start(ASKING);
});
beforeEach(() => {
  thread = new ThreadProbe(server);
});
afterEach(() => thread.close());
afterAll(() => server.close());

async function cancel(run: string, query = ''): Promise<number> {
  const response = await fetch(`${thread.url}/runs/${run}/cancel${query}`, { method: 'POST' });
  await response.arrayBuffer();
  return response.status;
}

const says = (content: string, name: string): object => ({ messages: [{ role: 'user', content }], gate: name });

/** Starts a run that stops in the middle of its reply, and waits until it is there. */
async function speaking(): Promise<string> {
  const run = await thread.start('gated', says('x', thread.threadId));
  await gate(thread.threadId).reached;
  return run;
}

async function deaf(target = thread): Promise<string> {
  const run = await target.start('deaf', { gate: target.threadId });
  await gate(target.threadId).reached;
  return run;
}

describe('cancelling an active run', () => {
  it('ends it in one interrupted, and keeps every event that was seen', async () => {
    const run = await speaking();
    const seen = await thread.read();
    expect(await cancel(run, '?wait=0&action=interrupt')).toBe(202);
    const terminal = await thread.ended(run);
    expect(terminal.params.data).toEqual({ event: 'interrupted', graph_name: 'gated' });
    const log = await thread.read();
    expect(log.slice(0, seen.length)).toEqual(seen);
    expect(log.at(-1)).toEqual(terminal);
    expect(await thread.get(`/runs/${run}`)).toMatchObject({ status: 'interrupted' });
    expect(await thread.get('')).toMatchObject({ status: 'idle' });
    expect((await thread.get<{ next: string[] }>('/state')).next).toEqual(['speak']);
  });

  it('closes the message and the namespace that are open, in this order, before the terminal', async () => {
    const run = await speaking();
    await cancel(run);
    await thread.ended(run);
    const log = await thread.read();
    const start = log.find(({ method, params }) => method === 'messages' && params.data.event === 'message-start')!;
    expect(log.slice(-3)).toMatchObject([
      {
        method: 'messages',
        params: {
          namespace: start.params.namespace,
          node: start.params.node,
          data: { event: 'error', message: expect.any(String), run_id: start.params.data.run_id },
        },
      },
      { method: 'lifecycle', params: { namespace: start.params.namespace, data: { event: 'interrupted' } } },
      { method: 'lifecycle', params: { namespace: [], data: { event: 'interrupted' } } },
    ]);
  });

  it('does not wait for a node that hears no signal, and lets nothing of what that does later happen', async () => {
    const run = await deaf();
    expect(await cancel(run, '?wait=1')).toBe(204);
    const [log, state] = [await thread.read(), await thread.get('/state')];
    expect(rootLives(log)).toEqual([[run, 'running'], [run, 'interrupted']]);
    gate(thread.threadId).open();
    await gate(`${thread.threadId} done`).reached;
    // Time for a node after it to run, told by another thread's run of the same kind.
    const other = new ThreadProbe(server);
    gate(other.threadId).open();
    await other.ended(await other.start('deaf', { gate: other.threadId }));
    expect(await thread.read()).toEqual(log);
    expect(await thread.get('/state')).toEqual(state);
  });

  it('works at any moment, from before the first event on', async () => {
    await speaking();
    const moments = (await thread.read()).length;
    expect(moments).toBeGreaterThan(8);
    await Promise.all(Array.from({ length: moments + 1 }, async (_, moment) => {
      const probe = new ThreadProbe(server);
      const run = await probe.start('gated', says('x', probe.threadId));
      const reader = await probe.open();
      if (moment > 0) await reader.until(() => true, moment);
      const response = await fetch(`${probe.url}/runs/${run}/cancel?wait=1`, { method: 'POST' });
      expect(response.status).toBe(204);
      const log = await probe.read();
      expect(log.filter(isTerminal).map((event) => [runIdOf(event), event.params.data.event])).toEqual([
        [run, 'interrupted'],
      ]);
      expect(isTerminal(log.at(-1)!)).toBe(true);
      probe.close();
    }));
  });

  it('lets the thread go on from where it was', async () => {
    const run = await speaking();
    await cancel(run, '?wait=true');
    gate(thread.threadId).open();
    const next = await thread.start('gated', null);
    expect((await thread.ended(next)).params.data.event).toBe('completed');
    expect(((await thread.values()).messages as unknown[])).toHaveLength(2);
  });

  it('takes its checkpoints and its row back with action rollback, after a terminal of its own', async () => {
    const run = await speaking();
    expect((await thread.values()).messages).toHaveLength(1);
    expect(await cancel(run, '?wait=1&action=rollback')).toBe(204);
    expect(rootLives(await thread.read())).toEqual([[run, 'running'], [run, 'interrupted']]);
    expect(await thread.values()).toEqual({});
    expect((await fetch(`${thread.url}/runs/${run}`)).status).toBe(404);
    expect(await cancel(run)).toBe(404);
  });

  it('keeps the reason of the first who asked, and answers the second as well', async () => {
    const run = await deaf();
    const statuses = await Promise.all(
      ['?reason=taken', '?wait=1&reason=late', '?wait=1'].map((query) => cancel(run, query)),
    );
    expect(statuses).toEqual([202, 204, 204]);
    expect(await cancel(run, '?reason=much%20later')).toBe(202);
    expect(await thread.get(`/runs/${run}`)).toMatchObject({ status: 'interrupted', cancel_reason: 'taken' });
    expect((await thread.read()).filter(isTerminal)).toHaveLength(1);
  });

  it('changes nothing about a run that has ended', async () => {
    gate(thread.threadId).open();
    const run = await thread.start('gated', says('x', thread.threadId));
    await thread.ended(run);
    const before = [await thread.read(), await thread.get(`/runs/${run}`), await thread.get('/state')];
    expect(await cancel(run, '?wait=1')).toBe(204);
    expect(await cancel(run, '?action=rollback')).toBe(202);
    expect([await thread.read(), await thread.get(`/runs/${run}`), await thread.get('/state')]).toEqual(before);
  });
});

describe('cancelling a run that waits', () => {
  it('ends it at once, and tells so when the active one has ended', async () => {
    const active = await deaf();
    const [waiting, other] = [await thread.start('deaf', null), await thread.start('deaf', null)];
    expect(await cancel(waiting, '?wait=1')).toBe(204);
    expect(await thread.get(`/runs/${waiting}`)).toMatchObject({ status: 'interrupted' });
    expect((await thread.get<{ run_id: string }[]>('/runs?status=pending')).map(({ run_id: id }) => id)).toEqual([
      other,
    ]);
    expect(rootLives(await thread.read())).toEqual([[active, 'running']]);
    gate(thread.threadId).open();
    await thread.ended(other);
    expect(rootLives(await thread.read())).toEqual([
      [active, 'running'], [active, 'completed'], [waiting, 'interrupted'], [other, 'running'], [other, 'completed'],
    ]);
  });

  it('owes the terminal also when it is rolled back, and removes its row', async () => {
    const active = await deaf();
    const waiting = await thread.start('deaf', null);
    expect(await cancel(waiting, '?action=rollback')).toBe(202);
    expect(await cancel(active, '?wait=1')).toBe(204);
    await thread.ended(waiting);
    expect(rootLives(await thread.read())).toEqual([
      [active, 'running'],
      [active, 'interrupted'],
      [waiting, 'interrupted'],
    ]);
    expect((await fetch(`${thread.url}/runs/${waiting}`)).status).toBe(404);
    expect(await thread.get('')).toMatchObject({ status: 'idle' });
  });

  it('owes the terminal over a restart', async () => {
    await deaf();
    const waiting = await thread.start('deaf', null);
    await cancel(waiting);
    await server.restart();
    gate(thread.threadId).open();
    await thread.ended(waiting);
    expect((await thread.read()).filter((event) => isTerminal(event) && runIdOf(event) === waiting)).toHaveLength(1);
  });
});

describe('the runs of a thread', () => {
  it('are listed newest first, by status, in pages, with the fields that are asked for', async () => {
    const active = await deaf();
    const waiting: string[] = [];
    for (let n = 0; n < 3; n += 1) waiting.unshift(await thread.start('deaf', { gate: String(n) }));
    const ids = async (query: string): Promise<string[]> =>
      (await thread.get<{ run_id: string }[]>(`/runs${query}`)).map(({ run_id: id }) => id);
    expect(await ids('')).toEqual([...waiting, active]);
    expect(await ids('?status=pending')).toEqual(waiting);
    expect(await ids('?status=running')).toEqual([active]);
    expect(await ids('?status=success')).toEqual([]);
    expect(await ids('?limit=2')).toEqual(waiting.slice(0, 2));
    expect(await ids('?limit=2&offset=2')).toEqual([waiting[2], active]);
    const select = 'status=pending&limit=1000&select=run_id&select=kwargs&select=created_at&select=multitask_strategy';
    const listed = await thread.get<Record<string, unknown>[]>(`/runs?${select}`);
    expect(listed.map((run) => Object.keys(run).sort())).toEqual(
      Array(3).fill(['created_at', 'kwargs', 'multitask_strategy', 'run_id']),
    );
    expect(listed[0]).toMatchObject({ kwargs: { input: { gate: '2' } }, multitask_strategy: 'enqueue' });
    expect(await thread.get<unknown[]>('/runs?select=%5B%22run_id%22%5D&limit=1')).toEqual([{ run_id: waiting[0] }]);
    await Promise.all(waiting.map((run) => cancel(run)));
    await cancel(active, '?wait=1');
  });

  it('are made by POST as by run.start, and are on the stream', async () => {
    expect((await post(`${thread.url}/runs`, { assistant_id: 'deaf', input: {} })).status).toBe(404);
    gate(thread.threadId).open();
    const response = await post(`${thread.url}/runs`, {
      assistant_id: assistantIdOf('deaf'),
      input: { gate: thread.threadId },
      if_not_exists: 'create',
      metadata: { a: 1 },
    });
    expect(response.status).toBe(200);
    const run = (await response.json()) as Record<string, unknown>;
    expect(run).toMatchObject({
      thread_id: thread.threadId,
      assistant_id: assistantIdOf('deaf'),
      status: 'pending',
      metadata: { a: 1 },
      multitask_strategy: 'enqueue',
    });
    await thread.ended(run.run_id as string);
    expect(await thread.get(`/runs/${run.run_id as string}`)).toMatchObject({
      run_id: run.run_id,
      status: 'success',
      created_at: run.created_at,
    });
    expect(rootLives(await thread.read())).toEqual([[run.run_id, 'running'], [run.run_id, 'completed']]);
  });

  it('are refused by reject with 409, and unknown assistants with 404', async () => {
    const run = await deaf();
    expect(
      (await post(`${thread.url}/runs`, { assistant_id: 'deaf', input: {}, multitask_strategy: 'reject' })).status,
    ).toBe(409);
    expect((await post(`${thread.url}/runs`, { assistant_id: 'nobody', input: {} })).status).toBe(404);
    await cancel(run, '?wait=1');
  });

  it('are 404 for an unknown run, thread, or a run of another thread, and 422 for what makes no sense', async () => {
    gate(thread.threadId).open();
    const run = await thread.start('deaf', { gate: thread.threadId });
    await thread.ended(run);
    const other = new ThreadProbe(server);
    await other.ended(await other.start('deaf', { gate: thread.threadId }));
    const status = async (url: string, method = 'GET'): Promise<number> => (await fetch(url, { method })).status;
    for (const url of [
      `${thread.url}/runs/${randomUUID()}`,
      `${thread.url}/runs/x`,
      `${other.url}/runs/${run}`,
      `${server.url}/threads/${randomUUID()}/runs/${run}`,
    ]) {
      expect([url, await status(url), await status(`${url}/cancel`, 'POST')]).toEqual([url, 404, 404]);
    }
    expect(await status(`${server.url}/threads/${randomUUID()}/runs`)).toBe(404);
    for (const query of ['status=done', 'limit=0', 'limit=x', 'limit=1001', 'offset=-1', 'select=secret']) {
      expect([query, await status(`${thread.url}/runs?${query}`)]).toEqual([query, 422]);
    }
    for (const query of ['wait=maybe', 'action=stop']) {
      expect([query, await status(`${thread.url}/runs/${run}/cancel?${query}`, 'POST')]).toEqual([query, 422]);
    }
  });
});
