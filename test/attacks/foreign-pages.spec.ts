import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startServer } from '../../src/cli/start.js';
import { Settings } from '../../src/config/settings.js';
import { rawRequest, rawUpgrade } from '../support/raw-request.js';
import { ROUTES, type Things } from '../support/route-walk.js';
import { EXAMPLES, TestServer } from '../support/running-server.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const PREFLIGHT = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' };
const NOTHING = '01a1fb61-3479-7199-a676-00269d4d93e3';
const THINGS: Things = {
  threadId: NOTHING,
  runId: NOTHING,
  checkpointId: NOTHING,
  executionId: NOTHING,
  sessionId: NOTHING,
  sessionThreadId: NOTHING,
  agentId: NOTHING,
  environmentId: NOTHING,
  assistantId: NOTHING,
  cronId: NOTHING,
};

/** What a page of somebody else's makes a browser send. */
const ATTACKS: readonly [name: string, headers: Record<string, string>, message: RegExp][] = [
  ['a foreign page', { origin: 'https://evil.example' }, /origin https:\/\/evil\.example .* CORS_ORIGINS/],
  ['a page without an origin of its own', { origin: 'null' }, /origin null .* CORS_ORIGINS/],
  ['a page on a name that looks like loopback', { origin: 'http://localhost.evil.example' }, /CORS_ORIGINS/],
  ['a page on another port of a foreign name', { origin: 'http://evil.example:8123' }, /CORS_ORIGINS/],
  [
    'a page that pointed its own name here',
    { host: 'evil.example:8123', origin: 'http://evil.example:8123' },
    /host evil\.example:8123.* ALLOWED_HOSTS/,
  ],
  ['a link through a name that was pointed here', { host: 'evil.example' }, /ALLOWED_HOSTS/],
  [
    'a script tag of a foreign page',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' },
    /CORS_ORIGINS/,
  ],
  [
    'a frame in a foreign page',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    /CORS_ORIGINS/,
  ],
];

const sentenceOf = (body: string): string => {
  const parsed = JSON.parse(body) as { message?: string; error: string | { message: string } };
  return parsed.message ?? (typeof parsed.error === 'string' ? parsed.error : parsed.error.message);
};

describe('a server with the defaults', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start();
  });
  afterAll(() => server.close());

  describe.each(ATTACKS)('answers 403 to %s', (_name, headers, message) => {
    it('on every route, also without a body, and says what to do', async () => {
      const paths = ROUTES.map(({ route, path, body }) => ({
        method: route.split(' ')[0] as string,
        path: path(THINGS),
        body,
      }));
      const others = ['/docs', '/docs/', '/docs/swagger-ui.css', '/openapi.json', '/no/such/path', '/threads/%00'].map(
        (path) => ({ method: 'GET', path, body: undefined }),
      );
      for (const { method, path, body } of [...paths, ...others]) {
        for (const sent of body ? [JSON.stringify(body), undefined] : [undefined]) {
          const answer = await rawRequest(
            `${server.url}${path}`,
            method,
            { ...(sent ? JSON_TYPE : {}), ...headers },
            sent,
          );
          expect([method, path, answer.status]).toEqual([method, path, 403]);
          expect(sentenceOf(answer.body)).toMatch(message);
          expect(answer.headers['access-control-allow-origin']).toBeUndefined();
        }
      }
    });

    it('on a preflight, which so allows nothing', async () => {
      for (const path of ['/threads', '/threads/t/commands', '/v1/sessions', '/api/executions', '/no/such/path']) {
        const answer = await rawRequest(`${server.url}${path}`, 'OPTIONS', {
          ...PREFLIGHT,
          'access-control-request-private-network': 'true',
          ...headers,
        });
        expect(answer.status).toBe(403);
        expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
      }
    });

    it('on a WebSocket, before it is one', async () => {
      for (const path of ['/threads/t/stream/events', '/threads/t/stream', '/threads/t', '/no/such/path']) {
        const answer = await rawUpgrade(server.url, path, headers);
        expect([answer.status, sentenceOf(answer.body)]).toEqual([403, expect.stringMatching(message)]);
      }
    });
  });

  it('has done nothing of what a foreign page asked for', async () => {
    const wanted = { thread_id: 'wanted', if_exists: 'raise' };
    await rawRequest(
      `${server.url}/threads`,
      'POST',
      { origin: 'https://evil.example', ...JSON_TYPE },
      JSON.stringify(wanted),
    );
    const run = { id: 1, method: 'run.start', params: { assistant_id: 'agent', input: {} } };
    await rawRequest(
      `${server.url}/threads/wanted/commands`,
      'POST',
      { host: 'evil.example', ...JSON_TYPE },
      JSON.stringify(run),
    );
    await rawRequest(
      `${server.url}/v1/sessions`,
      'POST',
      { origin: 'null', ...JSON_TYPE },
      JSON.stringify({ agent: 'agent_agent' }),
    );
    expect((await fetch(`${server.url}/threads/wanted`)).status).toBe(404);
    expect(await (await fetch(`${server.url}/v1/sessions`)).json()).toMatchObject({ data: [] });
    expect(await (await fetch(`${server.url}/api/executions`)).json()).toMatchObject({ total: 0 });
  });

  it.each([
    ['a program', {}],
    ['its own page', { origin: 'OWN' }],
    ['a page on another port of this machine', { origin: 'http://localhost:3000' }],
    ['a page on a loopback address', { origin: 'http://127.0.0.9:5173' }],
    ['a page on IPv6 loopback', { origin: 'https://[::1]:3000' }],
    [
      'a link of a foreign page',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    ],
    ['a request by name', { host: 'localhost:1' }],
  ])('serves %s', async (_name, headers: Record<string, string>) => {
    const given = headers.origin === 'OWN' ? { origin: server.url } : headers;
    const answer = await rawRequest(`${server.url}/threads`, 'POST', { ...given, ...JSON_TYPE }, '{}');
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([200, given.origin]);
    expect((await rawUpgrade(server.url, '/threads/t/stream/events', given)).status).toBe(101);
    if (!given.origin) return;
    expect(answer.headers.vary).toMatch(/Origin/);
    const preflight = await rawRequest(`${server.url}/threads`, 'OPTIONS', {
      ...PREFLIGHT,
      ...given,
      'access-control-request-private-network': 'true',
    });
    expect([preflight.status, preflight.headers]).toEqual([
      204,
      expect.objectContaining({
        'access-control-allow-origin': given.origin,
        'access-control-allow-methods': expect.stringContaining('PATCH'),
        'access-control-allow-headers': 'content-type',
        'access-control-allow-private-network': 'true',
        vary: expect.stringContaining('Origin'),
      }),
    ]);
  });
});

describe('CORS_ORIGINS and ALLOWED_HOSTS', () => {
  const statusWith = async (settings: object, headers: Record<string, string>): Promise<number[]> => {
    const server = await TestServer.start(undefined, settings);
    try {
      const { status } = await rawRequest(`${server.url}/threads`, 'POST', { ...headers, ...JSON_TYPE }, '{}');
      return [status, (await rawUpgrade(server.url, '/threads/t/stream/events', headers)).status];
    } finally {
      await server.close();
    }
  };

  it.each([
    [
      'an origin by its name',
      { CORS_ORIGINS: 'https://app.example/,https://b.example' },
      { origin: 'https://app.example' },
    ],
    ['every origin by *', { CORS_ORIGINS: '*' }, { origin: 'https://evil.example' }],
    ['a host by its name', { ALLOWED_HOSTS: 'app.example' }, { host: 'app.example:8443' }],
    [
      'the page of an allowed host',
      { ALLOWED_HOSTS: 'app.example' },
      { host: 'app.example', origin: 'https://app.example' },
    ],
    ['every host by *', { ALLOWED_HOSTS: '*' }, { host: 'evil.example' }],
  ])('open the server to %s', async (_what, settings, headers: Record<string, string>) => {
    expect(await statusWith(settings, headers)).toEqual([200, 101]);
  });

  it.each([
    ['an origin that is not listed', { CORS_ORIGINS: 'https://app.example' }, { origin: 'http://app.example' }],
    [
      'a foreign page on an allowed host',
      { ALLOWED_HOSTS: 'app.example' },
      { host: 'app.example', origin: 'https://evil.example' },
    ],
    [
      'a foreign host, whatever origins are allowed',
      { CORS_ORIGINS: '*' },
      { host: 'evil.example', origin: 'https://evil.example' },
    ],
  ])('keep out %s', async (_what, settings, headers: Record<string, string>) => {
    expect(await statusWith(settings, headers)).toEqual([403, 403]);
  });

  it('come before keys: a page with a stolen key stays out', async () => {
    const settings = { AUTH_API_KEYS: 'ann:secret' };
    expect(await statusWith(settings, { 'x-api-key': 'secret', origin: 'https://evil.example' })).toEqual([403, 403]);
    expect(await statusWith(settings, { 'x-api-key': 'secret' })).toEqual([200, 101]);
  });
});

it('is told of at each start, when settings open the server to everybody', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'threadlog-open-'));
  const settings = Object.assign(new Settings(), {
    PORT: 0,
    DATABASE_URL: `sqlite:${folder}/threadlog.db`,
    CORS_ORIGINS: '*',
    ALLOWED_HOSTS: '*',
  });
  for (let starts = 0; starts < 2; starts += 1) {
    const lines: string[] = [];
    const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
    await (await startServer({ config: EXAMPLES, logger }, settings)).close();
    expect(lines.filter((line) => /CORS_ORIGINS=\*|ALLOWED_HOSTS=\*/.test(line))).toHaveLength(2);
  }
  await rm(folder, { recursive: true });
});
