import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { assistantIdOf } from '../src/graphs/assistant-resolver.js';
import { PROJECT } from './built-program.js';
import { TestServer } from './support/running-server.js';
import { type Client, SDK_VERSIONS } from './support/sdk-versions.js';
import { SseReader } from './support/sse-reader.js';

const CONFIG = join(PROJECT, 'test/fixtures/assistants/langgraph.json');
const GRAPHS = ['typed', 'zod', 'plain', 'made', 'nested'];
type Assistant = Awaited<ReturnType<Client['assistants']['get']>>;

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start(CONFIG, { LOG_LEVEL: 'warn' });
});
afterAll(() => server.close());

const idsOf = (assistants: Partial<Assistant>[]): (string | undefined)[] =>
  assistants.map(({ assistant_id: id }) => id);

describe.each(SDK_VERSIONS)('client.assistants of SDK $version', ({ Client }) => {
  let client: Client;
  beforeAll(() => {
    client = new Client({ apiUrl: server.url });
  });

  const make = (fields: object = {}): Promise<Assistant> => client.assistants.create({ graphId: 'typed', ...fields });
  const status = (status: number): object => expect.objectContaining({ status });

  it('create makes one with what is given, and fills in the rest', async () => {
    const assistantId = randomUUID();
    const given = {
      assistantId,
      name: 'Ada',
      description: 'Listens.',
      config: { tags: ['a'], recursion_limit: 7, configurable: { model: 'large' } },
      context: { user: 'ada' },
      metadata: { team: 'red' },
    };
    const made = await make(given);
    expect(made).toEqual({
      assistant_id: assistantId,
      graph_id: 'typed',
      name: 'Ada',
      description: 'Listens.',
      config: given.config,
      context: given.context,
      metadata: given.metadata,
      version: 1,
      created_at: made.created_at,
      updated_at: made.created_at,
    });
    expect(new Date(made.created_at).toISOString()).toBe(made.created_at);
    expect(await make()).toMatchObject({
      name: 'typed', description: null, config: {}, context: {}, metadata: {}, version: 1,
    });
  });

  it('create answers 409 for an id that is taken, or with the one that is there', async () => {
    const made = await make({ name: 'first' });
    const again = { assistantId: made.assistant_id, name: 'second' };
    await expect(make(again)).rejects.toEqual(status(409));
    expect(await make({ ...again, ifExists: 'do_nothing' })).toEqual(made);
    const ofGraph = { assistantId: assistantIdOf('zod') };
    await expect(make(ofGraph)).rejects.toEqual(status(409));
    expect(await make({ ...ofGraph, ifExists: 'do_nothing' })).toMatchObject({ graph_id: 'zod' });
  });

  it('create answers 422 for a graph that there is not, and lists those that there are', async () => {
    await expect(make({ graphId: 'nothing' })).rejects.toEqual(status(422));
    await expect(make({ graphId: 'nothing' })).rejects.toThrow(/there are typed, zod, plain, made, nested/);
  });

  it('get finds it by its id, and that of a graph by the graph as well', async () => {
    const made = await make();
    expect(await client.assistants.get(made.assistant_id)).toEqual(made);
    const system = await client.assistants.get('typed');
    expect(system).toMatchObject({
      assistant_id: assistantIdOf('typed'),
      graph_id: 'typed',
      name: 'typed',
      description: 'Types of TypeScript alone.',
      metadata: { created_by: 'system' },
    });
    expect(await client.assistants.get(assistantIdOf('typed'))).toEqual(system);
    for (const id of [randomUUID(), 'nothing', 'a b/c']) {
      await expect(client.assistants.get(id)).rejects.toEqual(status(404));
    }
  });

  it('update makes a new version: metadata is merged, anything else replaced', async () => {
    const made = await make({ config: { configurable: { model: 'large' } }, metadata: { team: 'red', env: 'test' } });
    const updated = await client.assistants.update(made.assistant_id, {
      graphId: 'zod', name: 'new', description: 'changed', config: { tags: ['x'] }, metadata: { team: 'blue' },
    });
    expect(updated).toMatchObject({
      graph_id: 'zod', name: 'new', description: 'changed', version: 2, context: {}, created_at: made.created_at,
    });
    expect([updated.config, updated.metadata]).toEqual([{ tags: ['x'] }, { team: 'blue', env: 'test' }]);
    expect(await client.assistants.get(made.assistant_id)).toEqual(updated);
    await expect(client.assistants.update(made.assistant_id, { graphId: 'nothing' })).rejects.toEqual(status(422));
    await expect(client.assistants.update(randomUUID(), { name: 'x' })).rejects.toEqual(status(404));
  });

  it('update of many at once makes a version of each and loses nothing', async () => {
    const { assistant_id: id } = await make();
    await Promise.all(
      Array.from({ length: 4 }, (_, index) => client.assistants.update(id, { metadata: { [`k${index}`]: index } })),
    );
    expect(await client.assistants.get(id)).toMatchObject({ version: 5, metadata: { k0: 0, k1: 1, k2: 2, k3: 3 } });
  });

  it('update changes that of a graph, under either name, but not its graph', async () => {
    const before = await client.assistants.get('plain');
    const updated = await client.assistants.update('plain', { description: `by ${randomUUID()}` });
    expect(updated.version).toBe(before.version + 1);
    expect(await client.assistants.get(assistantIdOf('plain'))).toEqual(updated);
    await expect(client.assistants.update('plain', { graphId: 'zod' })).rejects.toEqual(status(422));
  });

  it('delete removes it, and its threads where that is asked for', async () => {
    const made = await make();
    const { assistant_id: id } = made;
    const thread = await client.threads.create();
    const other = await client.threads.create();
    await client.runs.create(thread.thread_id, id, { input: {} });
    await client.runs.create(other.thread_id, 'typed', { input: {} });
    const kept = await make();
    await client.runs.create(other.thread_id, kept.assistant_id, { input: {} });
    await client.assistants.delete(kept.assistant_id);
    expect(await client.threads.get(other.thread_id)).toMatchObject({ metadata: { assistant_id: kept.assistant_id } });

    await client.assistants.delete(id, { deleteThreads: true });
    await expect(client.assistants.get(id)).rejects.toEqual(status(404));
    await expect(client.assistants.getVersions(id)).rejects.toEqual(status(404));
    await expect(client.threads.get(thread.thread_id)).rejects.toEqual(status(404));
    await expect(client.assistants.delete(id)).rejects.toEqual(status(404));
    await expect(client.assistants.delete('typed')).rejects.toEqual(status(403));
  });

  it('search finds those of the graphs and those of clients, by graph, name and metadata', async () => {
    const tag = randomUUID();
    const one = await make({ name: `Große ${tag} Eule`, metadata: { tag, deep: { a: 1, b: [1, { c: 2 }] } } });
    const two = await make({ graphId: 'zod', metadata: { tag, deep: { a: 2 } } });
    const find = async (query: object): Promise<unknown[]> => idsOf(await client.assistants.search(query));
    expect(await find({ metadata: { tag } })).toEqual([two, one].map(({ assistant_id: id }) => id));
    expect(await find({ metadata: { tag }, graphId: 'zod' })).toEqual([two.assistant_id]);
    expect(await find({ name: `GROSSE ${tag}`.replace('SS', 'ß') })).toEqual([one.assistant_id]);
    expect(await find({ name: `${tag} eule`, metadata: { tag } })).toEqual([one.assistant_id]);
    expect(await find({ metadata: { tag, deep: { a: 1 } } })).toEqual([one.assistant_id]);
    expect(await find({ metadata: { tag, deep: { b: [{ c: 2 }] } } })).toEqual([one.assistant_id]);
    expect(await find({ metadata: { tag, deep: {} } })).toHaveLength(2);
    expect(await find({ metadata: { tag, deep: { a: '1' } } })).toEqual([]);
    expect(await find({ metadata: { created_by: 'system' }, graphId: 'zod' })).toEqual([assistantIdOf('zod')]);
    expect(new Set(await find({ metadata: { created_by: 'system' } }))).toEqual(new Set(GRAPHS.map(assistantIdOf)));
  });

  it('search sorts, cuts and selects over both, and says where the next page is', async () => {
    await make({ name: 'Zebra' });
    await make({ name: 'aardvark' });
    const total = await client.assistants.count();
    for (const sortBy of ['assistant_id', 'graph_id', 'name', 'created_at', 'updated_at'] as const) {
      for (const sortOrder of ['asc', 'desc'] as const) {
        const all = await client.assistants.search({ sortBy, sortOrder, limit: 1_000 });
        expect(all).toHaveLength(total);
        const keys = all.map((row) => (sortBy === 'name' ? row.name.toLowerCase() : row[sortBy]));
        expect(sortOrder === 'asc' ? keys : [...keys].reverse()).toEqual([...keys].sort());
        const paged: Partial<Assistant>[] = [];
        for (let next: string | null = '0'; next !== null;) {
          const offset: number = Number(next);
          const page: { assistants: Partial<Assistant>[]; next: string | null } = await client.assistants.search({
            sortBy, sortOrder, limit: 4, offset, includePagination: true,
          });
          paged.push(...page.assistants);
          next = page.next;
        }
        expect(idsOf(paged)).toEqual(idsOf(all));
      }
    }
    const [picked] = await client.assistants.search({ select: ['name', 'graph_id'], limit: 1 });
    expect(Object.keys(picked as object).sort()).toEqual(['graph_id', 'name']);
    expect(await client.assistants.search()).toHaveLength(10);
    expect(await client.assistants.search({ offset: total })).toEqual([]);
  });

  it('search tells the total, and refuses what is too much or wrong', async () => {
    const search = (body: object): Promise<Response> =>
      fetch(`${server.url}/assistants/search`, {
        method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
      });
    const { headers } = await search({ metadata: { created_by: 'system' }, limit: 2 });
    expect([headers.get('x-pagination-total'), headers.get('x-pagination-next')]).toEqual(['5', '2']);
    const last = await search({ metadata: { created_by: 'system' }, limit: 2, offset: 4 });
    expect([last.headers.get('x-pagination-total'), last.headers.get('x-pagination-next')]).toEqual(['5', null]);
    expect(await (await search({ unknown: 1, graph_id: null, metadata: null })).json()).toHaveLength(10);
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`k${index}`, index]));
    for (const [body, word] of [
      [{ limit: 1_001 }, 'MAX_SEARCH_LIMIT'], [{ metadata: many }, 'MAX_METADATA_FILTER_VALUES'],
      [{ limit: 0 }, 'limit'], [{ offset: -1 }, 'offset'], [{ sort_by: 'size' }, 'sort_by'],
      [{ select: ['secret'] }, 'select'], [{ metadata: 'x' }, 'metadata'], [[], 'object'],
    ] as const) {
      const refused = await search(body);
      expect([refused.status, await refused.text()]).toEqual([422, expect.stringContaining(word)]);
    }
  });

  it('count answers with a number', async () => {
    const tag = randomUUID();
    await make({ name: tag, metadata: { tag, list: [1] } });
    expect(await client.assistants.count({ metadata: { tag } })).toBe(1);
    expect(await client.assistants.count({ metadata: { tag, list: [1] } })).toBe(1);
    expect(await client.assistants.count({ metadata: { tag }, graphId: 'zod' })).toBe(0);
    expect(await client.assistants.count({ name: tag.toUpperCase() })).toBe(1);
    expect(await client.assistants.count({ metadata: { created_by: 'system' } })).toBe(GRAPHS.length);
  });

  it('getVersions lists them newest first, and setLatest goes back to one', async () => {
    const { assistant_id: id } = await make({ name: 'one', config: { tags: ['1'] }, metadata: { step: 1 } });
    await client.assistants.update(id, { name: 'two', config: { tags: ['2'] }, metadata: { step: 2 } });
    await client.assistants.update(id, { name: 'three', metadata: { step: 3 } });
    const versions = await client.assistants.getVersions(id);
    expect(versions.map(({ version, name, config }) => [version, name, config])).toEqual([
      [3, 'three', { tags: ['2'] }],
      [2, 'two', { tags: ['2'] }],
      [1, 'one', { tags: ['1'] }],
    ]);
    expect(await client.assistants.getVersions(id, { limit: 1, offset: 1 })).toEqual([versions[1]]);
    expect(await client.assistants.getVersions(id, { metadata: { step: 1 } })).toEqual([versions[2]]);

    const latest = await client.assistants.setLatest(id, 1);
    expect(latest).toMatchObject({ version: 1, name: 'one', config: { tags: ['1'] }, metadata: { step: 1 } });
    expect(await client.assistants.get(id)).toEqual(latest);
    expect(await client.assistants.count({ metadata: { step: 1 }, name: 'one' })).toBeGreaterThan(0);
    expect(await client.assistants.update(id, { name: 'four' })).toMatchObject({ version: 4, config: { tags: ['1'] } });
    await expect(client.assistants.setLatest(id, 9)).rejects.toEqual(status(404));
    await expect(client.assistants.getVersions(randomUUID())).rejects.toEqual(status(404));
  });

  it('getGraph draws it, with what is inside where that is asked for', async () => {
    const nodesOf = async (id: string, xray?: boolean | number): Promise<unknown[]> =>
      (await client.assistants.getGraph(id, { xray })).nodes.map((node) => node.id);
    const { nodes, edges } = await client.assistants.getGraph('typed');
    expect((nodes as { id: string; type?: string }[]).map(({ id, type }) => [id, type])).toEqual([
      ['__start__', 'schema'], ['listen', 'runnable'], ['__end__', 'schema'],
    ]);
    expect(edges).toEqual([
      { source: '__start__', target: 'listen', conditional: false },
      { source: 'listen', target: '__end__', conditional: false },
    ]);
    expect(await nodesOf('nested')).toEqual(['__start__', 'inside', '__end__']);
    expect(await nodesOf('nested', false)).toEqual(['__start__', 'inside', '__end__']);
    expect(await nodesOf('nested', 1)).toContain('inside:below');
    expect(await nodesOf('nested', true)).toContain('inside:below:rest');
    const made = await make({ graphId: 'made', config: { configurable: { node: 'mine' } } });
    expect(await nodesOf(made.assistant_id)).toEqual(['__start__', 'mine', '__end__']);
    await expect(client.assistants.getGraph(randomUUID())).rejects.toEqual(status(404));
  });

  it('getSchemas tells what a graph of zod takes and gives', async () => {
    const schemas = await client.assistants.getSchemas('zod');
    expect(schemas).toMatchObject({
      graph_id: 'zod',
      input_schema: { type: 'object', properties: { city: { type: 'string', description: 'Where it is.' } } },
      output_schema: { type: 'object', properties: { degrees: { type: 'number' } } },
      state_schema: { properties: { messages: { langgraph_type: 'messages' }, city: { type: 'string' } } },
      config_schema: { properties: { unit: { enum: ['celsius', 'kelvin'] } } },
      context_schema: { properties: { unit: { enum: ['celsius', 'kelvin'] } } },
    });
    expect(Object.keys(schemas.input_schema?.properties ?? {})).toEqual(['city']);
  });

  it('getSchemas reads the types of a TypeScript graph', async () => {
    const messages = { type: 'array', langgraph_type: 'messages' };
    const { graph_id, input_schema, output_schema, state_schema, context_schema } =
      await client.assistants.getSchemas('typed');
    expect(graph_id).toBe('typed');
    expect(input_schema).toEqual({ type: 'object', properties: { mood: { enum: ['good', 'bad'] } } });
    for (const schema of [state_schema, output_schema]) {
      expect(schema).toMatchObject({
        type: 'object',
        properties: {
          messages,
          mood: { enum: ['good', 'bad'] },
          tasks: {
            type: 'array',
            items: {
              type: 'object',
              properties: {
                title: { type: 'string', description: 'What is to be done.' },
                done: { type: 'boolean' },
                due: { anyOf: [{ type: 'null' }, { type: 'string', format: 'date-time' }] },
                parts: { type: 'array', items: {} },
              },
              required: ['title', 'due', 'parts'],
            },
          },
          heard: {},
        },
        required: expect.arrayContaining(['messages', 'tasks']),
      });
    }
    expect(context_schema).toMatchObject({
      properties: { user: { type: 'string' }, level: { type: 'number' } },
      required: ['user'],
    });
    const made = await client.assistants.getSchemas('made');
    expect(made.state_schema).toEqual({ type: 'object', properties: { name: { type: 'string' } }, required: ['name'] });
  });

  it('getSchemas names the channels of a graph without types, and is null where there is nothing', async () => {
    const channels = { type: 'object', properties: { words: {}, count: {} } };
    expect(await client.assistants.getSchemas('plain')).toEqual({
      graph_id: 'plain',
      input_schema: channels,
      output_schema: channels,
      state_schema: channels,
      config_schema: null,
      context_schema: null,
    });
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(`${server.url}/assistants/plain/schemas`, { headers })).status).toBe(200);
    await expect(client.assistants.getSchemas(randomUUID())).rejects.toEqual(status(404));
  });

  it('getSubgraphs tells those of a graph, one by its namespace, and those within', async () => {
    const schema = expect.objectContaining({ graph_id: 'nested', state_schema: expect.objectContaining({ type: 'object' }) });
    expect(await client.assistants.getSubgraphs('nested')).toEqual({ inside: schema });
    expect(await client.assistants.getSubgraphs('nested', { recurse: true })).toEqual({
      inside: schema, 'inside|below': schema,
    });
    expect(await client.assistants.getSubgraphs('nested', { namespace: 'inside|below' })).toEqual({
      'inside|below': schema,
    });
    expect(await client.assistants.getSubgraphs('nested', { namespace: 'nowhere' })).toEqual({});
    expect(await client.assistants.getSubgraphs('typed')).toEqual({});
  });

  it('is what a run has its graph, config, context and labels from, as they were when it was accepted', async () => {
    const made = await make({
      config: { recursion_limit: 9, configurable: { model: 'large', voice: 'low', checkpoint_id: randomUUID() } },
      context: { user: 'ada', level: 1 },
      metadata: { tenant: 'acme', topic: 'birds' },
    });
    const { thread_id: threadId } = await client.threads.create();
    const run = await client.runs.create(threadId, made.assistant_id, {
      input: {},
      config: { configurable: { voice: 'high' } },
      context: { level: 2 },
      metadata: { topic: 'bees' },
    });
    expect(run).toMatchObject({ assistant_id: made.assistant_id, metadata: { tenant: 'acme', topic: 'bees' } });
    await client.assistants.update(made.assistant_id, { config: {}, context: {} });
    expect(await client.runs.get(threadId, run.run_id)).toMatchObject({
      kwargs: {
        config: { recursion_limit: 9, configurable: { model: 'large', voice: 'high' } },
        context: { user: 'ada', level: 2 },
      },
    });
    await ended(threadId, run.run_id);
    expect((await client.threads.get(threadId)).values).toMatchObject({
      heard: {
        model: 'large', voice: 'high', context: { user: 'ada', level: 2 }, tenant: 'acme', recursionLimit: 9,
      },
    });
    const { metadata } = await client.threads.get(threadId);
    expect(metadata).toEqual({ topic: 'bees', graph_id: 'typed', assistant_id: made.assistant_id });
    await expect(client.runs.create(threadId, randomUUID(), { input: {} })).rejects.toEqual(status(404));
  });

  /** Reads the thread's stream until the run has ended. */
  async function ended(threadId: string, runId: string): Promise<void> {
    const reader = await SseReader.open(server.url, threadId, { channels: ['lifecycle'], since: 0 });
    await reader.until(({ frames }) => frames.some(({ data }) => isEndOf(data, runId)));
    reader.close();
  }
});

function isEndOf(data: string, runId: string): boolean {
  return data.includes(`"event_id":"synth:${runId}:`) && /"event":"(?:completed|failed|interrupted)"/.test(data);
}
