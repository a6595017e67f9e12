import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { PROJECT } from './built-program.js';
import { TestServer } from './support/running-server.js';
import { type Client, SDK_VERSIONS } from './support/sdk-versions.js';
import { ThreadProbe } from './support/thread-probe.js';

const CONFIG = join(PROJECT, 'test/fixtures/rest-graphs/indexed.json');
const KEYS = { AUTH_API_KEYS: 'ada:key-a,bob:key-b' };

let server: TestServer;
let guarded: TestServer;
beforeAll(async () => {
  server = await TestServer.start(CONFIG);
  guarded = await TestServer.start(CONFIG, KEYS);
});
afterAll(async () => {
  await server.close();
  await guarded.close();
});

const statusOf = (method: string, path: string, body?: object): Promise<number> =>
  fetch(`${server.url}${path}`, {
    method,
    headers: body ? { 'content-type': 'application/json' } : {},
    body: body && JSON.stringify(body),
  }).then(({ status }) => status);

describe.each(SDK_VERSIONS)('client.store of SDK $version', ({ Client: SdkClient }) => {
  let client: Client;
  /** A namespace of each test. */
  let own: string;
  beforeAll(() => {
    client = new SdkClient({ apiUrl: server.url, apiKey: null });
  });
  beforeEach(() => {
    own = randomUUID();
  });

  it('putItem and getItem: store an item, give it back with its times, and null where there is none', async () => {
    const value = { food: 'tea', deep: { list: [1, null, 'ü'] }, lc: 1 };
    expect(await client.store.putItem([own, 'likes'], 'k', value)).toBeUndefined();
    const item = await client.store.getItem([own, 'likes'], 'k');
    expect(item).toMatchObject({ namespace: [own, 'likes'], key: 'k', value });
    expect(Date.parse(item!.createdAt)).toBeGreaterThan(0);
    await client.store.putItem([own, 'likes'], 'k', { food: 'milk' });
    expect(await client.store.getItem([own, 'likes'], 'k')).toMatchObject({
      value: { food: 'milk' }, createdAt: item!.createdAt,
    });
    expect(await client.store.getItem([own], 'k')).toBeNull();
    expect(await client.store.getItem([own, 'likes'], 'other')).toBeNull();
  });

  it('deleteItem: removes an item, and one that there is not', async () => {
    await client.store.putItem([own], 'k', {});
    for (const _ of [1, 2]) expect(await client.store.deleteItem([own], 'k')).toBeUndefined();
    expect(await client.store.getItem([own], 'k')).toBeNull();
  });

  it('searchItems: by prefix, filter and page, newest first', async () => {
    for (const [namespace, key, value] of [
      [['a'], 'one', { rank: 1, tag: 'x' }],
      [['a', 'b'], 'two', { rank: 2, tag: 'y' }],
      [['ab'], 'three', { rank: 3, tag: 'x' }],
    ] as const)
      await client.store.putItem([own, ...namespace], key, value);
    const found = async (prefix: string[], options: object = {}): Promise<string[]> =>
      (await client.store.searchItems([own, ...prefix], options)).items.map(({ key }) => key).sort();
    expect(await found([])).toEqual(['one', 'three', 'two']);
    expect(await found(['a'])).toEqual(['one', 'two']);
    expect(await found([], { filter: { tag: 'x' } })).toEqual(['one', 'three']);
    expect(await found([], { filter: { rank: { $gte: 2, $lt: 3 } } })).toEqual(['two']);
    expect(await found([], { filter: { tag: { $in: ['y', 'z'] } } })).toEqual(['two']);
    expect(await found([], { filter: { tag: { $ne: 'x' } } })).toEqual(['two']);
    const pages = await Promise.all([0, 2].map((offset) => found([], { limit: 2, offset })));
    expect(pages.map(({ length }) => length)).toEqual([2, 1]);
    expect(new Set(pages.flat()).size).toBe(3);
    await expect(found([], { filter: { rank: { $near: 2 } } })).rejects.toMatchObject({ status: 422 });
    await expect(found([], { limit: 1_001 })).rejects.toMatchObject({ status: 422 });
  });

  it('searchItems: by what is near a text, with a score', async () => {
    await client.store.putItem([own], 'a', { text: 'aaa' });
    await client.store.putItem([own], 'b', { text: 'bba' });
    await client.store.putItem([own], 'none', { text: 'bbb' }, { index: false });
    const { items } = await client.store.searchItems([own], { query: 'bbb' });
    expect(items.map(({ key }) => key)).toEqual(['b', 'a', 'none']);
    expect(items[0]?.score).toBeCloseTo(0.894, 2);
    expect(items[2]).not.toHaveProperty('score', expect.any(Number));
  });

  it('listNamespaces: by prefix, suffix and depth, in pages', async () => {
    for (const rest of [['a', 'x'], ['a', 'y', 'z'], ['b', 'x']]) await client.store.putItem([own, ...rest], 'k', {});
    const listed = async (options: object): Promise<string[][]> => {
      const { namespaces } = await client.store.listNamespaces({ prefix: [own], ...options });
      return namespaces.map((labels) => labels.slice(1));
    };
    expect(await listed({})).toEqual([['a', 'x'], ['a', 'y', 'z'], ['b', 'x']]);
    expect(await listed({ suffix: ['x'] })).toEqual([['a', 'x'], ['b', 'x']]);
    expect(await listed({ maxDepth: 2 })).toEqual([['a'], ['b']]);
    expect(await listed({ prefix: [own, '*', 'x'] })).toEqual([['a', 'x'], ['b', 'x']]);
    expect(await listed({ limit: 1, offset: 1 })).toEqual([['a', 'y', 'z']]);
  });

  it('takes a time to live, which reading lets begin anew', async () => {
    await client.store.putItem([own], 'short', {}, { ttl: 0.0001 });
    await client.store.putItem([own], 'long', {}, { ttl: 5 });
    const past = Date.now() + 10;
    while (Date.now() < past) await new Promise((resolve) => setImmediate(resolve));
    expect(await client.store.getItem([own], 'short')).toBeNull();
    expect(await client.store.getItem([own], 'long', { refreshTtl: true })).not.toBeNull();
    expect((await client.store.searchItems([own], { refreshTtl: false })).items.map(({ key }) => key)).toEqual([
      'long',
    ]);
    await expect(client.store.putItem([own], 'k', {}, { ttl: -1 })).rejects.toMatchObject({ status: 422 });
  });

  it('is the store that graphs get', async () => {
    const probe = new ThreadProbe(server);
    await probe.ended(await probe.start('memory', { say: own }));
    const { items } = await client.store.searchItems([], { limit: 1_000 });
    expect(JSON.stringify(items)).toContain(own);
  });

  it('keeps owners apart', async () => {
    const [ada, bob] = ['key-a', 'key-b'].map((apiKey) => new SdkClient({ apiUrl: guarded.url, apiKey }));
    await ada!.store.putItem([own], 'k', { of: 'ada' });
    expect(await bob!.store.getItem([own], 'k')).toBeNull();
    expect((await bob!.store.searchItems([])).items).toEqual([]);
    expect((await bob!.store.listNamespaces()).namespaces).toEqual([]);
    await bob!.store.deleteItem([own], 'k');
    expect(await ada!.store.getItem([own], 'k')).toMatchObject({ value: { of: 'ada' } });
  });
});

it.each([
  [400, 'PUT', '/store/items', { namespace: [], key: 'k', value: {} }],
  [400, 'DELETE', '/store/items', { namespace: [], key: 'k' }],
  [400, 'GET', '/store/items?key=k', undefined],
  [400, 'GET', '/store/items?namespace=&key=k', undefined],
  [422, 'PUT', '/store/items', { namespace: ['a.b'], key: 'k', value: {} }],
  [422, 'PUT', '/store/items', { namespace: [''], key: 'k', value: {} }],
  [422, 'PUT', '/store/items', { namespace: ['langgraph'], key: 'k', value: {} }],
  [422, 'PUT', '/store/items', { namespace: ['a'], key: '', value: {} }],
  [422, 'PUT', '/store/items', { namespace: ['a'], key: 'k', value: [] }],
  [422, 'PUT', '/store/items', { namespace: ['a'], key: 'k', value: {}, index: true }],
  [422, 'GET', '/store/items?namespace=a..b&key=k', undefined],
  [422, 'GET', '/store/items?namespace=a', undefined],
  [422, 'POST', '/store/items/search', { namespace_prefix: ['a.b'] }],
  [422, 'POST', '/store/namespaces', { max_depth: 0 }],
])('answers %i to %s %s %j', async (status, method, path, body) => {
  expect(await statusOf(method, path, body)).toBe(status);
});
