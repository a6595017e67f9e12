import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from './built-program.js';
import { gate } from './support/gate.js';
import { post } from './support/run-commands.js';
import { TestServer } from './support/running-server.js';
import { type SocketAnswer, SocketReader } from './support/socket-reader.js';
import { ThreadProbe, idOf, isTerminal } from './support/thread-probe.js';

const CONFIG = join(PROJECT, 'test/fixtures/sockets/langgraph.json');
const human = (content: string): { messages: object[]; delayMs: number } => ({
  messages: [{ role: 'user', content }],
  delayMs: 0,
});
const NO_CHECKPOINT = '1f000000-0000-6000-8000-000000000000';

/** Sends one command to a thread, over either transport. */
type Send = (
  server: TestServer,
  threadId: string,
  method: string,
  params?: Record<string, unknown>,
) => Promise<SocketAnswer>;

const overHttp: Send = async (server, threadId, method, params = {}) => {
  const response = await post(`${server.url}/threads/${threadId}/commands`, { id: 1, method, params });
  expect(response.status).toBe(200);
  return (await response.json()) as SocketAnswer;
};

const overSocket: Send = async (server, threadId, method, params = {}) => {
  const socket = await SocketReader.open(server.url, threadId);
  const answer = await socket.command(method, params);
  socket.close();
  return answer;
};

const TRANSPORTS: [string, Send][] = [['HTTP', overHttp], ['a WebSocket', overSocket]];

describe.each(TRANSPORTS)('a command over %s', (_transport, send) => {
  let server: TestServer;
  let idle: ThreadProbe;
  let waiting: ThreadProbe;
  let runId: string;
  const probes: ThreadProbe[] = [];

  const probe = (): ThreadProbe => {
    const made = new ThreadProbe(server);
    probes.push(made);
    return made;
  };

  beforeAll(async () => {
    server = await TestServer.start(CONFIG, { MAX_QUEUED_RUNS: 3 });
    [idle, waiting] = [new ThreadProbe(server), new ThreadProbe(server)];
    runId = await idle.start('agent', human('How is it in Oslo?'));
    await idle.ended(runId);
    await waiting.ended(await waiting.start('approval', human('tea')));
  });
  afterEach(() => probes.splice(0).forEach((one) => one.close()));
  afterAll(async () => {
    for (const one of [idle, waiting]) one.close();
    await server.close();
  });

  const to = (thread: ThreadProbe, method: string, params?: Record<string, unknown>): Promise<SocketAnswer> =>
    send(server, thread.threadId, method, params);

  describe('that is carried out', () => {
    it('answers with its id, the thread and the seq before its effect', async () => {
      const thread = probe();
      const answer = await to(thread, 'run.start', { assistant_id: 'agent', input: human('a') });
      expect(answer).toEqual({
        type: 'success',
        id: 1,
        result: { run_id: expect.any(String) },
        meta: { thread_id: thread.threadId, applied_through_seq: 1 },
      });
      const terminal = await thread.ended(answer.result.run_id as string);
      expect(terminal.seq).toBeGreaterThan(1);
      expect((await thread.read())[0]!.seq).toBe(2);
    });

    it('run.start takes an assistant by graph or by its id, input, config, metadata and either spelling of the strategy', async () => {
      const thread = probe();
      const { result } = await to(thread, 'run.start', {
        assistant_id: 'agent',
        input: human('b'),
        config: { recursion_limit: 1, tags: ['x'] },
        metadata: { colour: 'green' },
        multitaskStrategy: 'enqueue',
      });
      expect((await thread.ended(result.run_id as string)).params.data.event).toBe('failed');
      expect(await thread.get(`/runs/${result.run_id as string}`)).toMatchObject({
        metadata: { colour: 'green' },
        status: 'error',
      });
    });

    it('run.start goes on from a checkpoint of the thread', async () => {
      const thread = probe();
      await thread.ended(await thread.start('agent', human('first')));
      const { result } = await to(thread, 'state.listCheckpoints', { limit: 1 });
      const [newest] = result.checkpoints as { id: string }[];
      await thread.ended(await thread.start('agent', human('second')));
      const forked = await to(thread, 'run.start', {
        assistant_id: 'agent',
        input: human('third'),
        config: { configurable: { checkpoint_id: newest!.id } },
      });
      await thread.ended(forked.result.run_id as string);
      expect(JSON.stringify(await thread.values())).not.toContain('second');
    });

    it('input.respond answers one question, then another, with changes to the state', async () => {
      const thread = probe();
      await thread.ended(await thread.start('approval', human('tea')));
      const [first, second] = (await thread.read()).filter(({ method }) => method === 'input.requested').map(idOf);
      const one = await to(thread, 'input.respond', { interrupt_id: first, namespace: [], response: 'yes' });
      await thread.ended(one.result.run_id as string);
      const two = await to(thread, 'input.respond', {
        responses: [{ interrupt_id: second, response: null }],
        update: { messages: [{ role: 'user', content: 'note' }] },
      });
      await thread.ended(two.result.run_id as string);
      expect(await thread.values()).toMatchObject({ answers: { budget: 'yes', legal: null } });
      expect(JSON.stringify(await thread.values())).toContain('note');
    });

    it('input.inject runs at once on an idle thread, and directly after the active run on a busy one', async () => {
      const thread = probe();
      const name = randomUUID();
      const active = await thread.start('gated', { ...human('one'), gate: name });
      await gate(name).reached;
      const queued = await thread.start('gated', { ...human('two'), gate: name });
      const { result } = await to(thread, 'input.inject', {
        namespace: [],
        message: { role: 'user', content: 'injected', name: 'ann' },
      });
      gate(name).open();
      const stream = await thread.open({ channels: ['lifecycle'], since: 0 });
      await stream.until(isTerminal, 3);
      const order = stream.events.filter(isTerminal).map(({ event_id: id }) => id.split(':')[1]);
      expect(order).toEqual([active, result.run_id, queued]);
      const again = await to(thread, 'input.inject', { message: { role: 'system', content: 'once more' } });
      await stream.until(isTerminal, 4);
      expect(stream.events.filter(isTerminal).at(-1)!.event_id).toContain(again.result.run_id as string);
      expect(JSON.stringify(await thread.values())).toContain('injected');
    });

    it('state.get answers the values, some of them, or those of a subgraph', async () => {
      const whole = await to(idle, 'state.get');
      expect(Object.keys(whole.result.values as object)).toEqual(expect.arrayContaining(['messages', 'delayMs']));
      expect(whole.result.checkpoint).toEqual({ id: expect.any(String), ns: '' });
      expect((await to(idle, 'state.get', { namespace: [], keys: ['delayMs', 'none'] })).result.values).toEqual({
        delayMs: 0,
      });
      const asked = (await waiting.read())
        .filter(({ method }) => method === 'input.requested')
        .map(({ params }) => params.namespace);
      const namespace = asked.find(({ length }) => length === 1);
      expect((await to(waiting, 'state.get', { namespace })).result).toMatchObject({
        values: { answers: {} },
        checkpoint: { ns: namespace!.join('|') },
      });
    });

    it('state.listCheckpoints answers them newest first, with limit, before and namespace', async () => {
      const all = (await to(idle, 'state.listCheckpoints', { namespace: [], limit: 100 })).result.checkpoints as {
        id: string;
        step: number;
        timestamp: string;
      }[];
      expect(all.map(({ step }) => step)).toEqual([3, 2, 1, 0, -1]);
      expect(all.every(({ timestamp }) => new Date(timestamp).toISOString() === timestamp)).toBe(true);
      const page = await to(idle, 'state.listCheckpoints', { limit: 2, before: all[1]!.id });
      expect((page.result.checkpoints as { id: string }[]).map(({ id }) => id)).toEqual([all[2]!.id, all[3]!.id]);
    });

    it('state.fork starts a run from a checkpoint and answers its thread', async () => {
      const thread = probe();
      await thread.ended(await thread.start('agent', human('first')));
      const { result } = await to(thread, 'state.listCheckpoints', { limit: 100 });
      const start = (result.checkpoints as { id: string; step: number }[]).find(({ step }) => step === 0);
      const forked = await to(thread, 'state.fork', { checkpoint_id: start!.id, config: { tags: ['again'] } });
      expect(forked.result).toEqual({ run_id: expect.any(String), thread_id: thread.threadId });
      expect((await thread.ended(forked.result.run_id as string)).params.data.event).toBe('completed');
      expect((await thread.values()).messages).toHaveLength(4);
    });

    it('agent.getTree answers the tree of a finished run, and of the newest one', async () => {
      for (const params of [{ run_id: runId }, {}]) {
        const { tree } = (await to(idle, 'agent.getTree', params)).result as { tree: { children: object[] } };
        expect(tree).toMatchObject({ namespace: [], status: 'completed', graph_name: 'agent' });
        expect(tree.children.length).toBeGreaterThanOrEqual(3);
      }
    });
  });

  describe('that is refused', () => {
    /** The threads that a row may name. */
    const thread = { idle: () => idle, waiting: () => waiting, none: probe };

    it.each<[string, keyof typeof thread, string, Record<string, unknown>]>([
      ['unknown_command', 'idle', 'run.fly', {}],
      ['invalid_argument', 'none', 'run.start', {}],
      ['invalid_argument', 'none', 'run.start', { assistant_id: '' }],
      ['invalid_argument', 'none', 'run.start', { assistant_id: 'nobody' }],
      ['invalid_argument', 'none', 'run.start', { assistant_id: 'agent', config: { recursion_limit: 0 } }],
      ['invalid_argument', 'none', 'run.start', { assistant_id: 'agent', config: { tags: 'x' } }],
      ['invalid_argument', 'none', 'run.start', { assistant_id: 'agent', config: [] }],
      ['invalid_argument', 'none', 'run.start', { assistant_id: 'agent', metadata: 'x' }],
      ['invalid_argument', 'none', 'run.start', { assistant_id: 'agent', multitask_strategy: 'jump' }],
      [
        'no_such_checkpoint',
        'idle',
        'run.start',
        { assistant_id: 'agent', config: { configurable: { checkpoint_id: NO_CHECKPOINT } } },
      ],
      ['invalid_argument', 'waiting', 'input.respond', {}],
      ['invalid_argument', 'waiting', 'input.respond', { responses: [] }],
      ['invalid_argument', 'waiting', 'input.respond', { responses: [{ interrupt_id: 'a' }, { interrupt_id: 'a' }] }],
      ['invalid_argument', 'waiting', 'input.respond', { interrupt_id: 'a', update: 'x' }],
      ['invalid_argument', 'waiting', 'input.respond', { interrupt_id: 'a', goto: 7 }],
      ['no_such_interrupt', 'waiting', 'input.respond', { interrupt_id: 'a'.repeat(32), response: 1 }],
      ['no_such_interrupt', 'idle', 'input.respond', { interrupt_id: 'a'.repeat(32), response: 1 }],
      ['no_such_run', 'none', 'input.respond', { interrupt_id: 'a'.repeat(32), response: 1 }],
      ['invalid_argument', 'idle', 'input.inject', {}],
      ['invalid_argument', 'idle', 'input.inject', { message: { role: 'robot', content: 'x' } }],
      ['invalid_argument', 'idle', 'input.inject', { message: { role: 'user', content: 7 } }],
      ['not_supported', 'idle', 'input.inject', { namespace: ['agent:1'], message: { role: 'user', content: 'x' } }],
      ['no_such_run', 'none', 'input.inject', { message: { role: 'user', content: 'x' } }],
      ['no_such_run', 'none', 'state.get', {}],
      ['no_such_namespace', 'idle', 'state.get', { namespace: ['nowhere:1'] }],
      ['invalid_argument', 'idle', 'state.get', { namespace: 'x' }],
      ['invalid_argument', 'idle', 'state.get', { keys: [1] }],
      ['no_such_run', 'none', 'state.listCheckpoints', {}],
      ['no_such_namespace', 'idle', 'state.listCheckpoints', { namespace: ['nowhere:1'] }],
      ['no_such_checkpoint', 'idle', 'state.listCheckpoints', { before: NO_CHECKPOINT }],
      ['invalid_argument', 'idle', 'state.listCheckpoints', { limit: 0 }],
      ['invalid_argument', 'idle', 'state.fork', {}],
      ['no_such_run', 'none', 'state.fork', { checkpoint_id: NO_CHECKPOINT }],
      ['no_such_checkpoint', 'idle', 'state.fork', { checkpoint_id: NO_CHECKPOINT }],
      ['no_such_run', 'none', 'agent.getTree', {}],
      ['no_such_run', 'idle', 'agent.getTree', { run_id: NO_CHECKPOINT }],
      ['invalid_argument', 'idle', 'agent.getTree', { run_id: 7 }],
    ])('is answered %s: on a thread %s, %s %j', async (code, which, method, params) => {
      const target = thread[which]();
      const before = (await target.command('no.such.command')).meta;
      const answer = await to(target, method, params);
      expect(answer).toMatchObject({ type: 'error', id: 1, error: code, message: expect.stringMatching(/\w{3}/) });
      if (code !== 'unknown_command') expect(answer.meta.thread_id).toBe(target.threadId);
      expect((await target.command('no.such.command')).meta).toEqual(before);
    });

    it('is answered invalid_argument: a run on a busy thread with reject, and one more than MAX_QUEUED_RUNS', async () => {
      const busy = probe();
      const name = randomUUID();
      await busy.start('gated', { ...human('one'), gate: name });
      await gate(name).reached;
      const refused = await to(busy, 'run.start', {
        assistant_id: 'gated',
        input: human('two'),
        multitask_strategy: 'reject',
      });
      const more = [];
      for (let n = 0; n < 4; n += 1)
        more.push(await to(busy, 'run.start', { assistant_id: 'gated', input: human(`more ${n}`) }));
      gate(name).open();
      expect(refused.error).toBe('invalid_argument');
      expect(more.at(-1)!.error).toBe('invalid_argument');
      const accepted = more.filter(({ type }) => type === 'success').map(({ result }) => result.run_id as string);
      expect(accepted.length).toBeGreaterThan(0);
      await busy.ended(accepted.at(-1)!);
    });

    it('is answered unknown_error when the graph throws while its state is read', async () => {
      const broken = probe();
      await broken.ended(await broken.start('unreadable', { said: 'x' }));
      expect(await to(broken, 'state.get')).toMatchObject({
        type: 'error',
        error: 'unknown_error',
        message: expect.stringContaining('the shelf has collapsed'),
      });
    });
  });
});

describe('subscription commands', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start(CONFIG);
  });
  afterAll(() => server.close());

  it.each(['subscription.subscribe', 'subscription.unsubscribe', 'subscription.reconnect'])(
    '%s over HTTP is not_supported, with a sentence that says what to use', async (method) => {
      const answer = await overHttp(server, randomUUID(), method, { channels: ['values'] });
      expect(answer).toMatchObject({
        type: 'error',
        error: 'not_supported',
        message: expect.stringContaining('WebSocket at GET /threads/{thread_id}/stream/events'),
      });
    },
  );

  it.each<[string, string, Record<string, unknown>]>([
    ['invalid_argument', 'subscription.subscribe', {}],
    ['invalid_argument', 'subscription.subscribe', { channels: [] }],
    ['invalid_argument', 'subscription.subscribe', { channels: ['debug'] }],
    ['invalid_argument', 'subscription.subscribe', { channels: ['values'], since: -1 }],
    ['invalid_argument', 'subscription.subscribe', { channels: ['values'], namespaces: ['a'] }],
    ['invalid_argument', 'subscription.unsubscribe', {}],
    ['no_such_subscription', 'subscription.unsubscribe', { subscription_id: 'sub-7' }],
    ['no_such_subscription', 'subscription.reconnect', { subscriptions: ['sub-7'] }],
    ['invalid_argument', 'subscription.reconnect', { subscriptions: 'sub-7' }],
    ['no_such_run', 'subscription.reconnect', { run_id: NO_CHECKPOINT }],
  ])('answer %s over a WebSocket: %s %j', async (code, method, params) => {
    const answer = await overSocket(server, randomUUID(), method, params);
    expect(answer).toMatchObject({ type: 'error', id: 1, error: code, message: expect.stringMatching(/\w{3}/) });
  });
});

describe('what is no command', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start(CONFIG);
  });
  afterAll(() => server.close());

  it.each([
    [{ method: 'state.get' }],
    [{ id: 1 }],
    [{ id: -1, method: 'state.get' }],
    [{ id: '1', method: 'state.get' }],
    [{ id: 1, method: 'state.get', params: [] }],
  ])('is 422 over HTTP: %j', async (body) => {
    expect((await post(`${server.url}/threads/${randomUUID()}/commands`, body)).status).toBe(422);
  });

  it.each(['nonsense', '[]', '{}', '{"id":"1","method":"state.get"}', '{"id":-1,"method":"state.get"}', 'null'])(
    'is invalid_argument with id null over a WebSocket: %s', async (frame) => {
      const socket = await SocketReader.open(server.url, randomUUID());
      socket.socket.send(frame);
      expect(await socket.answerTo(null)).toMatchObject({ type: 'error', id: null, error: 'invalid_argument' });
      socket.close();
    },
  );

  it.each(['{"id":5}', '{"id":5,"method":7}', '{"id":5,"method":"state.get","params":[]}'])(
    'is invalid_argument with its id over a WebSocket where it has one: %s', async (frame) => {
      const socket = await SocketReader.open(server.url, randomUUID());
      socket.socket.send(frame);
      expect(await socket.answerTo(5)).toMatchObject({ type: 'error', id: 5, error: 'invalid_argument' });
      socket.close();
    },
  );
});

describe('docs/event-stream.md', () => {
  const source = readFileSync(join(PROJECT, 'node_modules/@langchain/protocol/protocol.ts'), 'utf8');
  const codes = [...(/export type ErrorCode = (.+);/.exec(source)?.[1] ?? '').matchAll(/"(\w+)"/g)].map(
    ([, code]) => code as string,
  );

  it('tells of every error code of the protocol', () => {
    const documentation = readFileSync(join(PROJECT, 'docs/event-stream.md'), 'utf8');
    expect(codes).toHaveLength(10);
    expect(codes.filter((code) => !documentation.includes(`\`${code}\``))).toEqual([]);
  });
});
