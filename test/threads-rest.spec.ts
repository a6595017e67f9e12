import { fileURLToPath } from 'node:url';
import { Client as Client12 } from '@langchain/langgraph-sdk';
import { Client as Client15 } from 'langgraph-sdk-1-15';
import type { ThreadState } from '../src/threads/thread-state.js';
import type { Thread } from '../src/threads/thread.js';
import { answerInterrupt, startThreadsServer, type ThreadsServer } from './threads-server.js';

const GRAPHS = fileURLToPath(new URL('fixtures/state-graphs/langgraph.json', import.meta.url));

let server: ThreadsServer;
let count = 0;
beforeAll(async () => {
  server = await startThreadsServer(GRAPHS);
});
afterAll(() => server.close());

async function call<T = Record<string, unknown>>(
  method: string,
  path: string,
  body?: unknown,
  from = server,
): Promise<{ status: number; body: T }> {
  const response = await fetch(from.url + path, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? undefined : JSON.parse(text)) as T };
}

async function newThread(graphId?: string): Promise<string> {
  const threadId = `thread ${(count += 1)}`;
  await call('POST', '/threads', { thread_id: threadId, metadata: graphId ? { graph_id: graphId } : {} });
  return threadId;
}

/** Runs a graph to its end, as a run of the server would. */
async function run(threadId: string, graphId: string, input: Record<string, unknown>): Promise<void> {
  const graph = await server.registry.get(graphId, { owner: null });
  for await (const _ of await graph.streamEvents(input, { version: 'v3', configurable: { thread_id: threadId } }))
    void _;
}

const path = (threadId: string, rest = ''): string => `/threads/${encodeURIComponent(threadId)}${rest}`;

describe('POST /threads', () => {
  it('makes a thread with a UUIDv7 when none is given, also for an empty body or none', async () => {
    for (const init of [
      {},
      { headers: { 'content-type': 'application/json' } },
      { body: '{}', headers: { 'content-type': 'application/json' } },
    ]) {
      const response = await fetch(`${server.url}/threads`, { method: 'POST', ...init });
      expect(response.status).toBe(200);
      const thread = (await response.json()) as Thread;
      expect(thread.thread_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
      expect(thread).toMatchObject({ status: 'idle', values: {}, interrupts: {}, metadata: {}, config: {} });
    }
  });

  it('lets one of many callers with the same id make it', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => call('POST', '/threads', { thread_id: 'once' })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(19);
  });

  it('gives the thread that is there with do_nothing, unchanged', async () => {
    await call('POST', '/threads', { thread_id: 'kept', metadata: { a: 1 } });
    const again = await call<Thread>('POST', '/threads', {
      thread_id: 'kept',
      metadata: { a: 2 },
      if_exists: 'do_nothing',
    });
    expect(again).toMatchObject({ status: 200, body: { metadata: { a: 1 } } });
  });

  it('starts with the state that supersteps make', async () => {
    const supersteps = [
      { updates: [{ values: { messages: [{ role: 'user', content: 'q', id: 'm1' }] }, as_node: '__start__' }] },
      { updates: [{ values: { messages: [{ role: 'ai', content: 'a', id: 'm2' }] }, as_node: 'echo' }] },
    ];
    const { status, body } = await call<Thread>('POST', '/threads', {
      thread_id: 'copied',
      metadata: { graph_id: 'chat' },
      supersteps,
    });
    expect(status).toBe(200);
    expect(body.values).toEqual({
      messages: [
        { type: 'human', content: 'q', id: 'm1' },
        { type: 'ai', content: 'a', id: 'm2' },
      ],
    });
  });

  it('leaves nothing behind when the graph refuses the supersteps', async () => {
    const supersteps = [
      { updates: [{ values: { messages: [] }, as_node: '__input__' }] },
      { updates: [{ values: {}, as_node: 'nobody' }] },
    ];
    const refused = await call('POST', '/threads', {
      thread_id: 'refused',
      metadata: { graph_id: 'chat' },
      supersteps,
    });
    expect(refused).toMatchObject({ status: 400, body: { message: expect.stringContaining('nobody') as unknown } });
    expect((await call('GET', path('refused'))).status).toBe(404);
    expect(server.checkpointer.newestRootCheckpoint('refused')).toBeNull();
    const unknown = await call('POST', '/threads', { metadata: { graph_id: 'nope' }, supersteps });
    expect(unknown).toMatchObject({ status: 400, body: { message: expect.stringContaining('nope') as unknown } });
  });
});

describe('GET /threads/:id/state', () => {
  it('is 404 for a thread that does not exist, and empty for one without a checkpoint', async () => {
    expect(await call('GET', '/threads/missing/state')).toMatchObject({ status: 404, body: { error: 'not_found' } });
    for (const graphId of [undefined, 'chat', 'not in langgraph.json']) {
      const { status, body } = await call('GET', path(await newThread(graphId), '/state'));
      expect(status).toBe(200);
      expect(body).toEqual({
        values: {},
        next: [],
        tasks: [],
        metadata: {},
        created_at: null,
        checkpoint: null,
        parent_checkpoint: null,
        interrupts: [],
        checkpoint_id: null,
        parent_checkpoint_id: null,
      });
    }
  });

  it('gives the newest checkpoint, with its own time', async () => {
    const threadId = await newThread('chat');
    await run(threadId, 'chat', { messages: [{ role: 'user', content: 'hi', id: 'u' }] });
    const newest = server.checkpointer.newestRootCheckpoint(threadId);
    const { body } = await call<ThreadState>('GET', path(threadId, '/state'));
    expect(body).toMatchObject({
      values: {
        messages: [
          { type: 'human', content: 'hi', id: 'u' },
          { type: 'ai', content: 'echo hi', id: 'ai-1' },
        ],
      },
      next: [],
      tasks: [],
      metadata: { step: 1, source: 'loop' },
      checkpoint: { thread_id: threadId, checkpoint_ns: '', checkpoint_id: newest?.id },
    });
    expect(Date.parse(body.created_at ?? '')).toBe(newest?.ts);
  });

  it('lists open interrupts of every level, and hides answered ones', async () => {
    const threadId = await newThread('nested');
    await run(threadId, 'nested', { answers: ['go'] });
    const questions = (state: { interrupts: { value: unknown }[] }): unknown[] =>
      state.interrupts.map(({ value }) => (value as { question: string }).question).sort();
    const { body } = await call<ThreadState>('GET', path(threadId, '/state'));
    expect(questions(body)).toEqual(['inner2?', 'inner?', 'outer?']);
    expect(body.next.sort()).toEqual(['child', 'outer']);
    expect(body.tasks.every(({ state }) => state === null)).toBe(true);

    const outer = body.interrupts.find(({ value }) => (value as { question: string }).question === 'outer?');
    answerInterrupt(server.database, threadId, outer?.id);
    const after = (await call<ThreadState>('GET', path(threadId, '/state?subgraphs=true'))).body;
    expect(questions(after)).toEqual(['inner2?', 'inner?']);
    const child = after.tasks.find(({ name }) => name === 'child');
    expect(child?.state?.next.sort()).toEqual(['ask', 'ask2']);
    expect(child?.checkpoint?.checkpoint_ns).toBe(`child:${child?.id}`);
    const thread = (await call<Thread>('GET', path(threadId))).body;
    expect(Object.keys(thread.interrupts)).toEqual([child?.id]);
  });

  it('reads a checkpoint by its id, by GET and by POST, and of a subgraph by its namespace', async () => {
    const threadId = await newThread('nested');
    await run(threadId, 'nested', { answers: ['go'] });
    const newest = (await call<ThreadState>('GET', path(threadId, '/state'))).body;
    const parent = newest.parent_checkpoint;
    const byGet = await call<ThreadState>('GET', path(threadId, `/state/${parent?.checkpoint_id}`));
    const byPost = await call<ThreadState>('POST', path(threadId, '/state/checkpoint'), {
      checkpoint: parent,
      subgraphs: false,
    });
    expect(byGet.body).toMatchObject({
      checkpoint_id: parent?.checkpoint_id,
      parent_checkpoint: null,
      metadata: { source: 'input', step: -1 },
    });
    expect(byPost.body).toEqual(byGet.body);
    const checkpoint = newest.tasks.find(({ name }) => name === 'child')?.checkpoint;
    const inner = await call<ThreadState>('POST', path(threadId, '/state/checkpoint'), { checkpoint, subgraphs: true });
    expect(inner.body.next.sort()).toEqual(['ask', 'ask2']);
    expect((await call('GET', path(threadId, '/state/1ef00000-0000-6000-8000-000000000000'))).status).toBe(404);
  });

  it('still gives the values when langgraph.json no longer has the graph', async () => {
    const threadId = await newThread('chat');
    await run(threadId, 'chat', { messages: [{ role: 'user', content: 'hi', id: 'u' }] });
    const before = (await call<ThreadState>('GET', path(threadId, '/state'))).body;
    await server.decide(threadId, ({ thread }) =>
      thread.setMetadata({ metadataJson: '{"graph_id":"gone"}', graphId: 'gone', assistantId: null }, Date.now()),
    );
    const after = (await call<ThreadState>('GET', path(threadId, '/state'))).body;
    expect(after).toMatchObject({
      values: before.values as object,
      checkpoint: before.checkpoint as object,
      next: [],
      tasks: [],
    });
    expect((await call<ThreadState[]>('POST', path(threadId, '/history'), {})).body[0]?.values).toEqual(before.values);
  });
});

describe('history', () => {
  it('goes back from the newest, with limit, before and a filter on metadata', async () => {
    const threadId = await newThread('chat');
    await run(threadId, 'chat', { messages: [{ role: 'user', content: 'one' }] });
    await run(threadId, 'chat', { messages: [{ role: 'user', content: 'two' }] });
    const history = async (body: unknown): Promise<ThreadState[]> =>
      (await call<ThreadState[]>('POST', path(threadId, '/history'), body)).body;
    const ids = (states: ThreadState[]): (string | null)[] => states.map((state) => state.checkpoint_id);
    const all = await history({});
    expect(all.map((state) => state.metadata['step'])).toEqual([4, 3, 2, 1, 0, -1]);
    for (const [index, state] of all.slice(0, -1).entries())
      expect(state.parent_checkpoint_id).toBe(all[index + 1]?.checkpoint_id);
    expect(ids(await history({ limit: 2 }))).toEqual(ids(all).slice(0, 2));
    const second = all[1]?.checkpoint;
    for (const before of [second?.checkpoint_id, second, { configurable: second }]) {
      expect(ids(await history({ before, limit: 3 }))).toEqual(ids(all).slice(2, 5));
    }
    expect(
      ids((await call<ThreadState[]>('GET', path(threadId, `/history?limit=1&before=${second?.checkpoint_id}`))).body),
    ).toEqual([ids(all)[2]]);
    expect((await history({ metadata: { source: 'input' } })).map((state) => state.metadata['step'])).toEqual([2, -1]);
    expect(ids(await history({ checkpoint: second }))).toEqual([second?.checkpoint_id]);
    expect(await history({ metadata: { 'no.such': { deep: [1] } } })).toEqual([]);
  });

  it('reads a nested namespace whose levels are joined by NUL or by |', async () => {
    const threadId = await newThread('nested');
    await run(threadId, 'nested', { answers: ['go'] });
    const { body } = await call<ThreadState>('GET', path(threadId, '/state'));
    const checkpoint_ns = body.tasks.find(({ name }) => name === 'child')?.checkpoint?.checkpoint_ns;
    const read = async (ns: string): Promise<ThreadState[]> =>
      (await call<ThreadState[]>('POST', path(threadId, '/history'), { limit: 1, checkpoint: { checkpoint_ns: ns } }))
        .body;
    expect((await read(checkpoint_ns ?? ''))[0]?.checkpoint?.checkpoint_ns).toBe(checkpoint_ns);
    expect(await read(`${checkpoint_ns}\u0000deeper:1`)).toEqual([]);
  });

  it('is 404 for a missing thread and empty for a new one', async () => {
    expect((await call('POST', '/threads/missing/history', {})).status).toBe(404);
    expect(await call('POST', path(await newThread('chat'), '/history'), {})).toEqual({ status: 200, body: [] });
  });
});

describe('changing a thread', () => {
  it('merges metadata, and answers 204 when nothing else is asked for', async () => {
    const threadId = await newThread('chat');
    const patched = await call<Thread>('PATCH', path(threadId), { metadata: { topic: 'cats' } });
    expect(patched.body.metadata).toEqual({ graph_id: 'chat', topic: 'cats' });
    const response = await fetch(server.url + path(threadId), {
      method: 'PATCH',
      headers: { 'content-type': 'application/json', prefer: 'return=minimal' },
      body: '{"metadata":{"topic":"dogs"}}',
    });
    expect(response.status).toBe(204);
    expect(await response.text()).toBe('');
    expect((await call<Thread>('GET', path(threadId))).body.metadata).toEqual({ graph_id: 'chat', topic: 'dogs' });
  });

  it('updates state, also from an older checkpoint, and refuses while the thread is busy', async () => {
    const threadId = await newThread('chat');
    const update = (content: string, more = {}): Promise<{ status: number; body: Record<string, unknown> }> =>
      call('POST', path(threadId, '/state'), {
        values: { messages: [{ role: 'user', content, id: content }] },
        as_node: 'echo',
        ...more,
      });
    const first = (await update('one')).body['checkpoint'] as { checkpoint_id: string };
    await update('two');
    const forked = (await update('three', { checkpoint: first })).body['checkpoint'];
    const { body } = await call<ThreadState>('GET', path(threadId, '/state'));
    expect(body.checkpoint).toEqual(forked);
    expect((body.values as { messages: { id: string }[] }).messages.map(({ id }) => id)).toEqual(['one', 'three']);
    await server.decide(threadId, ({ thread }) => thread.setStatus('busy', Date.now()));
    expect((await update('four')).status).toBe(409);
    await server.decide(threadId, ({ thread }) => thread.setStatus('idle', Date.now()));
    expect((await update('four', { as_node: 'nobody' })).status).toBe(400);
    expect((await update('four', { checkpoint_id: 'none' })).status).toBe(400);
    expect((await call('POST', path(await newThread(), '/state'), { values: {} })).status).toBe(400);
  });
});

describe.each([['1.12.4', Client12], ['1.15.0', Client15]])('the unmodified SDK %s', (_version, Client) => {
  it('creates, reads, updates and goes through the history of a thread', async () => {
    const client = new Client({ apiUrl: server.url });
    const { thread_id: threadId } = await client.threads.create({ graphId: 'chat', metadata: { a: 1 } });
    await client.threads.updateState(threadId, {
      values: { messages: [{ type: 'human', content: 'hi', id: 'u' }] },
      asNode: 'echo',
    });
    await client.threads.update(threadId, { metadata: { b: 2 } });
    const thread = await client.threads.get(threadId);
    expect(thread).toMatchObject({
      metadata: { a: 1, b: 2, graph_id: 'chat' },
      values: { messages: [{ type: 'human', content: 'hi' }] },
    });
    const state = await client.threads.getState(threadId, undefined, { subgraphs: true });
    const byCheckpoint = await client.threads.getState(threadId, state.checkpoint, { subgraphs: true });
    expect(byCheckpoint.checkpoint).toEqual(state.checkpoint);
    const history = await client.threads.getHistory(threadId, {
      limit: 5,
      before: { configurable: { checkpoint_id: '9' } } as never,
    });
    expect(history.map(({ checkpoint }) => checkpoint)).toEqual([state.checkpoint]);
    await expect(client.threads.getState('missing')).rejects.toMatchObject({ status: 404 });
  });
});

describe('the HTTP frame', () => {
  const post = (body: string | Uint8Array<ArrayBuffer>, type = 'application/json', to = server): Promise<Response> =>
    fetch(`${to.url}/threads`, { method: 'POST', headers: { 'content-type': type }, body });

  it('answers health and what it can do', async () => {
    expect(await call('GET', '/ok')).toEqual({ status: 200, body: { ok: true } });
    expect(await call('GET', '/info')).toMatchObject({
      status: 200,
      body: {
        version: expect.stringMatching(/^\d+\./) as unknown,
        langgraph_js_version: '1.4.18',
        context: 'js',
        flags: { crons: false },
      },
    });
  });

  it.each<[number, string, string, string | Uint8Array<ArrayBuffer>]>([
    [400, 'no JSON', 'application/json', '{'],
    [400, 'no UTF-8', 'application/json', new Uint8Array([0x7b, 0xff, 0x7d])],
    [400, 'deep nesting', 'application/json', '['.repeat(50_000)],
    [422, 'a prototype', 'application/json', '{"__proto__":{"a":1}}'],
    [422, 'an array', 'application/json', '[]'],
    [422, 'a number', 'application/json', '7'],
    [422, 'a wrong type', 'application/json', '{"metadata":7}'],
    [422, 'a slash in the id', 'application/json', '{"thread_id":"a/b"}'],
    [422, 'an id of 300', 'application/json', `{"thread_id":"${'x'.repeat(300)}"}`],
    [422, 'a NUL in the id', 'application/json', '{"thread_id":"a\\u0000"}'],
    [422, 'a list of lists', 'application/json', '{"supersteps":[[]]}'],
    [415, 'a form', 'application/x-www-form-urlencoded', 'a=1'],
    [415, 'plain text', 'text/plain', '{}'],
  ])('answers %i to %s, and goes on', async (status, _what, type, body) => {
    const response = await post(body, type);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(await response.json()).toHaveProperty('detail');
    expect((await call('GET', '/ok')).status).toBe(200);
  });

  it('answers 413 to a body over the limit', async () => {
    const small = await startThreadsServer(GRAPHS, { MAX_BODY_BYTES: 1_000 });
    try {
      const response = await post(JSON.stringify({ metadata: { text: 'x'.repeat(2_000) } }), undefined, small);
      expect([response.status, (await response.json() as { error: string }).error]).toEqual([413, 'payload_too_large']);
    } finally {
      await small.close();
    }
  });

  it.each([
    [422, 'x'.repeat(300)],
    [414, 'x'.repeat(5_000)],
    [422, 'a%00b'],
    [422, 'a%0Ab'],
    [422, 'a%2Fb'],
    [400, '%zz'],
    [404, 'x'.repeat(255)],
    [404, encodeURIComponent('ü '.repeat(100))],
  ])('answers %i to a thread id of the path', async (status, id) => {
    const { status: given, body } = await call('GET', `/threads/${id}/state`);
    expect(given).toBe(status);
    if (status === 422) expect(body).toMatchObject({ detail: [{ loc: ['path', 'thread_id'], type: 'value_error' }] });
  });

  it.each([
    ['/state?subgraphs=maybe', undefined, ['query', 'subgraphs']], ['/history?limit=0', undefined, ['query', 'limit']],
    ['/history?limit=x', undefined, ['query', 'limit']], ['/history?limit=1001', undefined, ['query', 'limit']],
    ['/history', { limit: 1_001 }, ['body', 'limit']], ['/history', { limit: 1.5 }, ['body', 'limit']],
    ['/history', { before: 7 }, ['body', 'before']], ['/history', { metadata: { 'a"b': 1 } }, ['body', 'metadata']],
    ['/history', { checkpoint: { checkpoint_ns: 7 } }, ['body', 'checkpoint', 'checkpoint_ns']],
    ['/state/checkpoint', {}, ['body', 'checkpoint']],
  ])('answers 422 to %s %j', async (route, body, loc) => {
    const answer = await call(body ? 'POST' : 'GET', path(await newThread('chat'), route), body);
    expect(answer).toMatchObject({ status: 422, body: { detail: [{ loc }] } });
  });

  it('is 404 in JSON for a route that does not exist', async () => {
    expect(await call('GET', '/nowhere')).toMatchObject({ status: 404, body: { error: 'not_found' } });
  });

  it('lets a page of this machine call, and read the headers that SDKs need', async () => {
    const headers = {
      origin: 'http://localhost:3000',
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'x-api-key',
    };
    const preflight = await fetch(`${server.url}/threads`, { method: 'OPTIONS', headers });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PATCH');
    const response = await fetch(`${server.url}/ok`, { headers });
    expect(response.headers.get('access-control-allow-origin')).toBe('http://localhost:3000');
    expect(response.headers.get('access-control-expose-headers')).toContain('Content-Location');
  });

  it('serves its OpenAPI document and a page to read it', async () => {
    const { body } = await call<{ openapi: string; info: { title: string }; components: { schemas: object } }>(
      'GET',
      '/openapi.json',
    );
    expect(body).toMatchObject({ openapi: '3.1.0', info: { title: 'Threadlog' } });
    expect(body.components.schemas).toHaveProperty('HTTPValidationError');
    const page = await fetch(`${server.url}/docs`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
    expect((await fetch(`${server.url}/docs/swagger-ui.css`)).status).toBe(200);
  });

  it('does not show a thread to another owner', async () => {
    const none = { metadataJson: '{}', configJson: '{}', graphId: null, assistantId: null };
    await server.decide('adas', ({ thread }) => thread.insertIfAbsent({ ...none, owner: 'ada', now: 1 }));
    for (const route of ['', '/state', '/history']) {
      const missing = await call('GET', `/threads/nobodys${route}`);
      expect(await call('GET', `/threads/adas${route}`)).toEqual(
        JSON.parse(JSON.stringify(missing).replaceAll('nobodys', 'adas')),
      );
    }
    expect((await call('POST', '/threads', { thread_id: 'adas', if_exists: 'do_nothing' })).status).toBe(409);
    expect((await call('PATCH', '/threads/adas', { metadata: { a: 1 } })).status).toBe(404);
  });

  it('answers 503 while the database cannot write, and goes on once it can', async () => {
    server.database.handle.pragma('query_only = ON');
    const refused = await call('POST', '/threads', { thread_id: 'later' });
    server.database.handle.pragma('query_only = OFF');
    expect(refused).toMatchObject({ status: 503, body: { error: 'storage_unavailable' } });
    expect((await call('GET', '/threads/later')).status).toBe(404);
    expect((await call('POST', '/threads', { thread_id: 'later' })).status).toBe(200);
  });
});
