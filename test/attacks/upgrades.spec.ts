import { rawUpgrade } from '../support/raw-request.js';
import { ROUTES, type Things } from '../support/route-walk.js';
import { TestServer } from '../support/running-server.js';
import { SocketReader } from '../support/socket-reader.js';

const NOT_AN_ID = '%00';
const THINGS: Things = {
  threadId: NOT_AN_ID,
  runId: NOT_AN_ID,
  checkpointId: NOT_AN_ID,
  executionId: NOT_AN_ID,
  sessionId: NOT_AN_ID,
  sessionThreadId: NOT_AN_ID,
  agentId: NOT_AN_ID,
  environmentId: NOT_AN_ID,
  assistantId: NOT_AN_ID,
  cronId: NOT_AN_ID,
};

describe('an upgrade without a key', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start(undefined, { AUTH_API_KEYS: 'ann:secret' });
  });
  afterAll(() => server.close());

  it('is answered 401 on every route that needs one, before anything is validated', async () => {
    // Its upgrade is the WebSocket's, which refuses by a close code.
    const isSocket = (route: string): boolean => route === 'GET /threads/{thread_id}/stream';
    for (const { route, path } of ROUTES.filter(({ open, route }) => !open && !isSocket(route))) {
      const answer = await rawUpgrade(server.url, path(THINGS), {}, route.split(' ')[0]);
      expect([route, answer.status]).toEqual([route, 401]);
    }
    expect((await rawUpgrade(server.url, '/no/such/path')).status).toBe(401);
  });

  it.each(['stream/events', 'stream'])(
    'is told 4401 on a socket, whatever is wrong with the thread id (%s)',
    async (path) => {
      for (const threadId of ['t', NOT_AN_ID, 'x'.repeat(300)])
        expect((await new SocketReader(server.url, threadId, { path }).closed())[0]).toBe(4401);
    },
  );
});
