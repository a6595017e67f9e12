import { TestServer } from './support/running-server.js';
import { rawRequest } from './support/raw-request.js';

/** How real applications get in, whoever they are; docs/clients.md tells what each of them asks for. */
describe('Real clients get in', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
  });
  afterAll(() => server.close());

  const plain = { 'content-type': 'text/plain;charset=UTF-8' };
  const post = (path: string, body: unknown, headers: Record<string, string> = plain): Promise<Response> =>
    fetch(`${server.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });

  it('Studio, whose JSON comes as plain text, on the routes of LangGraph', async () => {
    const made = await post('/threads', { metadata: { from: 'studio' } });
    expect(made.status).toBe(200);
    expect(await made.json()).toMatchObject({ metadata: { from: 'studio' } });
  });

  it('not so a page of another site, which needs no preflight for plain text', async () => {
    const answer = await rawRequest(
      `${server.url}/threads`,
      'POST',
      { ...plain, origin: 'https://evil.example' },
      '{"thread_id":"stolen"}',
    );
    expect(answer.status).toBe(403);
    expect((await fetch(`${server.url}/threads/stolen`)).status).toBe(404);
  });

  it('not so on the APIs of sessions and executions, whose clients say what they send', async () => {
    for (const path of ['/v1/sessions', '/anthropic/v1/sessions', '/api/executions'])
      expect((await post(path, {})).status).toBe(415);
  });

  it('those that compare versions, and ask what there is', async () => {
    const info = (await (await fetch(`${server.url}/info`)).json()) as Record<string, unknown>;
    expect(info).toMatchObject({ context: 'js', langgraph_js_version: expect.any(String) as string });
    // aegra had to say at least 0.4.35 before Studio went on.
    const [major = 0, minor = 0] = String(info.version).split('.').map(Number);
    expect(major > 0 || minor > 4).toBe(true);
  });

  it('a browser that asks before it calls a server in a more private network', async () => {
    const answer = await rawRequest(`${server.url}/threads`, 'OPTIONS', {
      origin: 'http://localhost:3000',
      'access-control-request-method': 'POST',
      'access-control-request-private-network': 'true',
    });
    expect(answer.headers['access-control-allow-private-network']).toBe('true');
  });

  it.each(['/ok', '/info', '/docs', '/openapi.json'])('a browser that asks for the head of %s', async (path) => {
    const answer = await fetch(`${server.url}${path}`, { method: 'HEAD' });
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  });

  it('one that asks for a route that there is not, and is told which', async () => {
    const answer = await fetch(`${server.url}/assistants/nowhere/none`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({
      error: 'not_found', message: expect.stringContaining('/assistants/nowhere/none') as string,
    });
  });
});
