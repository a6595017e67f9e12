import { join } from 'node:path';
import { PROJECT } from '../built-program.js';
import { post } from '../support/run-commands.js';
import { TestServer } from '../support/running-server.js';
import { call, DESK, TestSession, userMessage } from '../support/session-requests.js';
import { type SocketAnswer, SocketReader } from '../support/socket-reader.js';
import { accepted, ThreadProbe } from '../support/thread-probe.js';

const KEEPER = join(PROJECT, 'test/fixtures/attacks/langgraph.json');

/** Keys that every object has already, at any depth. */
const KEYS = [
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'isPrototypeOf',
  '__defineGetter__',
  'then',
  'toJSON',
  'length',
];
const keyed = (value: unknown): Record<string, unknown> => Object.fromEntries(KEYS.map((key) => [key, value]));
const DATA = {
  ...keyed('flat'),
  deep: [keyed(keyed({ n: 1 })), { constructor: { prototype: { a: null } } }, keyed([keyed('leaf')])],
};
const LABELS = keyed('label');

/** Equal as JSON, own keys only. */
const sameAs = (actual: unknown, expected: unknown): void =>
  expect(JSON.parse(JSON.stringify(actual ?? null))).toEqual(JSON.parse(JSON.stringify(expected)));

describe('keys that every object has', () => {
  let server: TestServer;
  let thread: ThreadProbe;
  let socket: SocketReader | null = null;

  beforeAll(async () => {
    server = await TestServer.start(KEEPER);
  });
  beforeEach(() => {
    thread = new ThreadProbe(server);
  });
  afterEach(() => {
    thread.close();
    socket?.close();
    socket = null;
  });
  afterAll(() => server.close());

  /** Sends a command over one of the transports. Returns the run's id. */
  const send = async (transport: string, method: string, params: Record<string, unknown>): Promise<string> => {
    if (transport === 'HTTP') return accepted(await thread.command(method, params));
    socket ??= await SocketReader.open(server.url, thread.threadId);
    return accepted((await socket.command(method, params)) as SocketAnswer & { type: 'success' });
  };

  it('come back from the metadata of a thread, made and changed', async () => {
    const made = await call('POST', `${server.url}/threads`, { thread_id: thread.threadId, metadata: DATA });
    sameAs(made.body.metadata, DATA);
    const changed = await call('PATCH', thread.url, { metadata: { constructor: { changed: true }, toString: null } });
    sameAs(changed.body.metadata, { ...DATA, constructor: { changed: true }, toString: null });
    sameAs(await thread.get('').then((body) => (body as { metadata: unknown }).metadata), changed.body.metadata);
  });

  describe.each(['HTTP', 'WebSocket'])('over %s', (transport) => {
    it('come back from the input, config and metadata of a run', async () => {
      const config = { configurable: { given: DATA, ...LABELS }, metadata: LABELS, tags: ['toString'] };
      const input = { kept: DATA, messages: [{ role: 'user', content: 'hello', additional_kwargs: { extra: DATA } }] };
      const runId = await send(transport, 'run.start', { assistant_id: 'keeper', input, config, metadata: DATA });
      expect((await thread.ended(runId)).params.data).toMatchObject({ event: 'completed' });
      const run = await thread.get<{ kwargs: Record<string, unknown>; metadata: unknown }>(`/runs/${runId}`);
      sameAs([run.kwargs.input, run.kwargs.config, run.metadata], [input, config, DATA]);
      const values = await thread.values();
      sameAs([values.kept, values.seen], [DATA, DATA]);
      sameAs((values.messages as { additional_kwargs: unknown }[])[0]?.additional_kwargs, { extra: DATA });
      const { metadata } = await thread.get<{ metadata: object }>('');
      sameAs({ ...metadata, graph_id: undefined, assistant_id: undefined }, DATA);
      const logged = (await thread.read()).filter(
        ({ method, params }) => method === 'values' && params.namespace.length === 0,
      );
      sameAs(logged.at(-1)?.params.data.kept, DATA);
    });

    it('come back from answers to interrupts, from updates, and from a fork', async () => {
      const asking = await send(transport, 'run.start', { assistant_id: 'keeper', input: { kept: DATA, ask: true } });
      const question = await thread.asked();
      sameAs(question.params.data.payload, { about: DATA });
      await thread.ended(asking);
      const id = question.params.data.interrupt_id as string;
      const answering = await send(transport, 'input.respond', {
        responses: [{ interrupt_id: id, response: DATA }],
        update: { kept: LABELS },
        config: { configurable: { given: LABELS } },
        metadata: LABELS,
      });
      expect((await thread.ended(answering)).params.data).toMatchObject({ event: 'completed' });
      const values = await thread.values();
      sameAs([values.answer, values.kept, values.seen], [DATA, LABELS, LABELS]);
      const { checkpoint } = await thread.get<{ checkpoint: { checkpoint_id: string } }>('/state');
      const forked = await send(transport, 'state.fork', {
        checkpoint_id: checkpoint.checkpoint_id,
        input: { kept: DATA },
        config: { configurable: { given: DATA } },
      });
      await thread.ended(forked);
      const after = await thread.values();
      sameAs([after.kept, after.seen], [DATA, DATA]);
    });
  });

  it('come back from runs made over REST', async () => {
    const config = { configurable: { given: DATA } };
    const created = await call('POST', `${thread.url}/runs`, {
      assistant_id: 'keeper',
      input: { kept: DATA },
      config,
      metadata: DATA,
      if_not_exists: 'create',
    });
    sameAs([created.status, created.body.metadata], [200, DATA]);
    await thread.ended(created.body.run_id as string);
    const values = await thread.values();
    sameAs([values.kept, values.seen], [DATA, DATA]);
  });

  it('come back from the input of an execution', async () => {
    const created = await call('POST', `${server.url}/api/executions`, {
      patternName: 'keeper',
      input: { kept: DATA },
      options: { threadId: thread.threadId },
    });
    await thread.ended((created.body.id as string).replace('exec-', ''));
    sameAs((await thread.values()).kept, DATA);
  });

  it('come back from a state that was given: supersteps, an update, a history filter', async () => {
    const supersteps = [{ updates: [{ values: { kept: DATA }, as_node: '__start__' }] }];
    const made = await call('POST', `${server.url}/threads`, {
      thread_id: thread.threadId,
      metadata: { graph_id: 'keeper' },
      supersteps,
    });
    sameAs([made.status, (made.body.values as { kept: unknown }).kept], [200, DATA]);
    expect((await call('POST', `${thread.url}/state`, { values: { kept: LABELS }, as_node: 'keep' })).status).toBe(200);
    sameAs((await thread.values()).kept, LABELS);
    const filtered = await call('POST', `${thread.url}/history`, { metadata: { constructor: 1 } });
    sameAs([filtered.status, filtered.body], [200, []]);
  });

  it.each(['HTTP', 'WebSocket'])(
    'are refused over %s when they are __proto__, which is said, and nothing is polluted',
    async (transport) => {
      const text =
        '{"id":7,"method":"run.start","params":{"assistant_id":"keeper","input":{"kept":{"__proto__":{"polluted":1}}}}}';
      if (transport === 'HTTP') {
        const response = await fetch(`${thread.url}/commands`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: text,
        });
        expect([response.status, await response.json()]).toEqual([
          422,
          { detail: [expect.objectContaining({ loc: ['body'], msg: expect.stringContaining('__proto__') })] },
        ]);
      } else {
        socket = await SocketReader.open(server.url, thread.threadId);
        socket.socket.send(text);
        expect(await socket.answerTo(7)).toMatchObject({
          type: 'error',
          error: 'invalid_argument',
          message: expect.stringContaining('__proto__'),
        });
      }
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
      expect((await post(`${server.url}/threads`, { thread_id: thread.threadId, if_exists: 'raise' })).status).toBe(
        200,
      );
    },
  );

  it.each(KEYS)('name no command and no event: %s', async (name) => {
    socket = await SocketReader.open(server.url, thread.threadId);
    expect(await socket.command(name)).toMatchObject({ type: 'error', error: 'unknown_command' });
    expect(await thread.command(name)).toMatchObject({ type: 'error', error: 'unknown_command' });
    const refused = await call('POST', `${server.url}/v1/sessions`, {
      agent: 'agent_keeper',
      initial_events: [{ type: name }],
    });
    expect([refused.status, refused.body.error]).toEqual([
      400,
      { type: 'invalid_request_error', message: expect.stringContaining(`there is no event ${name}`) },
    ]);
    for (const [path, body] of [
      ['/runs', { assistant_id: name, if_not_exists: 'create' }],
      ['/commands', { id: 1, method: 'run.start', params: { assistant_id: name } }],
    ] as const)
      expect((await post(`${thread.url}${path}`, body)).status).toBeLessThan(500);
    for (const path of ['/api/executions', '/v1/agents', '/v1/environments', '/v1/sessions']) {
      expect((await fetch(`${server.url}${path}/${name}`)).status).toBe(404);
      expect((await fetch(`${server.url}${path}?${name}=1&limit=1`)).status).toBe(200);
    }
  });
});

describe('sessions with keys that every object has', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start(DESK);
  });
  afterAll(() => server.close());

  it('keep them in metadata, in the settings of agents, and in what was said', async () => {
    const agent = await call('POST', `${server.url}/v1/agents`, {
      name: 'mine',
      model: { id: 'desk', ...LABELS },
      tools: [DATA],
      metadata: LABELS,
    });
    sameAs([agent.body.tools, agent.body.metadata, agent.body.model], [[DATA], LABELS, { id: 'desk', ...LABELS }]);
    const environment = await call('POST', `${server.url}/v1/environments`, {
      name: 'mine',
      metadata: LABELS,
      config: { type: 'cloud', ...DATA },
    });
    sameAs(
      [environment.status, environment.body.metadata, environment.body.config],
      [200, LABELS, { type: 'cloud', ...DATA }],
    );
    const made = await call('POST', `${server.url}/v1/sessions`, { agent: agent.body.id, metadata: LABELS });
    sameAs(made.body.metadata, LABELS);
    const patched = await call('POST', `${server.url}/v1/sessions/${made.body.id as string}`, {
      metadata: { constructor: 'new', toString: null },
    });
    const { toString: _, ...rest } = LABELS;
    sameAs(patched.body.metadata, { ...rest, constructor: 'new' });
    const session = await TestSession.create(server.url, 'desk');
    const blocks = [...userMessage('hello').content, { type: 'document', source: DATA, ...LABELS }];
    const [echo] = await session.send({ type: 'user.message', content: blocks });
    sameAs(echo?.content, blocks);
    const told = (await session.story()).find(({ type }) => type === 'user.message');
    sameAs(told?.content, blocks);
  });
});
