import { join } from 'node:path';
import { PROJECT } from '../built-program.js';
import { call } from '../support/session-requests.js';
import { SocketReader } from '../support/socket-reader.js';
import { TestServer } from '../support/running-server.js';
import { accepted, ThreadProbe } from '../support/thread-probe.js';

const KEEPER = join(PROJECT, 'test/fixtures/attacks/langgraph.json');
const many = (text: string, count: number): string => `${`${text},`.repeat(count)}${text}`;
const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;

/** Every kind of route that takes a body; the text of a value goes where the user's data goes. */
const ROUTES: readonly [route: string, body: (value: string) => string][] = [
  ['/threads', (value) => `{"metadata":{"a":${value}}}`],
  ['/threads/t/stream/events', (value) => `{"channels":["values"],"namespaces":${value}}`],
  [
    '/threads/t/commands',
    (value) => `{"id":1,"method":"run.start","params":{"assistant_id":"keeper","input":{"kept":${value}}}}`,
  ],
  ['/threads/t/runs', (value) => `{"assistant_id":"keeper","input":{"kept":${value}}}`],
  ['/threads/t/history', (value) => `{"metadata":{"a":${value}}}`],
  ['/api/executions', (value) => `{"patternName":"keeper","input":{"kept":${value}}}`],
  ['/v1/sessions', (value) => `{"agent":"agent_keeper","initial_events":${value}}`],
];

describe('JSON that is made to cost', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start(KEEPER);
  });
  afterAll(() => server.close());

  const post = async (route: string, body: string): Promise<[number, string]> => {
    const response = await fetch(`${server.url}${route}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    return [response.status, await response.text()];
  };

  it.each(ROUTES)('with four million lists is refused on %s by name, before it is parsed', async (route, body) => {
    // It ends in what is no JSON, and nobody gets so far as to see that.
    expect(await post(route, body(`[${many('[]', 4_000_000)}] no JSON`))).toEqual([
      413,
      expect.stringContaining('MAX_BODY_CONTAINERS'),
    ]);
  });

  it.each(ROUTES)('with 2,000 levels is refused on %s by name', async (route, body) => {
    expect(await post(route, body(nested(2_000)))).toEqual([400, expect.stringContaining('MAX_BODY_DEPTH')]);
  });

  it.each([
    ['channels', `{"channels":[${many('"values"', 1_000_000)}]}`, 'MAX_FILTER_CHANNELS'],
    ['namespaces', `{"channels":["values"],"namespaces":[${many('[]', 200_000)}]}`, 'MAX_FILTER_NAMESPACES'],
    ['segments', `{"channels":["values"],"namespaces":[[${many('"a"', 1_000_000)}]]}`, 'MAX_NAMESPACE_SEGMENTS'],
  ])('with a million %s in a filter is refused by name', async (_what, body, limit) => {
    expect(await post('/threads/t/stream/events', body)).toEqual([422, expect.stringContaining(limit)]);
  });

  it.each([
    [
      '/threads/t/commands',
      `{"id":1,"method":"input.respond","params":{"responses":[${many('{"interrupt_id":"a"}', 100_000)}]}}`,
      200,
      'MAX_INPUT_RESPONSES',
    ],
    [
      '/threads/t/commands',
      `{"id":1,"method":"state.get","params":{"keys":[${many('"a"', 1_000_000)}]}}`,
      200,
      'MAX_STATE_KEYS',
    ],
    [
      '/threads/t/commands',
      `{"id":1,"method":"state.get","params":{"namespace":[${many('"a"', 1_000_000)}]}}`,
      200,
      'MAX_NAMESPACE_SEGMENTS',
    ],
    [
      '/threads',
      `{"metadata":{"graph_id":"keeper"},"supersteps":[${many('{"updates":[{}]}', 50_000)}]}`,
      422,
      'MAX_SUPERSTEPS',
    ],
    [
      '/threads/t/history',
      JSON.stringify({ metadata: Object.fromEntries(Array.from({ length: 40_000 }, (_, i) => [`k${i}`, 1])) }),
      422,
      'MAX_HISTORY_FILTER_KEYS',
    ],
    [
      '/v1/sessions',
      JSON.stringify({
        agent: 'agent_keeper',
        metadata: Object.fromEntries(Array.from({ length: 40_000 }, (_, i) => [`k${i}`, 1])),
      }),
      400,
      'at most 16 pairs',
    ],
  ])('to %s is refused by the name of its limit', async (route, body, status, limit) => {
    const [answered, text] = await post(route, body);
    expect([answered, text.slice(0, 2_000)]).toEqual([status, expect.stringContaining(limit)]);
  });

  it('is refused over a WebSocket too, and the thread stays readable', async () => {
    const thread = new ThreadProbe(server);
    const socket = await SocketReader.open(server.url, thread.threadId);
    const frame = (kept: string): string =>
      `{"id":1,"method":"run.start","params":{"assistant_id":"keeper","input":{"kept":${kept}}}}`;
    for (const [value, limit] of [
      [nested(2_000), 'MAX_BODY_DEPTH'],
      [`[${many('[]', 4_000_000)}]`, 'MAX_BODY_CONTAINERS'],
    ] as const) {
      const seen = socket.answers.length;
      socket.socket.send(frame(value));
      await socket.until(({ answers }) => answers.length > seen);
      expect(socket.answers.at(-1)).toMatchObject({
        type: 'error',
        id: null,
        error: 'invalid_argument',
        message: expect.stringContaining(limit),
      });
    }
    const deepest = nested(190);
    socket.socket.send(frame(deepest));
    await thread.ended(accepted((await socket.answerTo(1)) as never));
    const history = await call('POST', `${thread.url}/history`, {});
    expect(history.status).toBe(200);
    expect(JSON.stringify((await thread.values()).kept)).toBe(deepest);
    socket.close();
    thread.close();
  });

  it('is bounded where subscriptions are named again and again', async () => {
    const socket = await SocketReader.open(server.url, 'named-again');
    const id = await socket.subscribe(['lifecycle'], { since: 0 });
    const thread = await post(
      '/threads/named-again/commands',
      '{"id":1,"method":"run.start","params":{"assistant_id":"keeper","input":{"kept":1}}}',
    );
    expect(thread[0]).toBe(200);
    await socket.untilEvent(({ params }) => params.data.event === 'completed' && params.namespace.length === 0);
    const events = socket.events.length;
    await socket.command('subscription.reconnect', {
      subscriptions: Array.from({ length: 90 }, () => id),
      last_event_id: '1',
    });
    await socket.until((reader) => reader.events.length >= 2 * events);
    await socket.settled();
    expect(socket.events).toHaveLength(2 * events);
    expect(await socket.command('subscription.reconnect', { subscriptions: Array.from({ length: 101 }, () => id) }))
      .toMatchObject({ type: 'error', message: expect.stringContaining('MAX_SOCKET_SUBSCRIPTIONS') });
    socket.close();
  });

  it('may be a picture as large as a body may be', async () => {
    const thread = new ThreadProbe(server);
    const picture = 'A'.repeat(15_000_000);
    await thread.ended(await thread.start('keeper', { kept: { picture } }));
    expect(((await thread.values()).kept as { picture: string }).picture === picture).toBe(true);
    thread.close();
  });
});

describe('numbers that no database can hold', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start(KEEPER);
    await call('POST', `${server.url}/threads`, { thread_id: 't' });
  });
  afterAll(() => server.close());

  const HUGE = [
    '9223372036854775808',
    '9007199254740992',
    '1e300',
    '-9223372036854775809',
    'NaN',
    '99999999999999999999999999',
  ];
  const QUERIES = [
    '/threads/t/runs?offset=',
    '/threads/t/runs?limit=',
    '/threads/t/history?limit=',
    '/threads/t/history?before=',
    '/api/executions?offset=',
    '/api/executions?limit=',
    '/v1/sessions?limit=',
    '/v1/sessions?agent_version=',
    '/v1/sessions?created_at[gt]=',
    '/v1/agents?limit=',
    '/v1/environments?limit=',
    '/v1/agents/agent_keeper?version=',
  ];

  it.each(QUERIES)('are refused or found nowhere on GET %s', async (path) => {
    const statuses = await Promise.all(
      HUGE.map(async (number) => (await fetch(`${server.url}${path}${number}`)).status),
    );
    expect(statuses.filter((status) => status >= 500)).toEqual([]);
  });

  it('may be as many keys of a history filter as the setting ever allows', async () => {
    const wide = await TestServer.start(KEEPER, { MAX_HISTORY_FILTER_KEYS: 900 });
    const thread = new ThreadProbe(wide);
    await thread.ended(await thread.start('keeper', { kept: 1 }));
    const metadata = Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`k${i}`, 1]));
    expect(await call('POST', `${thread.url}/history`, { metadata })).toMatchObject({ status: 200, body: [] });
    await wide.close();
  });

  it('are 422 as an offset, and the greatest that there can be is served', async () => {
    const offsets = async (offset: string): Promise<number[]> =>
      Promise.all(
        ['/threads/t/runs', '/api/executions'].map(
          async (path) => (await fetch(`${server.url}${path}?offset=${offset}`)).status,
        ),
      );
    expect(await offsets('9223372036854775808')).toEqual([422, 400]);
    expect(await offsets('9007199254740991')).toEqual([200, 200]);
  });

  it.each([
    { offset: 9.3e18 },
    { offset: -1 },
    { offset: 'x' },
    { offset: 1.5 },
    {},
    { createdAt: 1e300, threadId: 7 },
    { after: {} },
  ])('are no 500 in a forged page %j', async (cursor) => {
    const page = Buffer.from(JSON.stringify(cursor)).toString('base64url');
    for (const path of ['/v1/agents', '/v1/environments', '/v1/sessions', '/v1/agents/agent_keeper/versions']) {
      expect((await fetch(`${server.url}${path}?page=${page}`)).status).toBeLessThan(500);
    }
  });

  it.each(HUGE)('are no 500 as %s in a body', async (number) => {
    const send = async (path: string, body: string): Promise<number> =>
      (await fetch(`${server.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body }))
        .status;
    for (const name of ['since', 'depth']) {
      const reply = await fetch(`${server.url}/threads/t/stream/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: `{"channels":["values"],"namespaces":[[]],"${name}":${number}}`,
      });
      expect(reply.status).toBeLessThan(500);
      await reply.body?.cancel();
    }
    expect(await send('/threads/t/history', `{"limit":${number}}`)).toBeLessThan(500);
    expect(
      await send(
        '/threads/t/commands',
        `{"id":${number},"method":"state.listCheckpoints","params":{"limit":${number}}}`,
      ),
    ).toBeLessThan(500);
    expect(
      await send('/v1/sessions', `{"agent":{"type":"agent","id":"agent_keeper","version":${number}}}`),
    ).toBeLessThan(500);
  });
});
