import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import WebSocket from 'ws';
import { Settings } from '../src/config/settings.js';
import { PROJECT } from './built-program.js';
import { startLogServer } from './support/log-server.js';
import { startRun } from './support/run-commands.js';
import { TestServer } from './support/running-server.js';
import { SocketReader } from './support/socket-reader.js';
import { type ThreadEvent, isTerminal } from './support/thread-probe.js';

const CONFIG = join(PROJECT, 'test/fixtures/sockets/langgraph.json');
/** More than the sockets of both sides hold, by far. */
const EVENTS = 6_000;
const EVENT_BYTES = 4_000;

describe('the close code of a WebSocket', () => {
  const closing = async (
    overrides: Partial<Settings>,
    threadId: string,
    headers: Record<string, string> = {},
  ): Promise<number> => {
    const server = await TestServer.start(CONFIG, overrides);
    try {
      return (await new SocketReader(server.url, threadId, { headers }).closed())[0];
    } finally {
      await server.close();
    }
  };

  it('is 4401 without a key', async () => {
    expect(await closing({ AUTH_API_KEYS: 'ann:secret' }, randomUUID())).toBe(4401);
  });

  it('is 4401 with a wrong key', async () => {
    expect(await closing({ AUTH_API_KEYS: 'ann:secret' }, randomUUID(), { 'x-api-key': 'guess' })).toBe(4401);
  });

  it('is 4422 for a thread id that is none', async () => {
    expect(await closing({}, 'a%00b')).toBe(4422);
  });

  it('is 4503 where event streaming is switched off', async () => {
    expect(await closing({ EVENT_STREAMING_ENABLED: false }, randomUUID())).toBe(4503);
  });

  it("is 4404 for another's thread, at once or when the thread turns out to be another's", async () => {
    const server = await TestServer.start(CONFIG, { AUTH_API_KEYS: 'ann:a,bob:b' });
    const [ann, bob] = ['a', 'b'].map((key) => ({ headers: { 'x-api-key': key } })) as [object, object];
    const threadId = randomUUID();
    const early = await SocketReader.open(server.url, threadId, bob);
    await early.subscribe(['values', 'lifecycle', 'messages']);
    const owner = await SocketReader.open(server.url, threadId, ann);
    await owner.subscribe(['lifecycle']);
    await owner.command('run.start', { assistant_id: 'agent', input: { messages: [] } });
    expect((await early.closed())[0]).toBe(4404);
    expect(early.events).toEqual([]);
    expect((await new SocketReader(server.url, threadId, bob).closed())[0]).toBe(4404);
    await owner.untilEvent(isTerminal);
    owner.close();
    await server.close();
  });

  it('is 1012 when the server stops, so that the client connects again', async () => {
    const server = await TestServer.start(CONFIG);
    const socket = await SocketReader.open(server.url, randomUUID());
    await socket.subscribe(['values']);
    const [[code]] = await Promise.all([socket.closed(), server.close()]);
    expect(code).toBe(1012);
  });
});

describe('a WebSocket', () => {
  it('is pinged, and cut off when it does not answer', async () => {
    const server = await TestServer.start(CONFIG, { HEARTBEAT_INTERVAL_MS: 500 });
    const alive = await SocketReader.open(server.url, randomUUID());
    const dead = new SocketReader(server.url, randomUUID());
    dead.socket.pong = () => undefined;
    expect((await dead.closed())[0]).toBe(1006);
    await alive.until(({ pings }) => pings >= 3);
    expect(alive.end).toBeNull();
    alive.close();
    await server.close();
  });

  it('holds MAX_SOCKET_SUBSCRIPTIONS subscriptions and refuses one more', async () => {
    const server = await TestServer.start(CONFIG, { MAX_SOCKET_SUBSCRIPTIONS: 2 });
    const socket = await SocketReader.open(server.url, randomUUID());
    const [first] = [await socket.subscribe(['values']), await socket.subscribe(['values'])];
    expect(await socket.command('subscription.subscribe', { channels: ['values'] })).toMatchObject({
      type: 'error',
      error: 'invalid_argument',
    });
    await socket.command('subscription.unsubscribe', { subscription_id: first });
    await socket.subscribe(['values']);
    socket.close();
    await server.close();
  });

  it('answers all of many commands that are sent at once', async () => {
    const server = await TestServer.start(CONFIG, { MAX_SOCKET_PENDING_COMMANDS: 3 });
    const socket = await SocketReader.open(server.url, randomUUID());
    const ids = Array.from({ length: 300 }, () => socket.post('state.get'));
    await socket.until(({ answers }) => answers.length === ids.length);
    expect(socket.answers.map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
    socket.close();
    await server.close();
  });

  it('takes no frame above MAX_BODY_BYTES', async () => {
    const server = await TestServer.start(CONFIG, { MAX_BODY_BYTES: 10_000 });
    const socket = await SocketReader.open(server.url, randomUUID());
    socket.post('run.start', { assistant_id: 'agent', input: 'x'.repeat(10_000) });
    expect((await socket.closed())[0]).toBe(1009);
    await server.close();
  });
});

describe('a WebSocket that does not read', () => {
  it('costs no more than its buffer, delays neither the run nor another socket, and gets everything in the end', async () => {
    const most = new Map<string, number>();
    // The bytes that wait on the server's side of each socket, looked at after every frame.
    const send = WebSocket.prototype.send as (this: WebSocket, ...given: unknown[]) => void;
    WebSocket.prototype.send = function (
      this: WebSocket & { _isServer?: boolean; reader?: string },
      ...given: unknown[]
    ) {
      send.apply(this, given);
      if (this._isServer) most.set('server', Math.max(most.get('server') ?? 0, this.bufferedAmount));
    } as WebSocket['send'];
    const server = await startLogServer();
    try {
      const [slow, fast] = [
        await SocketReader.open(server.url, 'thread'),
        await SocketReader.open(server.url, 'thread'),
      ];
      for (const socket of [slow, fast]) await socket.subscribe(['custom', 'lifecycle']);
      slow.socket.pause();
      await startRun(server.url, 'thread', 'burst', { count: EVENTS, bytes: EVENT_BYTES });
      await fast.untilEvent(isTerminal);
      expect(slow.events.length).toBeLessThan(EVENTS);
      slow.socket.resume();
      await slow.untilEvent(isTerminal);
      const isCustom = ({ method }: ThreadEvent): boolean => method === 'custom';
      expect(fast.events.filter(isCustom)).toHaveLength(EVENTS);
      expect(slow.events).toEqual(fast.events);
      const oneEvent = Math.max(...fast.events.map((event) => Buffer.byteLength(JSON.stringify(event)))) + 200;
      expect(most.get('server')).toBeGreaterThan(oneEvent);
      expect(most.get('server')).toBeLessThanOrEqual(new Settings().MAX_SUBSCRIBER_BUFFER_BYTES + oneEvent);
      for (const socket of [slow, fast]) socket.close();
    } finally {
      WebSocket.prototype.send = send as WebSocket['send'];
      await server.close();
    }
  });
});
