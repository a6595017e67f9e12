import { SqliteStoreStorage } from '../storage/sqlite/store/sqlite-store-storage.js';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Settings } from '../config/settings.js';
import type { Database } from '../storage/sqlite/database.js';
import { openDatabase } from '../storage/sqlite/open-database.js';
import { UnknownGraphError } from './loading/graph-errors.js';
import { SqliteCheckpointer } from '../storage/sqlite/checkpoints/sqlite-checkpointer.js';
import { GraphRegistry } from './graph-registry.js';
import { FIRST_STREAMING_VERSION } from './loading/langgraph-version.js';
import { StoreScopes } from './store/store-scopes.js';

const FIXTURES = resolve('test/fixtures/graphs');

let folder: string;
let checkpointer: SqliteCheckpointer;
let database: Database;
let stores: StoreScopes;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'graph-registry-'));
  checkpointer = SqliteCheckpointer.open(join(folder, 'checkpoints.db'));
  database = await openDatabase(
    Object.assign(new Settings(), { DATABASE_URL: `sqlite:${join(folder, 'threadlog.db')}` }),
    { migrate: true },
  );
  stores = new StoreScopes(new SqliteStoreStorage(database), 'owner');
});

afterEach(async () => {
  await database.close();
  checkpointer.close();
  rmSync(folder, { recursive: true });
});

function load(graphs: Record<string, unknown>, warnings: string[] = []): Promise<GraphRegistry> {
  const configPath = join(folder, 'langgraph.json');
  writeFileSync(configPath, JSON.stringify({ graphs }));
  const logger = { info: () => undefined, warn: (_fields: object, message: string) => void warnings.push(message) };
  return GraphRegistry.load(configPath, checkpointer, stores, logger);
}

/**
 * A project of its own in the temporary folder: a graph that only looks like one, beside a LangGraph of that version.
 */
function project(version: string, source: string): string {
  const root = join(folder, `project-${version}`);
  const package_ = join(root, 'node_modules', '@langchain', 'langgraph');
  mkdirSync(package_, { recursive: true });
  writeFileSync(join(package_, 'package.json'), JSON.stringify({ name: '@langchain/langgraph', version }));
  writeFileSync(join(root, 'graph.mjs'), source);
  return `${join(root, 'graph.mjs')}:graph`;
}

describe('GraphRegistry', () => {
  it.each([
    ['a compiled graph in .js', 'compiled.js:graph'],
    ['the default export', 'compiled.js'],
    ['a builder in .mjs', 'builder.mjs:builder'],
    ['a factory', 'factory.mjs:makeGraph'],
  ])('loads %s and gives it the checkpointer', async (_kind, path) => {
    const registry = await load({ it: join(FIXTURES, path) });
    const graph = await registry.get('it', { owner: null });
    expect((await graph.getState({ configurable: { thread_id: 'none' } })).values).toEqual({});
    expect(registry.describe('it').streaming.supported).toBe(true);
  });

  it('runs a graph that keeps its state in the checkpointer and writes to the store of its owner', async () => {
    const registry = await load({
      count: join(FIXTURES, 'compiled.js:graph'),
      note: join(FIXTURES, 'builder.mjs:builder'),
    });
    for (const id of ['count', 'note']) {
      const graph = await registry.get(id, { owner: 'ada' });
      const run = await graph.streamEvents(
        { count: 4, note: 'hello' },
        { version: 'v3', configurable: { thread_id: id } },
      );
      await run.output;
    }
    const state = await (
      await registry.get('count', { owner: 'ada' })
    ).getState({ configurable: { thread_id: 'count' } });
    expect(state.values).toEqual({ count: 5 });
    expect((await stores.of('ada').get(['notes'], 'last'))?.value).toEqual({ note: 'hello' });
    expect(await Promise.all(['bob', null].map((owner) => stores.of(owner).search([])))).toEqual([[], []]);
  });

  it('keeps ids in the order of the file and describes each', async () => {
    const entry = { path: join(FIXTURES, 'compiled.js:graph'), description: 'counts' };
    const registry = await load({ second: entry, first: join(FIXTURES, 'builder.mjs:builder') });
    expect(registry.ids()).toEqual(['second', 'first']);
    expect([registry.has('first'), registry.has('third')]).toEqual([true, false]);
    expect(registry.describe('second')).toMatchObject({ id: 'second', description: 'counts' });
  });

  it('calls a factory per use, with the config of the run', async () => {
    const registry = await load({ made: join(FIXTURES, 'factory.mjs:makeGraph') });
    const one = await registry.get('made', {
      owner: null,
      config: () => ({ configurable: { label: 'one' }, context: { user: 'u' } }),
    });
    const two = await registry.get('made', {
      owner: null,
      config: () => ({ configurable: { label: 'two' } }),
      accessContext: 'assistants.read',
    });
    expect(one).not.toBe(two);
    expect(one.name).toBe('["one","threads.create_run",{"context":{"user":"u"}}]');
    expect(two.name).toBe('["two","assistants.read",null]');
  });

  it('rejects a use whose factory makes no graph', async () => {
    const registry = await load({ made: join(FIXTURES, 'factory.mjs:makeNothing') });
    await expect(registry.get('made', { owner: null })).rejects.toThrow(
      'the factory of graph "made" returned an object',
    );
  });

  it('names the unknown graph and the known ones', async () => {
    const registry = await load({ known: join(FIXTURES, 'compiled.js:graph') });
    expect(() => registry.describe('other')).toThrow(UnknownGraphError);
    await expect(registry.get('other', { owner: null })).rejects.toThrow('no graph "other"; there are "known"');
  });

  it.each([
    ['missing.ts:graph', 'file not found'],
    ['compiled.js:grahp', 'has no export "grahp"; it exports "default", "graph"'],
    ['throws.mjs:graph', 'no key in the environment'],
    ['broken.mjs:number', 'is a number, not a graph'],
    ['broken.mjs:list', 'is an array, not a graph'],
    ['broken.mjs:Maker', 'is a class, not a graph'],
    ['broken.mjs:rejected', 'its promise was rejected: no such model'],
    ['broken.mjs:unfinished', 'does not compile: '],
  ])('stops at the broken entry %s with its path and reason', async (path, reason) => {
    const entry = join(FIXTURES, path);
    const loading = load({ good: join(FIXTURES, 'compiled.js:graph'), bad: entry });
    await expect(loading).rejects.toThrow(`${join(folder, 'langgraph.json')}: graph "bad" (${entry}): `);
    await expect(loading).rejects.toThrow(reason);
  });
});

describe('the LangGraph of a graph\'s own project', () => {
  const OLD_GRAPH = 'export const graph = { lg_is_pregel: true, getState() { return this.checkpointer; } };';
  const FACTORY = 'export const graph = () => ({ lg_is_pregel: true });';

  it('loads a graph whose LangGraph cannot stream and says what was found and what is needed', async () => {
    const warnings: string[] = [];
    const registry = await load({ old: project('0.2.74', OLD_GRAPH) }, warnings);
    expect(registry.describe('old').streaming).toEqual({ supported: false, found: '0.2.74', needed: '>=1.3.0' });
    expect(warnings).toEqual([expect.stringContaining('0.2.74')]);
    expect(await (await registry.get('old', { owner: null })).getState({})).toBe(checkpointer);
  });

  it.each([
    ['1.2.9', false],
    ['1.3.0-alpha.1', false],
    ['1.3.0', true],
    ['1.10.0', true],
    ['2.0.0', true],
  ])('takes a factory beside version %s by its version', async (version, supported) => {
    const registry = await load({ made: project(version, FACTORY) });
    expect(registry.describe('made').streaming).toMatchObject({ supported, found: version });
  });

  it('believes the graph before the version', async () => {
    const registry = await load({
      it: project('0.0.1', 'export const graph = { lg_is_pregel: true, streamTransformers: [] };'),
    });
    expect(registry.describe('it').streaming.supported).toBe(true);
  });

  it('takes a project without LangGraph as running on ours', async () => {
    const file = join(folder, 'lone.mjs');
    writeFileSync(file, FACTORY);
    expect((await load({ lone: `${file}:graph` })).describe('lone').streaming).toEqual({ supported: true });
  });

  it('is at least the needed version here', async () => {
    const { found } = (await load({ it: join(FIXTURES, 'compiled.js:graph') })).describe('it').streaming;
    expect(found).toMatch(/^\d+\.\d+\.\d+/);
    expect(found!.localeCompare(FIRST_STREAMING_VERSION, 'en', { numeric: true })).toBeGreaterThanOrEqual(0);
  });
});
