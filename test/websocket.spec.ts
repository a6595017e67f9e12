import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { matchesSubscription } from '@langchain/langgraph-sdk/client';
import { PROJECT } from './built-program.js';
import { gate } from './support/gate.js';
import { startRun } from './support/run-commands.js';
import { TestServer } from './support/running-server.js';
import { SocketReader } from './support/socket-reader.js';
import { type ThreadEvent, ThreadProbe, idOf, isTerminal } from './support/thread-probe.js';

const CONFIG = join(PROJECT, 'test/fixtures/sockets/langgraph.json');
const ALL = ['values', 'updates', 'messages', 'tools', 'lifecycle', 'input', 'checkpoints', 'tasks', 'custom'];
const human = (content: string): object => ({ messages: [{ role: 'user', content }], delayMs: 0 });
const seqs = (events: readonly ThreadEvent[]): number[] => events.map(({ seq }) => seq);
const isMessage = ({ method }: ThreadEvent): boolean => method === 'messages';

describe('a WebSocket of a thread', () => {
  let server: TestServer;
  const opened: { close(): void }[] = [];

  beforeAll(async () => {
    server = await TestServer.start(CONFIG);
  });
  afterEach(() => opened.splice(0).forEach((one) => one.close()));
  afterAll(() => server.close());

  async function socketOf(
    threadId: string = randomUUID(),
    path?: string,
  ): Promise<SocketReader & { threadId: string }> {
    const socket = await SocketReader.open(server.url, threadId, path === undefined ? {} : { path });
    opened.push(socket);
    return Object.assign(socket, { threadId });
  }

  function probe(): ThreadProbe {
    const made = new ThreadProbe(server);
    opened.push(made);
    return made;
  }

  /** A thread on which a run of `agent` has ended, and its whole log. */
  async function finished(
    graph = 'agent',
  ): Promise<{ threadId: string; events: readonly ThreadEvent[]; runId: string }> {
    const thread = probe();
    const runId = await thread.start(graph, human('How is it in Oslo?'));
    await thread.ended(runId);
    return { threadId: thread.threadId, events: await thread.read(), runId };
  }

  it.each(['stream/events', 'stream'])('opens at /threads/:id/%s, also before there is a thread', async (path) => {
    const socket = await socketOf(randomUUID(), path);
    expect(await socket.subscribe(['values'])).toBe('sub-1');
  });

  it('answers a subscribe before it replays', async () => {
    const { threadId, events } = await finished();
    const socket = await socketOf(threadId);
    const answer = await socket.command('subscription.subscribe', { channels: ALL, since: 0 });
    expect(answer).toMatchObject({
      type: 'success',
      result: { subscription_id: 'sub-1', replayed_events: events.length, missed_events: 0 },
    });
    await socket.until((reader) => reader.events.length === events.length);
    expect(socket.messages[0]).toEqual(answer);
    expect(socket.events).toEqual(events);
  });

  it('answers a later subscribe before its replay, too', async () => {
    const { threadId, events } = await finished();
    const socket = await socketOf(threadId);
    await socket.subscribe(['lifecycle'], { since: 0 });
    const id = socket.post('subscription.subscribe', { channels: ['tools'], since: 0 });
    await socket.untilEvent(
      ({ method }) => method === 'tools',
      events.filter(({ method }) => method === 'tools').length,
    );
    const at = socket.messages.findIndex((message) => 'id' in message && message.id === id);
    expect(at).toBeLessThan(socket.messages.findIndex((message) => 'method' in message && message.method === 'tools'));
  });

  it('keeps the ids of its subscriptions over runs, and numbers them without reuse', async () => {
    const socket = await socketOf();
    const [first, second] = [await socket.subscribe(['lifecycle']), await socket.subscribe(['values'])];
    for (const count of [1, 2]) {
      await startRun(server.url, socket.threadId, 'agent', human('a'));
      await socket.untilEvent(isTerminal, count);
    }
    expect(await socket.command('subscription.unsubscribe', { subscription_id: first })).toMatchObject({
      type: 'success',
      result: {},
    });
    expect(await socket.command('subscription.unsubscribe', { subscription_id: first })).toMatchObject({
      error: 'no_such_subscription',
    });
    const third = await socket.subscribe(['lifecycle']);
    expect(new Set([first, second, third]).size).toBe(3);
    expect(socket.answers).toHaveLength(5);
  });

  it('sends a live event once however many subscriptions want it', async () => {
    const socket = await socketOf();
    for (const channels of [['messages', 'lifecycle'], ['messages'], ALL]) await socket.subscribe(channels);
    await startRun(server.url, socket.threadId, 'agent', human('a'));
    await socket.untilEvent(isTerminal);
    await socket.settled();
    expect(seqs(socket.events)).toEqual([...new Set(seqs(socket.events))].sort((a, b) => a - b));
    expect(socket.events.some(isMessage)).toBe(true);
  });

  it('replays to a later subscription all that its cursor asks for, even what was sent before', async () => {
    const { threadId, events } = await finished();
    const socket = await socketOf(threadId);
    await socket.subscribe(ALL, { since: 0 });
    await socket.until((reader) => reader.events.length === events.length);
    const wanted = events.filter(isMessage);
    const since = wanted[4]!.seq;
    await socket.subscribe(['messages'], { since });
    await socket.until((reader) => reader.events.length === events.length + wanted.length - 5);
    await socket.settled();
    expect(socket.events.slice(events.length)).toEqual(wanted.filter(({ seq }) => seq > since));
  });

  it('serves a subscription that is added in the middle of a run from its cursor on, without a gap at the seam', async () => {
    const socket = await socketOf();
    await socket.subscribe(['lifecycle']);
    await startRun(server.url, socket.threadId, 'gated', { ...human('you'), gate: socket.threadId });
    await gate(socket.threadId).reached;
    await socket.subscribe(['messages'], { since: 0 });
    gate(socket.threadId).open();
    await socket.untilEvent(isTerminal);
    const texts = socket.events.map(({ params }) => (params.data.delta as { text?: string } | undefined)?.text ?? '');
    expect(texts.join('')).toBe('This is the whole answer to you');
    expect(seqs(socket.events.filter(isMessage))).toEqual([...new Set(seqs(socket.events.filter(isMessage)))]);
  });

  it('takes since and since_event_id in a subscribe', async () => {
    const { threadId, events } = await finished();
    const { seq, event_id } = events[Math.floor(events.length / 2)]!;
    for (const cursor of [{ since: seq }, { since_event_id: event_id }]) {
      const socket = await socketOf(threadId);
      await socket.subscribe(ALL, cursor);
      await socket.untilEvent(isTerminal);
      expect(socket.events).toEqual(events.filter((event) => event.seq > seq));
    }
  });

  it('says by missed_events that a cursor cannot be honoured, and sends everything', async () => {
    const { threadId, events } = await finished();
    const socket = await socketOf(threadId);
    const { result } = await socket.command('subscription.subscribe', { channels: ALL, since: 99_999 });
    expect(result.missed_events).toBeGreaterThan(0);
    await socket.until((reader) => reader.events.length === events.length);
    expect(socket.events).toEqual(events);
  });

  it.each([
    ['agent', { channels: ALL }],
    ['agent', { channels: ['messages', 'custom:progress'] }],
    [
      'research',
      { channels: ['values', 'checkpoints', 'lifecycle', 'input', 'messages', 'tools'], namespaces: [[]], depth: 1 },
    ],
    ['research', { channels: ['messages', 'lifecycle'], namespaces: [['investigate']], depth: 1 }],
    ['approval', { channels: ['lifecycle', 'input'] }],
  ])('carries the same sequence as SSE: %s %j', async (graph, filter) => {
    const thread = probe();
    const [stream, socket] = [await thread.open(filter), await socketOf(thread.threadId)];
    await socket.command('subscription.subscribe', filter);
    const runId = await thread.start(graph, human('tea'));
    await thread.ended(runId);
    const late = await socketOf(thread.threadId);
    await late.command('subscription.subscribe', { ...filter, since: 0 });
    const wanted = (await thread.read()).filter((event) => matchesSubscription(event as never, filter as never));
    expect(wanted.length).toBeGreaterThan(3);
    await stream.until(() => true, wanted.length);
    expect(stream.events).toEqual(wanted);
    for (const one of [socket, late]) {
      await one.until(({ events }) => events.length >= wanted.length);
      await one.settled();
      expect(one.events).toEqual(wanted);
    }
  });

  it('goes on with other commands while one waits', async () => {
    const socket = await socketOf();
    const { runId } = await startRun(server.url, socket.threadId, 'factory', { said: 'x' });
    await socket.subscribe(['lifecycle'], { since: 0 });
    const end = await socket.untilEvent(isTerminal);
    const slow = socket.post('state.get', {});
    await gate('slow factory').reached;
    expect(await socket.command('agent.getTree', { run_id: runId })).toMatchObject({ type: 'success' });
    await startRun(server.url, socket.threadId, 'factory', { said: 'y' });
    await socket.untilEvent((event) => isTerminal(event) && event.seq > end.seq);
    expect(socket.answers.some(({ id }) => id === slow)).toBe(false);
    gate('slow factory').open();
    expect(await socket.answerTo(slow)).toMatchObject({ type: 'success', result: { values: { said: 'y' } } });
  });

  it('is one of many on a thread, mixed with HTTP: each gets every run, whoever started it', async () => {
    const thread = probe();
    const sockets = [await socketOf(thread.threadId), await socketOf(thread.threadId), await socketOf(thread.threadId)];
    for (const socket of sockets) await socket.subscribe(ALL);
    const stream = await thread.open();
    await thread.start('agent', human('by HTTP'));
    await stream.until(isTerminal);
    const { result } = await sockets[0]!.command('run.start', { assistant_id: 'agent', input: human('by a socket') });
    await stream.until(isTerminal, 2);
    sockets[2]!.close();
    await sockets[1]!.command('run.start', { assistant_id: 'agent', input: human('by another') });
    await stream.until(isTerminal, 3);
    for (const socket of sockets.slice(0, 2)) {
      await socket.untilEvent(isTerminal, 3);
      expect(socket.events).toEqual(stream.events);
    }
    expect(typeof result.run_id).toBe('string');
  });

  it('asks and takes the answer on one socket', async () => {
    const socket = await socketOf();
    await socket.subscribe(['input', 'lifecycle']);
    await socket.command('run.start', { assistant_id: 'approval', input: human('tea') });
    await socket.untilEvent(isTerminal);
    const responses = socket.events
      .filter(({ method }) => method === 'input.requested')
      .map((event) => ({ interrupt_id: idOf(event), response: 'yes' }));
    expect(await socket.command('input.respond', { responses })).toMatchObject({
      type: 'success',
      result: { run_id: expect.any(String) },
    });
    await socket.untilEvent(isTerminal, 2);
  });

  it('leaves a subscription out after unsubscribe, and the others in', async () => {
    const socket = await socketOf();
    const gone = await socket.subscribe(['messages']);
    await socket.subscribe(['lifecycle']);
    await socket.command('subscription.unsubscribe', { subscription_id: gone });
    await startRun(server.url, socket.threadId, 'agent', human('a'));
    await socket.untilEvent(isTerminal);
    expect(new Set(socket.events.map(({ method }) => method))).toEqual(new Set(['lifecycle']));
  });

  it('replays on reconnect what is above last_event_id, and says that nothing is missing', async () => {
    const { threadId, events, runId } = await finished('research');
    const socket = await socketOf(threadId);
    await socket.subscribe(['lifecycle'], { since: 0 });
    const terminal = await socket.untilEvent(isTerminal);
    const { length } = socket.events;
    const lives = events.filter(({ method }) => method === 'lifecycle');
    const { result } = await socket.command('subscription.reconnect', {
      run_id: runId,
      last_event_id: lives[3]!.event_id,
    });
    expect(result).toMatchObject({ restored: true, missed_events: 0 });
    const namespaces = result.current_namespaces as { namespace: string[]; status: string }[];
    expect(namespaces.find(({ namespace }) => namespace.length === 0)).toEqual({ namespace: [], status: 'completed' });
    expect(namespaces.some(({ namespace }) => namespace.length === 2)).toBe(true);
    await socket.untilEvent(({ seq }) => seq === terminal.seq, 2);
    expect(socket.events.slice(length)).toEqual(lives.slice(4));
  });

  it('says on reconnect that something is missing when the cursor is not of this thread', async () => {
    const { threadId } = await finished();
    const socket = await socketOf(threadId);
    await socket.subscribe(['lifecycle'], { since: 0 });
    const { result } = await socket.command('subscription.reconnect', { last_event_id: '1-9999' });
    expect([result.restored, (result.missed_events as number) > 0, result.current_namespaces]).toEqual([
      false,
      true,
      [],
    ]);
  });

  it('answers a ping with its data', async () => {
    const socket = await socketOf();
    socket.socket.ping('are you there');
    await socket.until(({ pongs }) => pongs.length === 1);
    expect(socket.pongs).toEqual(['are you there']);
  });
});
