import { threadPath as path, threadRequests } from './support/thread-requests.js';
import { STATE_GRAPHS, startThreadsServer, type ThreadsServer } from './threads-server.js';

let server: ThreadsServer;
beforeAll(async () => {
  server = await startThreadsServer(STATE_GRAPHS);
});
afterAll(() => server.close());

const { call, newThread } = threadRequests(() => server.url);

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
        flags: { assistants: true, crons: true },
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
    [400, 'plain text that is no JSON', 'text/plain', 'hello'],
    [422, 'a wrong type as plain text', 'text/plain', '{"metadata":7}'],
  ])('answers %i to %s, and goes on', async (status, _what, type, body) => {
    const response = await post(body, type);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(await response.json()).toHaveProperty('detail');
    expect((await call('GET', '/ok')).status).toBe(200);
  });

  it('answers 413 to a body over the limit', async () => {
    const small = await startThreadsServer(STATE_GRAPHS, { MAX_BODY_BYTES: 1_000 });
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
    let { status } = refused;
    while (status === 503) ({ status } = await call('POST', '/threads', { thread_id: 'later' }));
    expect(status).toBe(200);
  });
});
