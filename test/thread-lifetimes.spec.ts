import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ThreadSweeps } from '../src/runs/upkeep/thread-sweeps.js';
import { PROJECT } from './built-program.js';
import { startThreadsServer, type ThreadsServer } from './threads-server.js';

const CHAT = join(PROJECT, 'test/fixtures/state-graphs/chat.mjs:graph');
const MINUTE_MS = 60_000;

let folder: string;
let server: ThreadsServer;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'threadlog-lifetimes-'));
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

async function start(config: object = {}, settings: object = {}): Promise<ThreadSweeps> {
  const path = join(folder, 'langgraph.json');
  writeFileSync(path, JSON.stringify({ graphs: { chat: CHAT }, ...config }));
  server = await startThreadsServer(path, settings);
  return server.app.get(ThreadSweeps, { strict: false });
}

async function make(ttl?: unknown): Promise<string> {
  const threadId = randomUUID();
  const supersteps = ['a', 'b', 'c'].map((content) => ({
    updates: [
      {
        values: { messages: [{ role: 'user', content, id: content }] },
        as_node: content === 'a' ? '__start__' : 'echo',
      },
    ],
  }));
  const response = await fetch(`${server.url}/threads`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ thread_id: threadId, metadata: { graph_id: 'chat' }, supersteps, ttl }),
  });
  expect(response.status).toBe(200);
  return threadId;
}

/** How many states each thread has; null for one that is gone. */
const states = (...ids: string[]): Promise<(number | null)[]> =>
  Promise.all(
    ids.map(async (id) => {
      const response = await fetch(`${server.url}/threads/${id}/history`);
      return response.status === 404 ? null : ((await response.json()) as unknown[]).length;
    }),
  );
const inMinutes = (minutes: number): number => Date.now() + minutes * MINUTE_MS;

it('ends a thread when its time since its last change is over, as it said', async () => {
  const sweeps = await start();
  const ids = [await make(), await make(10), await make({ ttl: 10, strategy: 'keep_latest' }), await make(30)];
  await sweeps.sweep(inMinutes(9));
  expect(await states(...ids)).toEqual([3, 3, 3, 3]);
  await sweeps.sweep(inMinutes(11));
  expect(await states(...ids)).toEqual([3, null, 1, 3]);
  await server.decide(ids[3] as string, ({ thread }) => thread.touchState(inMinutes(20)));
  await sweeps.sweep(inMinutes(40));
  expect(await states(...ids)).toEqual([3, null, 1, 3]);
  await sweeps.sweep(inMinutes(51));
  expect(await states(...ids)).toEqual([3, null, 1, null]);
});

it('leaves a busy thread alone', async () => {
  const sweeps = await start();
  const id = await make(1);
  await server.decide(id, ({ thread }) => thread.setStatus('busy', Date.now()));
  await sweeps.sweep(inMinutes(5));
  expect(await states(id)).toEqual([3]);
});

it('takes the time of other threads from checkpointer.ttl', async () => {
  const ttl = { strategy: 'keep_latest', default_ttl: 5, sweep_interval_minutes: 60 };
  const sweeps = await start({ checkpointer: { ttl } });
  const ids = [await make(), await make({ ttl: 5 }), await make(60)];
  const shown = await (await fetch(`${server.url}/threads/${ids[0]}?include=ttl`)).json();
  expect(shown).toMatchObject({ ttl: { strategy: 'keep_latest', ttl_minutes: 5 } });
  await sweeps.sweep(inMinutes(6));
  expect(await states(...ids)).toEqual([1, null, 3]);
});

it('takes it from the setting first', async () => {
  const sweeps = await start(
    { checkpointer: { ttl: { default_ttl: 500 } } },
    { THREAD_TTL_MINUTES: 5, THREAD_TTL_STRATEGY: 'delete' },
  );
  const id = await make();
  await sweeps.sweep(inMinutes(6));
  expect(await states(id)).toEqual([null]);
});

it('keeps all checkpoints unless told otherwise, and then the newest ones', async () => {
  const sweeps = await start();
  const id = await make();
  await sweeps.sweep(inMinutes(1_000_000));
  expect(await states(id)).toEqual([3]);
  await server.close();
  const keeping = await start({}, { CHECKPOINTS_KEPT: 2 });
  const ids = [await make(), await make()];
  await keeping.sweep();
  expect(await states(...ids)).toEqual([2, 2]);
});

it('removes checkpoints by their age, but the newest', async () => {
  const sweeps = await start({}, { CHECKPOINT_MAX_AGE_MS: 10 * MINUTE_MS });
  const id = await make();
  await sweeps.sweep(inMinutes(9));
  expect(await states(id)).toEqual([3]);
  await sweeps.sweep(inMinutes(11));
  expect(await states(id)).toEqual([1]);
});

it('refuses a checkpointer.ttl that it cannot read', async () => {
  await start();
  const path = join(folder, 'bad.json');
  writeFileSync(path, JSON.stringify({ graphs: { chat: CHAT }, checkpointer: { ttl: { default_ttl: 'soon' } } }));
  await expect(startThreadsServer(path)).rejects.toThrow('checkpointer.ttl.default_ttl');
});
