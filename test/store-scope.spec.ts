import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { PROJECT } from './built-program.js';
import { TestServer } from './support/running-server.js';
import { SseReader } from './support/sse-reader.js';

const CONFIG = join(PROJECT, 'test/fixtures/store-graphs/langgraph.json');
const KEYS = { ada: 'key-a', bob: 'key-b' };
type Name = keyof typeof KEYS;

interface State {
  values: { seen: Record<string, string[]> };
  checkpoint: { checkpoint_id: string };
  next: string[];
}

let server: TestServer;

afterEach(() => server.close());

const start = async (settings: Parameters<typeof TestServer.start>[1] = {}): Promise<void> => {
  server = await TestServer.start(CONFIG, settings);
};
const withKeys = { AUTH_API_KEYS: 'ada:key-a,bob:key-b' };

const headersOf = (name: Name | null): Record<string, string> => (name === null ? {} : { 'x-api-key': KEYS[name] });

async function call<T>(name: Name | null, method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { ...headersOf(name), ...(body ? { 'content-type': 'application/json' } : {}) },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text) as T;
}

const stateOf = (name: Name | null, threadId: string): Promise<State> =>
  call(name, 'GET', `/threads/${threadId}/state`);

/** Plays a run to its end; gives what its graph found in the store, by the place it looked from. */
async function look(
  name: Name | null, say: string, more: Record<string, unknown> = {}, input: Record<string, unknown> = {},
  threadId: string = randomUUID(),
): Promise<Record<string, string[]>> {
  const { run_id: runId } = await call<{ run_id: string }>(name, 'POST', `/threads/${threadId}/runs`, {
    assistant_id: 'memory', input: { say, ...input }, if_not_exists: 'create', ...more,
  });
  const reader = await SseReader.open(server.url, threadId, { channels: ['lifecycle'], since: 0 }, headersOf(name));
  const ends = (data: string): boolean => data.includes(runId) && /"event":"(completed|failed)"/.test(data);
  const { frames } = await reader.until((read) => read.frames.some(({ data }) => ends(data)));
  reader.close();
  expect(frames.find(({ data }) => ends(data))?.data).toContain('"event":"completed"');
  return (await stateOf(name, threadId)).values.seen;
}

/** What a graph finds that sees the notes and edges of these alone. */
const only = (...texts: string[]): Record<string, string[]> => {
  const [own] = texts;
  const notes = [...texts].sort();
  const all = [...texts, ...texts.map((text) => `edge of ${text}`)].sort();
  return { node: notes, searched: [own as string], tool: all, nested: all, called: all };
};

describe('the store of the graphs, with identities', () => {
  it.each(['memory', 'made', 'copy'])(
    'is one of their own for each of two who run at once, wherever graph %s looks',
    async (assistant) => {
      await start(withKeys);
      const meet = { name: randomUUID(), count: 2 };
      const more = { assistant_id: assistant };
      const [ada, bob] = await Promise.all([
        look('ada', 'I am Ada', more, { meet }),
        look('bob', 'I am Bob', more, { meet }),
      ]);
      expect([ada, bob]).toEqual([only('I am Ada'), only('I am Bob')]);
    },
  );

  it('remembers over threads and restarts, for each their own', async () => {
    await start(withKeys);
    await look('ada', 'first');
    await look('bob', 'first');
    await server.restart();
    const seen = await look('ada', 'second');
    expect([seen.node, seen.nested]).toEqual([
      ['first', 'second'],
      ['edge of first', 'edge of second', 'first', 'second'],
    ]);
    expect((await look('bob', 'third')).node).toEqual(['first', 'third']);
  });

  it('cannot be reached by what a client says about itself', async () => {
    await start(withKeys);
    await look('ada', 'a secret');
    const store = { search: [], owner: 'ada' };
    const identity = { identity: 'ada' };
    const configurable = {
      langgraph_auth_user_id: 'ada', langgraph_auth_user: identity, owner: 'ada', user_id: 'ada', store,
      __pregel_store: store, __pregel_runtime: { store },
    };
    const config = { store, owner: 'ada', configurable, metadata: { owner: 'ada', langgraph_auth_user_id: 'ada' } };
    expect(await look('bob', 'mine', { config, metadata: { owner: 'ada' } })).toEqual(only('mine'));
  });

  it('is the owner\'s also when a state is read, changed and made from supersteps', async () => {
    await start(withKeys);
    const threadId = randomUUID();
    await look('ada', 'a note', {}, {}, threadId);
    await look('bob', 'another');
    await call('ada', 'POST', `/threads/${threadId}/state`, { values: { say: 'changed' }, as_node: 'write' });
    expect(await stateOf('ada', threadId)).toMatchObject({ next: ['tool'] });
    await call('ada', 'POST', `/threads/${threadId}/history`, { limit: 5 });
    const step = (say: string, as_node: string) => ({ updates: [{ values: { say }, as_node }] });
    const supersteps = [step('begun', '__input__'), step('made', 'write'), step('made again', 'write')];
    await call('ada', 'POST', '/threads', { metadata: { graph_id: 'memory' }, supersteps });
    const edges = (seen: Record<string, string[]>): unknown => seen.tool?.filter((text) => text.startsWith('edge'));
    expect(edges(await look('ada', 'last'))).toEqual(
      ['a note', 'changed', 'last', 'made', 'made again'].map((text) => `edge of ${text}`),
    );
    expect(edges(await look('bob', 'last'))).toEqual(['another', 'last'].map((text) => `edge of ${text}`));
  });

  it('is one for all with STORE_SCOPE=shared', async () => {
    await start({ ...withKeys, STORE_SCOPE: 'shared' });
    await look('ada', 'from Ada');
    expect((await look('bob', 'from Bob')).node).toEqual(['from Ada', 'from Bob']);
  });
});

it('without identities, the store is one for everybody', async () => {
  await start();
  await look(null, 'one');
  expect((await look(null, 'two')).node).toEqual(['one', 'two']);
});

it("what was stored without identities is nobody's memory once there are some, and is shared with STORE_SCOPE=shared", async () => {
  await start();
  await look(null, 'of old');
  await server.restart(withKeys);
  expect((await look('ada', 'new')).node).toEqual(['new']);
  await server.restart({ ...withKeys, STORE_SCOPE: 'shared' });
  expect((await look('bob', 'shared')).node).toEqual(['of old', 'shared']);
  await server.restart({ AUTH_API_KEYS: '' });
  expect((await look(null, 'open again')).node).toEqual(['of old', 'open again', 'shared']);
});
