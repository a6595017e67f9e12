import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { randomUUID } from 'node:crypto';
import { RemoteGraph } from '@langchain/langgraph/remote';
import { assistantIdOf } from '../src/graphs/assistant-resolver.js';
import { PROJECT } from './built-program.js';
import { TestServer } from './support/running-server.js';
import { call, TestSession } from './support/session-requests.js';
import { accepted, ThreadProbe } from './support/thread-probe.js';

const GRAPHS = join(PROJECT, 'test/fixtures/assistants');
const CONFIG = join(GRAPHS, 'langgraph.json');
const SYSTEM = { metadata: { created_by: 'system' }, limit: 100 };

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start(CONFIG);
});
afterAll(() => server.close());

type Json = Record<string, unknown>;
const ask = async (method: string, path: string, body?: object, from = server): Promise<Json> =>
  (await call(method, `${from.url}${path}`, body)).body as Json;
const make = (fields: object = {}): Promise<Json> => ask('POST', '/assistants', { graph_id: 'typed', ...fields });

describe('an assistant in a run', () => {
  let thread: ThreadProbe;
  beforeEach(() => {
    thread = new ThreadProbe(server);
  });
  afterEach(() => thread.close());

  const settings = {
    config: { configurable: { model: 'large', voice: 'low' } },
    context: { user: 'ada' },
    metadata: { tenant: 'acme' },
  };
  const heard = async (): Promise<unknown> => (await thread.values()).heard;

  it('counts when run.start names it, and when a later command goes on with its thread', async () => {
    const { assistant_id: id } = await make(settings);
    const config = { configurable: { voice: 'high' } };
    await thread.ended(accepted(await thread.command('run.start', { assistant_id: id, input: {}, config })));
    const own = { model: 'large', context: { user: 'ada' }, tenant: 'acme' };
    expect(await heard()).toMatchObject({ ...own, voice: 'high' });
    const message = { role: 'user', content: 'more' };
    await thread.ended(accepted(await thread.command('input.inject', { message })));
    expect(await heard()).toMatchObject({ ...own, voice: 'low' });

    await ask('PATCH', `/assistants/${id as string}`, { config: { configurable: { model: 'small' } } });
    const [state] = (await ask('POST', `/threads/${thread.threadId}/history`, { limit: 1 })) as unknown as Json[];
    const { checkpoint_id } = state as { checkpoint_id: string };
    await thread.ended(accepted(await thread.command('state.fork', { checkpoint_id, input: {} })));
    expect(await heard()).toMatchObject({ model: 'small', context: { user: 'ada' } });

    await ask('DELETE', `/assistants/${id as string}`);
    await thread.ended(accepted(await thread.command('input.inject', { message })));
    expect(await heard()).toEqual({ recursionLimit: 25 });
  });

  it('counts for an execution, which names its graph or its id', async () => {
    const { assistant_id: id } = await make(settings);
    for (const [patternName, model] of [[id, 'large'], ['typed', undefined]]) {
      const { id: execution } = await ask('POST', '/api/executions', {
        patternName, input: {}, options: { threadId: thread.threadId },
      });
      const { runId, patternName: named } = await ask('GET', `/api/executions/${execution as string}`);
      await thread.ended(runId as string);
      expect([named, ((await heard()) as Json).model]).toEqual([patternName, model]);
    }
  });

  it('of a graph counts when it was changed', async () => {
    await ask('PATCH', '/assistants/typed', { config: { recursion_limit: 11 }, metadata: { tenant: 'all' } });
    await thread.ended(await thread.start('typed', {}));
    expect(await heard()).toEqual({ recursionLimit: 11, tenant: 'all' });
    await ask('POST', '/assistants/typed/latest', { version: 1 });
    await thread.ended(await thread.start('typed', {}));
    expect(await heard()).toEqual({ recursionLimit: 25 });
  });

  it('that is archived, or whose graph is gone, starts none', async () => {
    const { assistant_id: id } = await make();
    await ask('POST', `/v1/agents/agent_${(id as string).replaceAll('-', '')}/archive`, {});
    const refused = await thread.command('run.start', { assistant_id: id, input: {} });
    expect(refused).toMatchObject({ error: 'invalid_argument', message: expect.stringContaining('no assistant') });
    expect(await ask('GET', `/assistants/${id as string}`)).toMatchObject({ assistant_id: id });
  });
});

describe('assistants and agents', () => {
  const agentId = (id: unknown): string => `agent_${(id as string).replaceAll('-', '')}`;

  it('are the same: what one API makes or changes is read and run in the other', async () => {
    const agent = await ask('POST', '/v1/agents', {
      name: 'Desk', model: 'large', system: 'Be kind.', metadata: { graph_id: 'typed', team: 'red' },
    });
    const uuid = (agent.id as string).replace(/^agent_(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    const assistant = await ask('GET', `/assistants/${uuid}`);
    expect(assistant).toMatchObject({
      graph_id: 'typed', name: 'Desk', version: 1, metadata: { graph_id: 'typed', team: 'red' },
      config: { configurable: { agent: { model: { id: 'large' }, system: 'Be kind.' } } },
    });
    await ask('PATCH', `/assistants/${uuid}`, { name: 'Counter' });
    expect(await ask('GET', `/v1/agents/${agent.id as string}`)).toMatchObject({
      name: 'Counter', version: 2, system: 'Be kind.',
    });
    await ask('POST', `/assistants/${uuid}/latest`, { version: 1 });
    expect(await ask('POST', `/v1/agents/${agent.id as string}`, { system: 'Be brief.' })).toMatchObject({
      name: 'Desk', version: 3, system: 'Be brief.',
    });
    const versions = (await ask('POST', `/assistants/${uuid}/versions`, {})) as unknown as Json[];
    expect(versions.map(({ version, name }) => [version, name])).toEqual([[3, 'Desk'], [2, 'Counter'], [1, 'Desk']]);
  });

  it('of the one kind run in sessions with their config and context', async () => {
    const { assistant_id: id } = await make({
      config: { configurable: { model: 'large', voice: 'low' } }, context: { user: 'ada' },
    });
    const session = await ask('POST', '/v1/sessions', {
      agent: agentId(id), environment_id: 'env_default',
      initial_events: [{ type: 'user.message', content: [{ type: 'text', text: 'hello' }] }],
    });
    const test = Object.assign(Object.create(TestSession.prototype) as TestSession, {
      server: server.url, id: session.id,
    });
    await test.story();
    const threadId = (session.id as string).replace(/^sess_(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    const { values } = await ask('GET', `/threads/${threadId}`);
    expect((values as { heard: unknown }).heard).toEqual({
      model: 'large', voice: 'low', context: { user: 'ada' }, recursionLimit: 25,
    });
    expect(await ask('GET', `/v1/agents/${agentId(id)}`)).toMatchObject({ name: 'typed', model: { id: 'typed' } });
  });

  it('that clients made are the only ones in the list of agents, beside one for each graph', async () => {
    const { data } = await ask('GET', '/v1/agents?limit=100');
    const ids = (data as { id: string }[]).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => id.endsWith(assistantIdOf('typed').replaceAll('-', '')))).toEqual([]);
    expect(ids).toEqual(expect.arrayContaining(['agent_typed', 'agent_zod']));
  });
});

describe('the assistants of graphs', () => {
  it('follow langgraph.json over restarts, and keep what was changed of them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'threadlog-config-'));
    const config = join(folder, 'langgraph.json');
    const path = (name: string): string => `./${relative(folder, join(GRAPHS, name))}:graph`;
    const write = (graphs: object): Promise<void> => writeFile(config, JSON.stringify({ graphs }));
    const zod = { path: path('zod.ts'), description: 'old' };
    await write({ zod, plain: path('plain.mjs') });
    const own = await TestServer.start(config);
    const listed = async (): Promise<unknown> =>
      ((await ask('POST', '/assistants/search', { ...SYSTEM, sort_by: 'name', sort_order: 'asc' }, own)) as unknown as Json[])
        .map(({ name, description, version, created_at: at }) => [name, description, version, at]);
    const count = (): Promise<unknown> => ask('POST', '/assistants/count', SYSTEM, own);
    const before = (await listed()) as [string, string, number, string][];
    expect(before.map((one) => one.slice(0, 3))).toEqual([['plain', null, 1], ['zod', 'old', 1]]);
    const { assistant_id: made } = await ask('POST', '/assistants', { graph_id: 'plain' }, own);
    await ask('PATCH', '/assistants/plain', { config: { tags: ['kept'] }, description: 'mine' }, own);

    await write({ zod: { ...zod, description: 'new' } });
    await own.restart();
    const [, ofZod] = before;
    expect(await listed()).toEqual([['zod', 'new', 1, ofZod?.[3]]]);
    expect(await count()).toBe(1);
    expect((await call('GET', `${own.url}/assistants/${assistantIdOf('plain')}`)).status).toBe(404);
    expect((await call('GET', `${own.url}/assistants/${made as string}`)).status).toBe(200);
    const lost = await call('GET', `${own.url}/assistants/${made as string}/graph`);
    expect([lost.status, lost.body.message]).toEqual([404, expect.stringContaining('no graph plain')]);
    const thread = new ThreadProbe(own);
    expect(await thread.command('run.start', { assistant_id: made, input: {} })).toMatchObject({
      error: 'invalid_argument', message: expect.stringContaining('no graph plain'),
    });

    await write({ zod, plain: { path: path('plain.mjs'), description: 'theirs' } });
    await own.restart();
    expect(await listed()).toEqual([['plain', 'mine', 2, before[0]?.[3]], ['zod', 'old', 1, ofZod?.[3]]]);
    expect(await ask('GET', '/assistants/plain', undefined, own)).toMatchObject({ config: { tags: ['kept'] } });
    thread.close();
    await own.close();
    await rm(folder, { recursive: true });
  });
});

describe('a RemoteGraph', () => {
  it('draws its graph and knows its subgraphs', async () => {
    const graph = new RemoteGraph({ graphId: 'nested', url: server.url });
    const { nodes, edges } = await graph.getGraphAsync({ xray: true });
    expect(Object.keys(nodes)).toEqual(expect.arrayContaining(['__start__', 'inside:above', '__end__']));
    expect(edges.length).toBeGreaterThan(2);
    const names: string[] = [];
    for await (const [name] of graph.getSubgraphsAsync(undefined, true)) names.push(name);
    expect(names).toEqual(['inside', 'inside|below']);
  });
});

describe('what a client sends of an assistant', () => {
  it('comes back as it was, whatever it looks like', async () => {
    const odd = { constructor: { prototype: 1 }, lc: 1, type: 'constructor', id: ['x'], kwargs: {}, toString: null };
    const { assistant_id: id } = await make({ metadata: odd, config: { configurable: odd }, context: odd });
    await ask('PATCH', `/assistants/${id as string}`, { metadata: { more: 1 } });
    const text = JSON.stringify(await ask('GET', `/assistants/${id as string}`));
    expect(text).toContain(`"config":{"configurable":${JSON.stringify(odd)}}`);
    expect(text).toContain(`"context":${JSON.stringify(odd)}`);
    expect(text).toContain(`"metadata":${JSON.stringify(odd).slice(0, -1)},"more":1}`);
    expect(await ask('POST', '/assistants/count', { metadata: odd })).toBe(1);
  });

  it('is bounded', async () => {
    const big = 'x'.repeat(1_048_576);
    for (const [body, word] of [
      [{ config: { big } }, 'MAX_ASSISTANT_BYTES'], [{ context: { big } }, 'MAX_ASSISTANT_BYTES'],
      [{ description: big }, 'MAX_ASSISTANT_BYTES'], [{ metadata: { big } }, 'MAX_METADATA_BYTES'],
      [{ name: 'x'.repeat(257) }, 'name'], [{ name: '' }, 'name'], [{ assistant_id: 'x' }, 'assistant_id'],
      [{ config: [] }, 'config'], [{ graph_id: 7 }, 'graph_id'], [{ if_exists: 'maybe' }, 'if_exists'],
    ] as const) {
      const { status, body: answer } = await call('POST', `${server.url}/assistants`, { graph_id: 'typed', ...body });
      expect([status, JSON.stringify(answer)]).toEqual([422, expect.stringContaining(word)]);
    }
    const { assistant_id: id } = await make();
    for (const path of [`/assistants/${id as string}`]) {
      const { status } = await call('PATCH', `${server.url}${path}`, { config: { big } });
      expect(status).toBe(422);
    }
    expect(await ask('GET', `/assistants/${id as string}`)).toMatchObject({ version: 1 });
    const graph = `${server.url}/assistants/typed/graph?xray=`;
    expect(await Promise.all(['True', '0', '2', 'x', '-1'].map(async (xray) => (await call('GET', graph + xray)).status)))
      .toEqual([200, 200, 200, 422, 422]);
  });

  it('finds nothing where there is nothing, and says so in JSON', async () => {
    const { status, body } = await call('GET', `${server.url}/assistants/${randomUUID()}`);
    expect([status, body.error, body.message]).toEqual([404, 'not_found', expect.stringContaining('Assistant')]);
  });
});
