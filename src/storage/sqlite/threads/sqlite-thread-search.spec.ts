import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Settings } from '../../../config/settings.js';
import { containsJson } from '../../json-containment.js';
import { SearchTooBroadError, type ThreadPage, type ThreadQuery } from '../../thread-search.js';
import type { Database } from '../database.js';
import { openDatabase } from '../open-database.js';
import { SqliteThreadSearch } from './sqlite-thread-search.js';

type Json = Record<string, unknown>;

let folder: string;
let settings: Settings;
let database: Database;
let search: SqliteThreadSearch;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'threadlog-search-'));
  settings = Object.assign(new Settings(), { DATABASE_URL: `sqlite:${join(folder, 't.db')}` });
  database = await openDatabase(settings, { migrate: true });
  search = new SqliteThreadSearch(database, settings);
});
afterEach(async () => {
  await database.close();
  rmSync(folder, { recursive: true });
});

let clock = 0;
function make(threadId: string, metadata: Json | string, owner: string | null = null, status = 'idle'): void {
  clock += 1;
  database.handle
    .prepare(
      `INSERT INTO threads (thread_id, owner, status, created_at, updated_at, state_updated_at) VALUES (?, ?, ?, ?, ?, ?)`,
    )
    .run(threadId, owner, status, clock, 1_000 - clock, clock % 3);
  const text = typeof metadata === 'string' ? metadata : JSON.stringify(metadata);
  database.handle.prepare(`INSERT INTO thread_documents VALUES (?, ?, '{}')`).run(threadId, text);
}
const remove = (threadId: string): unknown =>
  database.handle.prepare('DELETE FROM threads WHERE thread_id = ?').run(threadId);
const change = (threadId: string, metadata: Json): unknown =>
  database.handle
    .prepare('UPDATE thread_documents SET metadata_json = ? WHERE thread_id = ?')
    .run(JSON.stringify(metadata), threadId);

const PAGE: ThreadPage = { sortBy: 'created_at', sortOrder: 'asc', limit: 100, offset: 0 };
const find = async (query: Partial<ThreadQuery>, page: Partial<ThreadPage> = {}): Promise<string[]> =>
  search.find({ owner: null, ...query }, { ...PAGE, ...page });
const labels = (): unknown =>
  database.handle.prepare('SELECT label, threads FROM metadata_labels ORDER BY label').raw().all();

it.each([
  [{ a: 1 }], [{ a: '1' }], [{ a: null }], [{ a: true }], [{ a: false }], [{ a: 1.5 }], [{ a: -0 }], [{ a: 1e21 }],
  [{ a: 2 ** 53 }], [{ a: 'ü\u{1f600}' }], [{ a: 'x'.repeat(200) }], [{ a: 'x'.repeat(201) }], [{ a: 'a\u0000b' }],
  [{ 'k"\\.\u001fs': 'x' }], [{ k: 'x', 'k\u001fsx': 'y' }], [{ ['k'.repeat(101)]: 1 }], [{ a: { b: 1, c: [1, 2] } }],
  [{ a: [{ b: 1 }, 2] }], [{ a: 1, b: 2 }], [{ a: '\ud800' }], [{ a: '' }], [{ '': 1 }], [{ __proto__x: 1 }],
])('finds a thread by %j as containment says', async (metadata: Json) => {
  make('same', metadata);
  make('more', { ...metadata, z: 'more' });
  make('none', { z: 'none' });
  make('other', { a: 'other', k: 'other' });
  expect(await find({ metadata })).toEqual(['same', 'more']);
  expect(await search.count({ owner: null, metadata }, 99)).toBe(2);
});

it('finds what contains a part of a nested value', async () => {
  make('t', { deep: { list: [1, { a: 1, b: 2 }], more: 1 } });
  make('u', { deep: { list: [1] } });
  expect(await find({ metadata: { deep: { list: [{ b: 2 }] } } })).toEqual(['t']);
  expect(await find({ metadata: {} })).toEqual(['t', 'u']);
});

it('agrees with containment for random metadata, whatever else is asked', async () => {
  const values = [1, 2, 'x', 'y', null, true, 1.5, { n: 1 }, [1, 2]];
  let seed = 7;
  const random = (below: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % below;
  const some = (): Json =>
    Object.fromEntries(['a', 'b', 'c'].filter(() => random(2)).map((key) => [key, values[random(values.length)]]));
  const all = Array.from({ length: 300 }, (_, index) => ({
    id: `t${String(index).padStart(3, '0')}`, metadata: some(), status: ['idle', 'busy', 'error'][random(3)] as string,
  }));
  for (const { id, metadata, status } of all) make(id, metadata, null, status);
  make('foreign', { a: 1, b: 2, c: 'x' }, 'ada');
  for (let round = 0; round < 100; round += 1) {
    const metadata = some();
    const status = random(2) ? 'busy' : undefined;
    const ids = random(3) ? undefined : all.slice(0, 150).map(({ id }) => id);
    const wanted = all
      .filter((thread) => containsJson(thread.metadata, metadata))
      .filter((thread) => (!status || thread.status === status) && (!ids || ids.includes(thread.id)))
      .map(({ id }) => id);
    const query = { metadata, status, ids };
    expect([query, await find(query, { limit: 1_000 })]).toEqual([query, wanted]);
    expect([query, await search.count({ owner: null, ...query }, 1_000)]).toEqual([query, wanted.length]);
    expect(await find(query, { sortOrder: 'desc', limit: 3, offset: 2 })).toEqual(wanted.reverse().slice(2, 6));
  }
});

it('sees the rows of their owner alone', async () => {
  make('nobodys', { a: 1 });
  make('adas', { a: 1 }, 'ada');
  make('bobs', { a: 1 }, 'bob');
  expect(await find({ owner: 'ada', metadata: { a: 1 } })).toEqual(['adas']);
  expect(await find({ owner: 'ada', ids: ['nobodys', 'adas', 'bobs'] })).toEqual(['adas']);
  expect(await find({ owner: null })).toEqual(['nobodys']);
  expect(await find({ owner: 'eve', metadata: { a: 1 } })).toEqual([]);
});

it('follows metadata that changes, and forgets a thread that goes', async () => {
  make('t', { a: 1, b: 'x' });
  make('u', { a: 1 });
  change('t', { a: 2, b: 'x' });
  expect(await find({ metadata: { a: 1 } })).toEqual(['u']);
  expect(await find({ metadata: { a: 2, b: 'x' } })).toEqual(['t']);
  remove('t');
  expect(labels()).toEqual([['a\u001fn1', 1]]);
  remove('u');
  expect(labels()).toEqual([]);
});

it('labels a part of metadata with very many keys, and finds it by all of them', async () => {
  const wide = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`k${index}`, index]));
  make('wide', wide);
  make('narrow', { k1: 1 });
  expect((labels() as unknown[]).length).toBeLessThan(70);
  expect(await find({ metadata: { k499: 499 } })).toEqual(['wide']);
  expect(await find({ metadata: { k1: 1 } })).toEqual(['wide', 'narrow']);
  expect(await find({ metadata: { k1: 1, k499: 0 } })).toEqual([]);
  expect(await search.count({ owner: null, metadata: { k1: 1 } }, 9)).toBe(2);
});

it('finds a thread whose metadata the database cannot read', async () => {
  make('deep', `{"a":1,"deep":${'['.repeat(1_500)}${']'.repeat(1_500)}}`);
  expect(await find({ metadata: { a: 1 } })).toEqual(['deep']);
});

it.each(['created_at', 'updated_at', 'state_updated_at', 'status', 'thread_id'] as const)(
  'sorts by %s both ways, by id where that is equal, few rows and many alike',
  async (sortBy) => {
    for (let index = 0; index < 30; index += 1)
      make(`t${(index * 7) % 30}`, { few: index < 9, all: 1 }, null, ['idle', 'busy'][index % 2]);
    const column = sortBy === 'thread_id' ? 'thread_id' : `${sortBy}, thread_id`;
    const wanted = database.handle
      .prepare<[], string>(`SELECT thread_id FROM threads ORDER BY ${column}`)
      .pluck()
      .all();
    expect(await find({}, { sortBy })).toEqual(wanted);
    expect(await find({ metadata: { all: 1 } }, { sortBy, sortOrder: 'desc' })).toEqual(wanted.reverse());
    expect(await find({ matches: () => true }, { sortBy, sortOrder: 'desc', limit: 4, offset: 3 })).toEqual(
      wanted.slice(3, 8),
    );
  },
);

it('gives one id more than a page when there are more', async () => {
  for (const id of ['a', 'b', 'c']) make(id, {});
  expect(await find({}, { limit: 2 })).toEqual(['a', 'b', 'c']);
  expect(await find({}, { limit: 3 })).toEqual(['a', 'b', 'c']);
  expect(await find({}, { limit: 1, offset: 2 })).toEqual(['c']);
});

it('refuses to look at more rows than it may, and says how to narrow the search down', async () => {
  settings.MAX_THREADS_SCANNED = 10;
  for (let index = 0; index < 12; index += 1) make(`t${index}`, { a: index === 11 ? [1] : [2], n: index % 2 });
  await expect(find({ metadata: { a: [1] } })).rejects.toThrow(SearchTooBroadError);
  await expect(find({ metadata: { a: [1] } })).rejects.toThrow('MAX_THREADS_SCANNED');
  expect(await find({ metadata: { a: [1], n: 1 } })).toEqual(['t11']);
  expect(await find({ matches: (id) => id === 't3' }, { limit: 0 })).toEqual(['t3']);
});

it('counts no further than it is asked to, unless it knows', async () => {
  for (let index = 0; index < 5; index += 1) make(`t${index}`, { a: 1, b: index });
  expect(await search.count({ owner: null, metadata: { a: 1 } }, 2)).toBe(5);
  expect(await search.count({ owner: null }, 2)).toBeNull();
  expect(await search.count({ owner: null }, 5)).toBe(5);
  expect(await search.count({ owner: null, metadata: { a: 1 }, status: 'idle' }, 2)).toBeNull();
  expect(await search.count({ owner: null }, Infinity)).toBe(5);
});
