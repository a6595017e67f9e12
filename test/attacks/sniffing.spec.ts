import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { rawRequest } from '../support/raw-request.js';
import { ROUTES, type Things } from '../support/route-walk.js';
import { TestServer } from '../support/running-server.js';
import { TestSession } from '../support/session-requests.js';
import { ThreadProbe } from '../support/thread-probe.js';

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
const JSON_TYPE = { 'content-type': 'application/json' };

describe('x-content-type-options: nosniff', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start(undefined, { AUTH_API_KEYS: 'ann:secret' });
  });
  afterAll(() => server.close());

  it.each<Record<string, string>>([{}, { 'x-api-key': 'secret' }])(
    'is on the answer of every route, whatever it is (%j)',
    async (key) => {
      const others = [
        '/docs',
        '/docs/swagger-ui.css',
        '/openapi.json',
        '/no/such/path',
        '/threads/%zz',
        `/threads/${'x'.repeat(5_000)}`,
        '/threads/%00',
      ];
      const walked = ROUTES.map(({ route, path }) => ({ method: route.split(' ')[0] as string, path: path(THINGS) }));
      // Streams are asked for what is not there, or sent what is no filter: they answer, and end.
      for (const { method, path } of [
        ...walked,
        ...others.map((path) => ({ method: 'GET', path })),
        { method: 'OPTIONS', path: '/threads' },
        { method: 'HEAD', path: '/ok' },
      ]) {
        for (const body of method === 'GET' || method === 'HEAD' ? [undefined] : ['{', '[]']) {
          const { status, headers } = await rawRequest(
            `${server.url}${path}`,
            method,
            { ...key, ...(body ? JSON_TYPE : {}) },
            body,
          );
          expect([method, path, status, headers['x-content-type-options']]).toEqual([method, path, status, 'nosniff']);
        }
      }
    },
  );
});

it('is on streams, which are written past the framework', async () => {
  const server = await TestServer.start();
  const thread = new ThreadProbe(server);
  const run = await thread.start('agent', { messages: [{ role: 'user', content: 'hello' }], delayMs: 0 });
  const session = await TestSession.create(server.url, 'agent');
  for (const [method, url, body] of [
    ['POST', `${thread.url}/stream/events`, '{"channels":["values"]}'],
    ['GET', `${server.url}/api/executions/exec-${run}/threads/stream?lastEventId=0`],
    ['GET', session.url('/events/stream')],
  ] as const) {
    const sent = request(url, { method, agent: false, headers: body ? JSON_TYPE : {} });
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    expect([response.statusCode, response.headers['content-type'], response.headers['x-content-type-options']]).toEqual(
      [200, expect.stringContaining('text/event-stream'), 'nosniff'],
    );
    response.destroy();
  }
  await thread.ended(run);
  thread.close();
  await server.close();
});
