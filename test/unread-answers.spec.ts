import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Socket, connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Settings } from '../src/config/settings.js';
import { ThreadStateReader } from '../src/threads/thread-state-reader.js';
import { type LogServer, startLogServer } from './support/log-server.js';
import { post } from './support/run-commands.js';
import { GATED } from './support/running-server.js';
import { SocketReader } from './support/socket-reader.js';

/** Far more than the sockets of both sides hold. */
const STATE_BYTES = 2_000_000;
const QUESTIONS = 40;
const MANY = 20_000;
const LIMIT = new Settings().MAX_SUBSCRIBER_BUFFER_BYTES;

describe('a client that asks and asks, and does not read the answers', () => {
  let server: LogServer;
  let reads = 0;
  /** Called whenever a state is about to be read for an answer. */
  let onRead: () => void = () => undefined;
  let onRequest: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;
  let onUpgrade: (socket: Socket) => void = () => undefined;

  beforeAll(async () => {
    server = await startLogServer({}, (app) => {
      app
        .getHttpServer()
        .prependListener('request', (request: IncomingMessage, response: ServerResponse) =>
          onRequest(request, response),
        )
        .prependListener('upgrade', ({ socket }: IncomingMessage) => onUpgrade(socket));
    }, { config: GATED });
    const reader = server.app.get(ThreadStateReader, { strict: false });
    const read = reader.read.bind(reader) as (...given: unknown[]) => Promise<never>;
    reader.read = (...given: unknown[]) => {
      reads += 1;
      onRead();
      return read(...given);
    };
    const values = { messages: [{ role: 'user', content: 'x'.repeat(STATE_BYTES) }] };
    const made = await post(`${server.url}/threads`, {
      thread_id: 'big', metadata: { graph_id: 'agent' }, supersteps: [{ updates: [{ values, as_node: '__start__' }] }],
    });
    expect(made.status).toBe(200);
  });
  afterAll(() => server.close());
  beforeEach(() => {
    reads = 0;
  });

  /** Until the server reads nothing more from that connection, or has carried out all that was asked. */
  const untilStuck = async (socket: () => Socket | null): Promise<void> => {
    while (!socket()?.isPaused() && reads < QUESTIONS) await nextTurn();
    for (let turn = 0; turn < 100; turn += 1) await nextTurn();
  };

  it('costs its buffer and one answer on a WebSocket, and gets every answer once it reads', async () => {
    let served: Socket | null = null;
    let most = 0;
    onUpgrade = (socket) => {
      served = socket;
    };
    onRead = () => {
      most = Math.max(most, served?.writableLength ?? 0);
    };
    const client = await SocketReader.open(server.url, 'big');
    client.socket.pause();
    const ids = Array.from({ length: QUESTIONS }, () => client.post('state.get'));
    await untilStuck(() => served);
    expect(reads).toBeLessThan(QUESTIONS / 4);
    client.socket.resume();
    await client.until(({ answers }) => answers.length === QUESTIONS);
    expect(client.answers.map(({ id }) => id)).toEqual(ids);
    expect([reads, client.answers.every(({ type }) => type === 'success')]).toEqual([QUESTIONS, true]);
    expect(most).toBeLessThanOrEqual(LIMIT);
    client.close();
  });

  it('costs no more on a WebSocket when it sends pings, or commands that there are not', async () => {
    let served: Socket | null = null;
    onUpgrade = (socket) => {
      served = socket;
    };
    const client = await SocketReader.open(server.url, 'big');
    client.socket.pause();
    const socket = served as unknown as Socket;
    while (!socket.isPaused() && socket.writableLength < 4 * LIMIT) {
      for (let sent = 0; sent < 100 && client.socket.bufferedAmount < LIMIT; sent += 1) {
        client.socket.ping('x'.repeat(120));
        client.post('nothing-like-it'.repeat(500));
      }
      await nextTurn();
    }
    // What had been read in one go is answered; no more is read.
    expect(socket.writableLength).toBeGreaterThan(LIMIT / 2);
    expect(socket.writableLength).toBeLessThan(2 * LIMIT);
    client.close();
  });

  it('costs one answer on a connection with pipelined requests, and gets every answer once it reads', async () => {
    let answered = 0;
    let left = 0;
    let most = 0;
    let served: Socket | null = null;
    onRequest = ({ socket }, response) => {
      served = socket;
      response.once('finish', () => (left += 1));
    };
    onRead = () => {
      most = Math.max(most, (answered += 1) - left);
    };
    const { hostname, port, host } = new URL(server.url);
    const client = connect(Number(port), hostname);
    await once(client, 'connect');
    client.pause();
    client.write(`GET /threads/big/state HTTP/1.1\r\nhost: ${host}\r\n\r\n`.repeat(QUESTIONS));
    await untilStuck(() => served);
    expect(reads).toBeLessThan(QUESTIONS / 4);
    let bytes = 0;
    client.on('data', (data: Buffer) => (bytes += data.length)).resume();
    while (bytes < QUESTIONS * STATE_BYTES) await once(client, 'data');
    expect([reads, most]).toEqual([QUESTIONS, 1]);
    client.destroy();
  });

  it('is not read from while requests of its connection wait, whatever it sends on', async () => {
    let served: Socket | null = null;
    let asked = 0;
    onRequest = ({ socket }) => {
      served = socket;
      asked += 1;
    };
    const { hostname, port, host } = new URL(server.url);
    const client = connect(Number(port), hostname);
    await once(client, 'connect');
    client.pause();
    const ask = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: ${host}\r\n\r\n`;
    const body = JSON.stringify({ channels: ['values'] });
    const type = `content-type: application/json\r\ncontent-length: ${body.length}`;
    client.write(`POST /threads/idle/stream/events HTTP/1.1\r\nhost: ${host}\r\n${type}\r\n\r\n${body}`);
    while (asked === 0) await nextTurn();
    client.write(ask('/ok').repeat(MANY));
    while (asked < MANY && !(served as unknown as Socket).isPaused()) await nextTurn();
    for (let turn = 0; turn < 1_000; turn += 1) await nextTurn();
    // What one read of a socket gives.
    expect(asked).toBeGreaterThan(1);
    expect(asked).toBeLessThan(MANY / 4);
    client.destroy();
  });
});
