import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { PROJECT } from './built-program.js';
import { gate } from './support/gate.js';
import { acceptedRun } from './support/rest-runs.js';
import { TestServer } from './support/running-server.js';
import { type Client, SDK_VERSIONS } from './support/sdk-versions.js';
import { idOf, ThreadProbe } from './support/thread-probe.js';

const GRAPHS = join(PROJECT, 'test/fixtures/rest-graphs/langgraph.json');
const said = (content: string): object => ({ messages: [{ role: 'user', content, id: `said-${content}` }] });

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start(GRAPHS);
});
afterAll(() => server.close());

const statusOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'done',
    (error: { status?: number }) => error.status,
  );

/** A run to its end, by one command or the other. */
async function run(threadId: string, graph: string, input: object, how: 'run.start' | 'REST' = 'REST'): Promise<void> {
  const probe = new ThreadProbe(server, threadId);
  const runId =
    how === 'REST' ? await acceptedRun(probe, { assistant_id: graph, input }) : await probe.start(graph, input);
  await probe.ended(runId);
}

describe.each(SDK_VERSIONS)('client.threads of SDK $version', ({ Client: SdkClient, version }) => {
  let client: Client;
  beforeAll(() => {
    client = new SdkClient({ apiUrl: server.url, apiKey: null });
  });

  describe('create', () => {
    it('makes a thread with an id, metadata and a graph, and refuses a second one unless told otherwise', async () => {
      const threadId = randomUUID();
      const thread = await client.threads.create({ threadId, metadata: { a: 1 }, graphId: 'chat' });
      expect(thread).toMatchObject({
        thread_id: threadId, metadata: { a: 1, graph_id: 'chat' }, status: 'idle', values: {}, interrupts: {},
      });
      expect(await statusOf(client.threads.create({ threadId }))).toBe(409);
      expect(await client.threads.create({ threadId, ifExists: 'do_nothing', metadata: { a: 2 } })).toEqual(thread);
    });

    it('starts with the state that supersteps make', async () => {
      const update = { values: said('hello'), asNode: '__start__' };
      const thread = await client.threads.create({ graphId: 'chat', supersteps: [{ updates: [update] }] });
      expect(thread.values).toMatchObject({ messages: [{ type: 'human', content: 'hello' }] });
    });

    it('takes a time to live, as minutes or with what happens then', async () => {
      for (const [ttl, shown] of [
        [90, { strategy: 'delete', ttl_minutes: 90 }],
        [{ ttl: 0.5, strategy: 'keep_latest' as 'delete' }, { strategy: 'keep_latest', ttl_minutes: 0.5 }],
      ] as const) {
        const { thread_id: id } = await client.threads.create({ ttl });
        const thread = (await client.threads.get(id, { include: ['ttl'] })) as {
          updated_at: string;
          ttl?: Record<string, unknown>;
        };
        expect(thread.ttl).toEqual({ ...shown, expires_at: expect.any(String) as string });
        const minutes = (Date.parse(thread.ttl?.expires_at as string) - Date.parse(thread.updated_at)) / 60_000;
        expect(minutes).toBe(shown.ttl_minutes);
        expect(await client.threads.get(id)).not.toHaveProperty('ttl');
      }
      expect(await statusOf(client.threads.create({ ttl: -1 }))).toBe(422);
      expect(await statusOf(client.threads.create({ ttl: { ttl: 1, strategy: 'forget' as 'delete' } }))).toBe(422);
    });
  });

  it('get: says status, values and interrupts, whichever way the run was started', async () => {
    for (const how of ['run.start', 'REST'] as const) {
      const [idle, asking, failed] = [randomUUID(), randomUUID(), randomUUID()];
      await run(idle, 'chat', said('hi'), how);
      expect(await client.threads.get(idle)).toMatchObject({
        status: 'idle', values: { messages: [{ content: 'hi' }, { content: 'echo hi' }] }, interrupts: {},
      });
      await run(asking, 'ask', { question: 'well?' }, how);
      const waiting = await client.threads.get(asking);
      expect(waiting).toMatchObject({ status: 'interrupted', values: { question: 'well?' } });
      expect(Object.values(waiting.interrupts)).toMatchObject([[{ value: 'well?' }]]);
      await run(failed, 'ask', { question: 'sure?' }, how);
      const probe = new ThreadProbe(server, failed);
      await probe.ended(await probe.respond(idOf(await probe.asked()), 'fail'));
      expect(await client.threads.get(failed)).toMatchObject({ status: 'error', error: 'the answer was fail' });
    }
    expect(await statusOf(client.threads.get(randomUUID()))).toBe(404);
  });

  it('get: a thread is busy while it runs, and its state is newer when it ends', async () => {
    const probe = new ThreadProbe(server);
    const { threadId } = probe;
    await client.threads.create({ threadId });
    const runId = await acceptedRun(probe, { assistant_id: 'gated', input: { ...said('wait'), gate: threadId } });
    await gate(threadId).reached;
    const busy = await client.threads.get(threadId);
    expect(busy.status).toBe('busy');
    expect((await client.threads.search({ ids: [threadId], status: 'busy' })).length).toBe(1);
    gate(threadId).open();
    await probe.ended(runId);
    const idle = await client.threads.get(threadId);
    expect(idle.status).toBe('idle');
    expect(Date.parse(idle.state_updated_at)).toBeGreaterThan(Date.parse(busy.created_at));
  });

  describe('update', () => {
    it('merges metadata and changes the time to live', async () => {
      const { thread_id: id } = await client.threads.create({ metadata: { a: 1, b: { c: 1 } } });
      const thread = await client.threads.update(id, { metadata: { b: { d: 2 } }, ttl: 7 });
      expect(thread.metadata).toEqual({ a: 1, b: { d: 2 } });
      expect(await client.threads.get(id, { include: ['ttl'] })).toMatchObject({ ttl: { ttl_minutes: 7 } });
      expect(await client.threads.update(id, { metadata: { e: 3 }, returnMinimal: true })).toBeUndefined();
      expect((await client.threads.get(id)).metadata).toEqual({ a: 1, b: { d: 2 }, e: 3 });
      expect(await statusOf(client.threads.update(randomUUID(), { metadata: {} }))).toBe(404);
    });
  });

  it('delete: removes the thread with its state, its runs and its events', async () => {
    const id = randomUUID();
    await run(id, 'chat', said('bye'));
    expect(await client.threads.delete(id)).toBeUndefined();
    expect(await statusOf(client.threads.get(id))).toBe(404);
    expect(await statusOf(client.threads.delete(id))).toBe(404);
    expect(await statusOf(client.runs.list(id))).toBe(404);
    await client.threads.create({ threadId: id });
    expect((await client.threads.getState(id)).values).toEqual({});
    await run(id, 'chat', said('new'));
    const events = await new ThreadProbe(server, id).read();
    expect(JSON.stringify(events)).toContain('echo new');
    expect(JSON.stringify(events)).not.toContain('bye');
  });

  it('delete: stops a run that is active', async () => {
    const probe = new ThreadProbe(server);
    await probe.start('gated', { ...said('stop'), gate: probe.threadId });
    await gate(probe.threadId).reached;
    await client.threads.delete(probe.threadId);
    expect(await statusOf(client.threads.get(probe.threadId))).toBe(404);
  });

  describe('copy', () => {
    it('gives a thread of its own with the same history', async () => {
      const { thread_id: id } = await client.threads.create({ metadata: { team: 'red' }, graphId: 'chat', ttl: 60 });
      await run(id, 'chat', said('one'));
      const copy = await client.threads.copy(id);
      expect(copy.metadata).toMatchObject({ team: 'red', graph_id: 'chat', thread_id: copy.thread_id });
      expect(copy).toMatchObject({ status: 'idle', values: (await client.threads.get(id)).values });
      const [history, copied] = await Promise.all([id, copy.thread_id].map((one) => client.threads.getHistory(one)));
      expect(copied?.map(({ values, next }) => ({ values, next }))).toEqual(
        history?.map(({ values, next }) => ({ values, next })),
      );
      expect(copied?.every(({ checkpoint }) => checkpoint.thread_id === copy.thread_id)).toBe(true);
      await run(copy.thread_id, 'chat', said('two'));
      const texts = async (one: string): Promise<string[]> =>
        ((await client.threads.get(one)).values as { messages: { content: string }[] }).messages.map((m) => m.content);
      expect(await texts(copy.thread_id)).toEqual(['one', 'echo one', 'two', 'echo two']);
      expect(await texts(id)).toEqual(['one', 'echo one']);
      await client.threads.delete(id);
      expect(await texts(copy.thread_id)).toHaveLength(4);
      expect(await statusOf(client.threads.copy(id))).toBe(404);
    });

    it('begins its log with the state and the open interrupts, which can be answered there', async () => {
      const id = randomUUID();
      await run(id, 'pair', {});
      const source = new ThreadProbe(server, id);
      const first = await source.asked();
      await source.ended(await source.respond(idOf(first), 'yes'));
      const copy = await client.threads.copy(id);
      expect(copy.status).toBe('interrupted');
      expect(Object.values(copy.interrupts).flat()).toHaveLength(1);
      const probe = new ThreadProbe(server, copy.thread_id);
      const events = await probe.read({});
      expect(events.map(({ method }) => method)).toEqual(['checkpoints', 'values', 'input.requested']);
      expect(events[1]?.params.timestamp).toBe(events[0]?.params.timestamp);
      await probe.ended(await probe.respond(idOf(events[2]!), 'mine'));
      expect(Object.values((await probe.values()).answers as object).sort()).toEqual(['mine', 'yes']);
      expect((await client.threads.get(copy.thread_id)).status).toBe('idle');
      expect((await client.threads.get(id)).status).toBe('interrupted');
      probe.close();
    });

    it('is refused while a run is active', async () => {
      const probe = new ThreadProbe(server);
      const runId = await probe.start('gated', { ...said('busy'), gate: probe.threadId });
      await gate(probe.threadId).reached;
      expect(await statusOf(client.threads.copy(probe.threadId))).toBe(409);
      gate(probe.threadId).open();
      await probe.ended(runId);
    });
  });

  describe('prune', () => {
    it('deletes the threads that there are', async () => {
      const ids = await Promise.all([1, 2].map(async () => (await client.threads.create()).thread_id));
      expect(await client.threads.prune([...ids, randomUUID()])).toEqual({ pruned_count: 2 });
      expect(await client.threads.search({ ids })).toEqual([]);
    });

    it('keeps the newest state, from which a run goes on', async () => {
      const id = randomUUID();
      await run(id, 'pair', {});
      const before = await client.threads.getState(id);
      expect(await client.threads.prune([id], { strategy: 'keep_latest' })).toEqual({ pruned_count: 1 });
      expect(await client.threads.getHistory(id)).toHaveLength(1);
      expect(await client.threads.getState(id)).toEqual(before);
      const probe = new ThreadProbe(server, id);
      const asked = (await client.threads.get(id)).interrupts;
      for (const { id: interruptId } of Object.values(asked).flat()) await probe.respond(interruptId!, 'go');
      const reader = await probe.open({ channels: ['lifecycle'], since: 0 });
      await reader.until((event) => event.params.data.event === 'completed');
      expect(await probe.values()).toMatchObject({ answers: { left: 'go', right: 'go' } });
      probe.close();
    });
  });

  describe('search', () => {
    const tag = randomUUID();
    const ids: string[] = [];
    beforeAll(async () => {
      const own = new SdkClient({ apiUrl: server.url, apiKey: null });
      for (let index = 0; index < 5; index += 1) {
        const metadata = { tag, even: index % 2 === 0, nested: { place: { row: index, list: [1, index] } } };
        ids.push((await own.threads.create({ metadata })).thread_id);
      }
      await run(ids[1]!, 'ask', { question: 'who?' });
      await run(ids[3]!, 'chat', said('find me'));
    });
    const found = async (query: object): Promise<number[]> =>
      (await client.threads.search({ metadata: { tag }, ...query })).map((thread) => ids.indexOf(thread.thread_id));

    it('finds by metadata, nested too, newest first, and by ids and status', async () => {
      expect(await found({})).toEqual([4, 3, 2, 1, 0]);
      expect(await found({ metadata: { tag, even: true } })).toEqual([4, 2, 0]);
      expect(await found({ metadata: { tag, nested: { place: { list: [3] } } } })).toEqual([3]);
      expect(await found({ ids: [ids[2], ids[4], 'nobody'] })).toEqual([4, 2]);
      expect(await found({ ids: [] })).toEqual([]);
      expect(await found({ status: 'interrupted' })).toEqual([1]);
      expect(await found({ metadata: { tag: 'another' } })).toEqual([]);
    });

    it('finds by values of the newest checkpoint', async () => {
      expect(await found({ values: { question: 'who?' } })).toEqual([1]);
      expect(await found({ values: { messages: [{ type: 'ai', content: 'echo find me' }] } })).toEqual([3]);
      expect(await found({ values: { question: 'what?' } })).toEqual([]);
    });

    it('sorts by every field, and pages', async () => {
      expect(await found({ sortBy: 'created_at', sortOrder: 'asc' })).toEqual([0, 1, 2, 3, 4]);
      expect((await found({ sortBy: 'updated_at' })).slice(0, 2)).toEqual([3, 1]);
      expect((await found({ sortBy: 'state_updated_at' as 'updated_at' })).slice(0, 2)).toEqual([3, 1]);
      expect((await found({ sortBy: 'status', sortOrder: 'desc' }))[0]).toBe(1);
      expect(await found({ sortBy: 'thread_id', sortOrder: 'asc' })).toEqual([0, 1, 2, 3, 4]);
      expect(await found({ limit: 2, offset: 1 })).toEqual([3, 2]);
    });

    it('tells where the next page begins and how many there are', async () => {
      const headers = async (body: object): Promise<unknown[]> => {
        const response = await fetch(`${server.url}/threads/search`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ metadata: { tag }, ...body }),
        });
        return [response.status, ...['next', 'total'].map((name) => response.headers.get(`x-pagination-${name}`))];
      };
      expect(await headers({ limit: 2 })).toEqual([200, '2', '5']);
      expect(await headers({ limit: 2, offset: 2 })).toEqual([200, '4', '5']);
      expect(await headers({ limit: 1, offset: 4 })).toEqual([200, null, '5']);
      expect(await headers({ offset: 9 })).toEqual([200, null, '5']);
      expect(await headers({ limit: 1_001 })).toEqual([422, null, null]);
    });

    it('selects fields and extracts values', async () => {
      const [thread] = await client.threads.search({
        ids: [ids[3]!],
        select: ['thread_id', 'status'],
        extract: {
          last: 'values.messages[-1].content', row: 'metadata.nested.place.row', none: 'values.nothing[3].x',
        },
      });
      expect(thread).toEqual({
        thread_id: ids[3], status: 'idle', extracted: { last: 'echo find me', row: 3, none: null },
      });
      const everything = await client.threads.search({ ids: [ids[1]!] });
      expect(everything).toEqual([await client.threads.get(ids[1]!)]);
      expect(await statusOf(client.threads.search({ extract: { bad: 'values..x' } }))).toBe(422);
    });

    it('counts by metadata, values and status', async () => {
      expect(await client.threads.count({ metadata: { tag } })).toBe(5);
      expect(await client.threads.count({ metadata: { tag }, status: 'interrupted' })).toBe(1);
      expect(await client.threads.count({ metadata: { tag, even: true } })).toBe(3);
      expect(await client.threads.count({ metadata: { tag }, values: { question: 'who?' } })).toBe(1);
      expect(await client.threads.count()).toBeGreaterThan(5);
    });
  });

  describe('state', () => {
    const id = randomUUID();
    beforeAll(() => run(id, 'nested', { answers: ['go'] }));
    const current = version.startsWith('1.15');
    const selected = (select: string[]): { subgraphs?: boolean } => ({ select }) as object;

    it('getState: of the newest checkpoint, with or without subgraphs, or chosen fields of it', async () => {
      const state = await client.threads.getState(id);
      expect(state).toMatchObject({ values: { answers: ['go'] }, checkpoint: { thread_id: id, checkpoint_ns: '' } });
      expect(state.tasks.every((task) => task.state === null)).toBe(true);
      const deep = await client.threads.getState(id, undefined, { subgraphs: true });
      expect(deep.tasks.some((task) => task.state !== null)).toBe(true);
      if (!current) return;
      expect(await client.threads.getState(id, undefined, selected(['values.answers', 'next']))).toEqual({
        values: { answers: ['go'] }, next: state.next,
      });
      expect(await client.threads.getState(id, undefined, selected(['values.nothing']))).toEqual({ values: {} });
      expect(await statusOf(client.threads.getState(id, undefined, selected(['nothing'])))).toBe(422);
    });

    it('getState: at a checkpoint by its id, by its object, and of a subgraph', async () => {
      const { parent_checkpoint: parent, tasks } = await client.threads.getState(id);
      const byId = await client.threads.getState(id, parent!.checkpoint_id!);
      expect(byId).toMatchObject({
        metadata: { source: 'input' },
        checkpoint: { checkpoint_id: parent!.checkpoint_id },
      });
      for (const subgraphs of [true, false, undefined])
        expect(await client.threads.getState(id, parent!, { subgraphs })).toMatchObject({ checkpoint: parent! });
      const inner = tasks.find(({ name }) => name === 'child')!.checkpoint!;
      expect((await client.threads.getState(id, inner as never)).next.sort()).toEqual(['ask', 'ask2']);
      if (current) expect(await client.threads.getState(id, parent!, selected(['next']))).toEqual({ next: byId.next });
      expect(await statusOf(client.threads.getState(id, randomUUID()))).toBe(404);
    });

    it('updateState: makes a checkpoint on the newest or on an older one, as a node', async () => {
      const own = randomUUID();
      await run(own, 'chat', said('a'));
      const [newest, older] = await client.threads.getHistory(own);
      const update = { values: { messages: [{ role: 'ai', content: 'mine', id: 'mine' }] }, asNode: 'echo' };
      const { checkpoint } = (await client.threads.updateState(own, update)) as {
        checkpoint?: { checkpoint_id: string };
      };
      const state = await client.threads.getState<{ messages: { content: string }[] }>(own);
      expect(state.checkpoint.checkpoint_id).toBe(checkpoint?.checkpoint_id);
      expect(state.parent_checkpoint).toEqual(newest?.checkpoint);
      expect(state.values.messages.at(-1)?.content).toBe('mine');
      await client.threads.updateState(own, { ...update, checkpoint: older?.checkpoint as never });
      expect((await client.threads.getState(own)).parent_checkpoint).toEqual(older?.checkpoint);
      await client.threads.updateState(own, { ...update, checkpointId: newest?.checkpoint.checkpoint_id } as never);
      expect(await statusOf(client.threads.updateState(own, { values: {}, asNode: 'nobody' }))).toBe(400);
    });

    it('patchState: adds to the metadata of the newest checkpoint, by which a history is filtered', async () => {
      const own = randomUUID();
      await run(own, 'chat', said('a'));
      expect(await client.threads.patchState(own, { reviewed: { by: 'ada' } })).toBeUndefined();
      await client.threads.patchState({ configurable: { thread_id: own } } as never, { more: 1 });
      const { metadata, checkpoint, values } = await client.threads.getState(own);
      expect(metadata).toMatchObject({ reviewed: { by: 'ada' }, more: 1, source: 'loop', step: 1 });
      expect(values).toMatchObject({ messages: [{ content: 'a' }, { content: 'echo a' }] });
      const found = await client.threads.getHistory(own, { metadata: { more: 1 } });
      expect(found.map((state) => state.checkpoint)).toEqual([checkpoint]);
      expect(await statusOf(client.threads.patchState(own, { step: 7 }))).toBe(422);
      const { thread_id: empty } = await client.threads.create();
      expect(await statusOf(client.threads.patchState(empty, { a: 1 }))).toBe(404);
    });

    it('getHistory: newest first, before a checkpoint in each form, of one graph, filtered', async () => {
      const states = await client.threads.getHistory(id);
      expect(states.map(({ metadata }) => metadata?.step)).toEqual([0, -1]);
      const { checkpoint } = states[0]!;
      for (const before of [checkpoint.checkpoint_id, { configurable: checkpoint }, checkpoint])
        expect(await client.threads.getHistory(id, { before: before as never })).toEqual([states[1]]);
      expect(await client.threads.getHistory(id, { limit: 1 })).toEqual([states[0]]);
      expect(await client.threads.getHistory(id, { metadata: { source: 'input' } })).toEqual([states[1]]);
      const ns = states[0]!.tasks.find(({ name }) => name === 'child')!.checkpoint!.checkpoint_ns!;
      for (const checkpoint_ns of [ns, ns.replaceAll('|', '\u0000')])
        expect((await client.threads.getHistory(id, { checkpoint: { checkpoint_ns } })).length).toBeGreaterThan(0);
      if (current) {
        const chosen = await client.threads.getHistory(id, { select: ['values.answers', 'checkpoint_id'] } as object);
        expect(chosen[0]).toEqual({ values: { answers: ['go'] }, checkpoint_id: checkpoint.checkpoint_id });
      }
    });
  });
});
