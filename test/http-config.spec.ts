import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROJECT } from './built-program.js';
import { rawUpgrade } from './support/raw-request.js';
import { TestServer } from './support/running-server.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'threadlog-http-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A server whose langgraph.json has this section. */
async function serve(http: object): Promise<TestServer> {
  const path = join(folder, 'langgraph.json');
  const graphs = { chat: join(PROJECT, 'test/fixtures/state-graphs/chat.mjs:graph') };
  await writeFile(path, JSON.stringify({ graphs, http }));
  return TestServer.start(path);
}

describe('http of langgraph.json', () => {
  it('lets pages of the origins in that it names, with what it says of CORS', async () => {
    const server = await serve({
      cors: {
        allow_origins: ['https://app.example'],
        allow_origin_regex: 'https://[a-z]+\\.team\\.example',
        allow_methods: ['GET', 'POST'],
        expose_headers: ['X-Own'],
        allow_credentials: true,
        max_age: 60,
      },
    });
    const ask = (origin: string): Promise<Response> =>
      fetch(`${server.url}/threads`, {
        method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' },
      });
    const preflight = await ask('https://app.example');
    const header = (name: string): string | null => preflight.headers.get(`access-control-${name}`);
    expect([preflight.status, header('allow-origin'), header('allow-methods'), header('max-age')]).toEqual([
      204, 'https://app.example', 'GET, POST', '60',
    ]);
    expect(header('allow-credentials')).toBe('true');
    const answer = await fetch(`${server.url}/ok`, { headers: { origin: 'https://app.example' } });
    expect(answer.headers.get('access-control-expose-headers')).toContain('X-Own');
    expect((await ask('https://red.team.example')).status).toBe(204);
    for (const origin of ['https://evil.example', 'https://red.team.example.evil.example', 'https://x.app.example'])
      expect((await ask(origin)).status).toBe(403);
    await server.close();
  });

  it('switches groups of routes off, upgrades included, and says so', async () => {
    const server = await serve({ disable_runs: true, disable_meta: true });
    const status = async (path: string, init?: RequestInit): Promise<number> =>
      (await fetch(`${server.url}${path}`, init)).status;
    const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
    for (const path of ['/threads/t/runs', '/threads/t/commands', '/threads/t/stream/events', '/runs/stream'])
      expect([path, await status(path, post)]).toEqual([path, 404]);
    expect((await rawUpgrade(server.url, '/threads/t/stream/events', {})).status).toBe(404);
    expect([await status('/info'), await status('/openapi.json'), await status('/ok'), await status('/ready')]).toEqual([
      404, 404, 200, 200,
    ]);
    expect(await status('/threads', post)).toBe(200);
    const { message } = (await (await fetch(`${server.url}/info`)).json()) as { message: string };
    expect(message).toContain('http.disable_meta');
    await server.close();
  });

  it.each([
    [{ cors: { allow_origins: 'https://app.example' } }, '"http.cors.allow_origins"'],
    [{ cors: { allow_origin_regex: '(' } }, '"http.cors.allow_origin_regex"'],
    [{ disable_runs: 'yes' }, '"http.disable_runs"'],
    [{ configurable_headers: ['x-*'] }, '"http.configurable_headers"'],
    [{ configurable_headers: { includes: 'x-*' } }, '"http.configurable_headers.includes"'],
  ])('refuses to start with %j', async (http, key) => {
    await expect(serve(http)).rejects.toThrow(key);
  });
});
