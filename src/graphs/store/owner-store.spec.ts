import { InMemoryStore, type BaseStore } from '@langchain/langgraph-checkpoint';
import BetterSqlite, { type Database as SqliteHandle } from 'better-sqlite3';
import { DataSource } from 'typeorm';
import type { Database } from '../../storage/sqlite/database.js';
import { MIGRATIONS } from '../../storage/sqlite/migrations.js';
import { SqliteStoreStorage } from '../../storage/sqlite/store/sqlite-store-storage.js';
import { StoreScopes } from './store-scopes.js';

let dataSource: DataSource;
let handle: SqliteHandle;
let store: BaseStore;

beforeEach(async () => {
  dataSource = new DataSource({
    type: 'better-sqlite3',
    database: ':memory:',
    migrations: MIGRATIONS,
    driver: BetterSqlite,
  });
  await dataSource.initialize();
  await dataSource.runMigrations();
  handle = (dataSource.driver as unknown as { databaseConnection: SqliteHandle }).databaseConnection;
  handle.pragma('foreign_keys = ON');
  store = new StoreScopes(storage(), 'owner').of(null);
});

const storage = (): SqliteStoreStorage => new SqliteStoreStorage({ handle } as Database);

afterEach(() => dataSource.destroy());

const keys = (items: { namespace: string[]; key: string }[]): string[] =>
  items.map(({ namespace, key }) => [...namespace, key].join('/')).sort();

async function fill(target: BaseStore): Promise<void> {
  await target.put(['users', 'ann'], 'likes', { food: 'tea', rank: 3, tags: ['a'] });
  await target.put(['users', 'ann', 'old'], 'likes', { food: 'milk', rank: 1 });
  await target.put(['users', 'bob'], 'likes', { food: 'tea', rank: 10 });
  await target.put(['docs'], 'one', { food: null });
}

it('gives an item back with its times, keeps the first on an update, and null without one', async () => {
  await store.put(['a'], 'k', { n: 1, deep: { list: [1, null, 'ü'] } });
  const first = (await store.get(['a'], 'k'))!;
  expect(first).toMatchObject({ namespace: ['a'], key: 'k', value: { n: 1, deep: { list: [1, null, 'ü'] } } });
  handle.exec('UPDATE store_items SET created_at = 5, updated_at = 6');
  await store.put(['a'], 'k', { n: 2 });
  const second = (await store.get(['a'], 'k'))!;
  expect(second.value).toEqual({ n: 2 });
  expect(second.createdAt).toEqual(new Date(5));
  expect(second.updatedAt.getTime()).toBeGreaterThan(6);
  expect(await store.get(['a'], 'other')).toBeNull();
  expect(await store.get(['b'], 'k')).toBeNull();
});

it('deletes by delete and by a null value', async () => {
  await fill(store);
  await store.delete(['docs'], 'one');
  await store.batch([{ namespace: ['users', 'bob'], key: 'likes', value: null }]);
  expect(keys(await store.search([]))).toEqual(['users/ann/likes', 'users/ann/old/likes']);
});

it('searches under a prefix exactly', async () => {
  const near = [
    ['a'],
    ['ab'],
    ['a', 'b'],
    ['a"'],
    ['a,'],
    ['a-'],
    ['a]'],
    ['A'],
    ['a', 'b', 'c'],
    ['ü'],
    ['\u{1f600}', 'b'],
  ];
  for (const namespace of near) await store.put(namespace, 'k', {});
  expect(keys(await store.search(['a'], { limit: 99 }))).toEqual(['a/b/c/k', 'a/b/k', 'a/k']);
  expect(keys(await store.search(['a', 'b']))).toEqual(['a/b/c/k', 'a/b/k']);
  expect(keys(await store.search(['\u{1f600}']))).toEqual(['\u{1f600}/b/k']);
  expect(await store.search([], { limit: 99 })).toHaveLength(near.length);
});

it.each([
  [{ food: 'tea' }],
  [{ food: null }],
  [{ food: 'tea', rank: 10 }],
  [{ rank: { $gt: 1 } }],
  [{ rank: { $gte: 3, $lt: 10 } }],
  [{ rank: { $lte: 1 } }],
  [{ food: { $ne: 'tea' } }],
  [{ food: { $eq: 'milk' } }],
  [{ rank: { $in: [1, 10] } }],
  [{ rank: { $nin: [1, 10] } }],
])('filters by %j as LangGraph\'s InMemoryStore does', async (filter) => {
  const model = new InMemoryStore();
  await fill(model);
  await fill(store);
  const found = keys(await store.search([], { filter }));
  expect(found).toEqual(keys(await model.search([], { filter })));
  expect(found.length).toBeGreaterThan(0);
});

it('compares lists and objects by what they hold', async () => {
  await fill(store);
  expect(keys(await store.search([], { filter: { tags: ['a'] } }))).toEqual(['users/ann/likes']);
});

it('pages through what the filter leaves, without a score, also with a query', async () => {
  for (let i = 0; i < 25; i += 1) await store.put(['n'], `k${String(i).padStart(2, '0')}`, { even: i % 2 === 0 });
  expect(await store.search(['n'])).toHaveLength(10);
  const seen: string[] = [];
  for (let offset = 0; offset < 20; offset += 5) {
    seen.push(...keys(await store.search(['n'], { filter: { even: true }, limit: 5, offset, query: 'anything' })));
  }
  expect(new Set(seen).size).toBe(13);
  expect((await store.search(['n'], { limit: 1 }))[0]!.score).toBeUndefined();
  expect(await store.search(['n'], { limit: 0 })).toEqual([]);
});

it.each([
  [{}],
  [{ prefix: ['users'] }],
  [{ prefix: ['users', '*'] }],
  [{ prefix: ['*', 'ann'] }],
  [{ suffix: ['old'] }],
  [{ suffix: ['ann', '*'] }],
  [{ prefix: ['users'], suffix: ['bob'] }],
  [{ maxDepth: 1 }],
  [{ maxDepth: 2, limit: 2, offset: 1 }],
  [{ prefix: ['nobody'] }],
])('lists namespaces by %j as LangGraph\'s InMemoryStore does', async (options) => {
  const model = new InMemoryStore();
  await fill(model);
  await fill(store);
  expect(await store.listNamespaces(options)).toEqual(await model.listNamespaces(options));
});

it('keeps owners apart', async () => {
  const stores = new StoreScopes(storage(), 'owner');
  const ann = stores.of('ann');
  await store.put(['a'], 'k', { of: 'all' });
  await stores.of('an').put(['a'], 'k', { of: 'an' });
  await ann.put(['a'], 'k', { of: 'ann' });
  expect((await ann.search([])).map((item) => item.value)).toEqual([{ of: 'ann' }]);
  expect((await stores.of('ann').get(['a'], 'k'))?.value).toEqual({ of: 'ann' });
  await ann.delete(['a'], 'k');
  expect([await ann.listNamespaces(), await ann.search([]), await ann.get(['a'], 'k')]).toEqual([[], [], null]);
  expect((await stores.of('an').get(['a'], 'k'))?.value).toEqual({ of: 'an' });
  expect((await store.get(['a'], 'k'))?.value).toEqual({ of: 'all' });
});

it('takes no identity without a name for nobody', () => {
  expect(() => new StoreScopes(storage(), 'owner').of('')).toThrow('must not be empty');
});

it('gives all owners one store when it is shared', async () => {
  const stores = new StoreScopes(storage(), 'shared');
  await stores.of('ann').put(['a'], 'k', { of: 'all' });
  expect((await stores.of('bob').get(['a'], 'k'))?.value).toEqual({ of: 'all' });
  expect((await store.get(['a'], 'k'))?.value).toEqual({ of: 'all' });
});

it('runs a batch as one: its reads come first, and a bad value leaves nothing written', async () => {
  await store.put(['a'], 'k', { n: 1 });
  const [, before] = await store.batch([
    { namespace: ['a'], key: 'k', value: { n: 2 } },
    { namespace: ['a'], key: 'k' },
  ]);
  expect(before).toMatchObject({ value: { n: 1 } });
  const bad = [
    { namespace: ['a'], key: 'k', value: { n: 3 } },
    { namespace: ['a'], key: 'l', value: 'text' as unknown as Record<string, unknown> },
  ];
  await expect(store.batch(bad)).rejects.toThrow('the value of store item ["a","l"] must be an object');
  expect((await store.get(['a'], 'k'))?.value).toEqual({ n: 2 });
});

it('keeps data as it is, whatever it looks like, and says which item has no JSON form', async () => {
  const data = {
    lc: 1,
    type: 'constructor',
    id: ['langchain_core', 'messages', 'HumanMessage'],
    kwargs: {},
    $as: ['undefined'],
    toString: 'x',
  };
  await store.put(['a'], 'k', { data });
  expect((await store.get(['a'], 'k'))?.value).toEqual({ data });
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  for (const value of [{ n: 1n }, circle]) {
    await expect(store.put(['a'], 'k', value)).rejects.toThrow(
      'the value of store item ["a","k"] cannot be kept as JSON: ',
    );
  }
  expect((await store.get(['a'], 'k'))?.value).toEqual({ data });
});

describe('with an embedding function', () => {
  /** How often a text has each of these letters. */
  const embed = async (texts: string[]): Promise<number[][]> =>
    texts.map((text) => [...'abc'].map((letter) => text.split(letter).length - 1));
  let stores: StoreScopes;

  beforeEach(() => {
    stores = new StoreScopes(storage(), 'owner');
    stores.rules = { ...stores.rules, index: { embed, dims: 3, fields: ['text', 'notes[*]'] } };
    store = stores.of(null);
  });
  const found = async (query: string, more: object = {}): Promise<[string, number | undefined][]> =>
    (await store.search(['n'], { query, ...more })).map(({ key, score }) => [key, score && Number(score.toFixed(2))]);

  it('finds the nearest first, with a score, and what has no vector last', async () => {
    await store.put(['n'], 'a', { text: 'aaa' });
    await store.put(['n'], 'mixed', { text: 'ab' });
    await store.put(['n'], 'noted', { text: 'c', notes: ['x', 'bbb'] });
    await store.put(['n'], 'unindexed', { text: 'bbb' }, false);
    await store.put(['n'], 'other', { text: 'ccc', title: 'bbb' }, ['title']);
    expect((await found('bb')).map(([key]) => key).slice(0, 2).sort()).toEqual(['noted', 'other']);
    expect((await found('bb')).slice(2)).toEqual([['mixed', 0.71], ['a', 0], ['unindexed', undefined]]);
    expect(await found('a', { limit: 1 })).toEqual([['a', 1]]);
    expect(await found('a', { limit: 1, offset: 1 })).toEqual([['mixed', 0.71]]);
    expect(await found('a', { filter: { text: 'ab' } })).toEqual([['mixed', 0.71]]);
  });

  it('forgets the vectors of what was changed or deleted', async () => {
    await store.put(['n'], 'k', { text: 'aaa' });
    await store.put(['n'], 'k', { text: 'bbb' });
    expect(await found('a')).toEqual([['k', 0]]);
    await store.delete(['n'], 'k');
    expect(handle.prepare('SELECT count(*) FROM store_vectors').pluck().get()).toBe(0);
  });

  it('writes nothing when the function gives something else than it should', async () => {
    stores.rules = { ...stores.rules, index: { embed, dims: 4, fields: ['$'] } };
    await expect(store.put(['n'], 'k', { text: 'a' })).rejects.toThrow('gave 3 numbers, dims is 4');
    expect(await store.get(['n'], 'k')).toBeNull();
  });
});

describe('with a time to live', () => {
  const expire = (minutes: number): unknown =>
    handle.prepare('UPDATE store_items SET expires_at = expires_at - ?').run(minutes * 60_000);

  it('gives no item whose time is over, and lets it begin anew when it is read', async () => {
    const stores = new StoreScopes(storage(), 'owner');
    stores.rules = { ...stores.rules, ttl: { defaultMinutes: 10, refreshOnRead: true, sweepMinutes: null } };
    const own = stores.of(null);
    await own.put(['n'], 'k', { a: 1 });
    await own.on({ namespace: ['n'], key: 'ever', value: { a: 2 } }, { ttl: null });
    expire(9);
    expect(await own.get(['n'], 'k')).not.toBeNull();
    expire(9);
    await own.on({ namespace: ['n'], key: 'k' }, { refreshTtl: false });
    expire(2);
    expect(await own.get(['n'], 'k')).toBeNull();
    expect(keys(await own.search([]))).toEqual(['n/ever']);
    await own.put(['n'], 'k', { a: 3 });
    expect((await own.get(['n'], 'k'))?.value).toEqual({ a: 3 });
    expire(11);
    expect(stores.storage.removeExpired(Date.now(), 100)).toBe(1);
    expect(handle.prepare('SELECT key FROM store_items').pluck().all()).toEqual(['ever']);
  });
});
