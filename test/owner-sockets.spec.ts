import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { COMMANDS, type Things } from './support/route-walk.js';
import { TestServer } from './support/running-server.js';
import { SseReader } from './support/sse-reader.js';

const ADA = { 'x-api-key': 'key-a' };
const BOB = { authorization: 'Bearer key-b' };
const RUN = { assistant_id: 'agent', input: { messages: [{ role: 'user', content: 'hello' }], delayMs: 0 } };
const CHANNELS = { channels: ['values', 'lifecycle', 'messages'] };

/** A socket with what it received, and how it was closed. */
class Peer {
  readonly received: Record<string, unknown>[] = [];
  readonly closed: Promise<number>;

  constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => this.received.push(JSON.parse(data.toString()) as Record<string, unknown>));
    this.closed = once(socket, 'close').then(([code]) => code as number);
  }

  send(id: number, method: string, params: object = {}): void {
    this.socket.send(JSON.stringify({ id, method, params }));
  }

  answer(id: number): Promise<Record<string, unknown>> {
    return this.until((message) => message.id === id);
  }

  /** Waits for a message; fails when the socket is closed before it. */
  async until(fits: (message: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    const closed = this.closed.then((code) => {
      throw new Error(`the socket was closed with ${code}`);
    });
    closed.catch(() => undefined);
    for (;;) {
      const found = this.received.find(fits);
      if (found) return found;
      await Promise.race([once(this.socket, 'message'), closed]);
    }
  }
}

describe('the owner check on streams', () => {
  let server: TestServer;
  const peers: Peer[] = [];

  beforeAll(async () => {
    server = await TestServer.start(undefined, { AUTH_API_KEYS: 'ada:key-a,bob:key-b', HEARTBEAT_INTERVAL_MS: 60_000 });
  });
  afterEach(() => peers.splice(0).forEach(({ socket }) => socket.terminate()));
  afterAll(() => server.close());

  const connect = (threadId: string, headers: Record<string, string>, url = server.url): Peer => {
    const peer = new Peer(new WebSocket(`${url.replace('http', 'ws')}/threads/${threadId}/stream/events`, { headers }));
    peers.push(peer);
    return peer;
  };
  const connected = async (...args: Parameters<typeof connect>): Promise<Peer> => {
    const peer = connect(...args);
    await once(peer.socket, 'open');
    return peer;
  };
  const post = async (
    path: string,
    headers: Record<string, string>,
    body: object,
    url = server.url,
  ): Promise<Record<string, unknown>> => {
    const init = {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    };
    return (await (await fetch(`${url}${path}`, init)).json()) as Record<string, unknown>;
  };
  const start = (threadId: string): Promise<unknown> =>
    post(`/threads/${threadId}/commands`, ADA, { id: 1, method: 'run.start', params: RUN });

  it('opens a socket for the owner, or where there is no thread yet, and tells all others by a close code', async () => {
    const threadId = randomUUID();
    await start(threadId);
    // A refused socket is open for a moment as well: only an answer shows that it stays.
    for (const peer of [await connected(threadId, ADA), await connected(randomUUID(), BOB)]) {
      peer.send(1, 'subscription.subscribe', CHANNELS);
      expect(await peer.answer(1)).toMatchObject({ type: 'success' });
    }
    expect(await connect(threadId, BOB).closed).toBe(4404);
    for (const headers of [{}, { 'x-api-key': 'key-c' }] as Record<string, string>[]) {
      expect(await connect(threadId, headers).closed).toBe(4401);
      expect(await connect(randomUUID(), headers).closed).toBe(4401);
    }
  });

  it('answers every command on the socket of the owner', async () => {
    const threadId = randomUUID();
    await start(threadId);
    const peer = await connected(threadId, ADA);
    const things = { threadId, runId: 'nothing', checkpointId: 'nothing' } as Things;
    for (const [index, [method, params]] of Object.entries(COMMANDS).entries()) {
      peer.send(index + 10, method, params(things));
      expect(await peer.answer(index + 10)).toMatchObject({
        type: expect.stringMatching(/^(success|error)$/),
        meta: { thread_id: threadId },
      });
    }
  });

  it.each(['run.start', 'POST /threads'])(
    'ends streams that were opened before their thread existed, having sent nothing, once it is made by %s',
    async (how) => {
      // A thread that is made without an event is noticed at the next heartbeat. Long enough for a busy machine: a
      // socket whose pong has not been read by the next ping is taken for dead.
      const beat = how === 'run.start' ? 60_000 : 1_000;
      const quick = await TestServer.start(undefined, {
        AUTH_API_KEYS: 'ada:key-a,bob:key-b',
        HEARTBEAT_INTERVAL_MS: beat,
      });
      try {
        const threadId = randomUUID();
        const body = { ...CHANNELS, since: 0 };
        const [bobs, adas] = await Promise.all(
          [BOB, ADA].map((headers) => SseReader.open(quick.url, threadId, body, headers)),
        );
        const [bobsSocket, adasSocket] = await Promise.all([
          connected(threadId, BOB, quick.url),
          connected(threadId, ADA, quick.url),
        ]);
        for (const peer of [bobsSocket, adasSocket]) {
          peer.send(1, 'subscription.subscribe', body);
          await peer.answer(1);
        }
        if (how === 'run.start')
          await post(`/threads/${threadId}/commands`, ADA, { id: 1, method: 'run.start', params: RUN }, quick.url);
        else await post('/threads', ADA, { thread_id: threadId }, quick.url);
        await expect(bobs?.until(() => false)).rejects.toThrow('the stream was cut');
        expect(await bobsSocket.closed).toBe(4404);
        expect([bobs?.frames, bobsSocket.received.slice(1)]).toEqual([[], []]);
        if (how !== 'run.start')
          await post(`/threads/${threadId}/commands`, ADA, { id: 1, method: 'run.start', params: RUN }, quick.url);
        await adas?.until(({ frames }) =>
          frames.some(
            ({ data }) => data.includes('"event":"completed","graph_name":"agent"') && data.includes('"namespace":[]'),
          ),
        );
        adas?.close();
        await adasSocket.until(({ method, params }) => {
          const { namespace, data } = (params ?? {}) as { namespace?: unknown[]; data?: { event?: string } };
          return method === 'lifecycle' && namespace?.length === 0 && data?.event === 'completed';
        });
      } finally {
        await quick.close();
      }
    },
  );

  it.each(Object.keys(COMMANDS))(
    'does not carry out %s on a socket that was opened before somebody else made the thread',
    async (method) => {
      const threadId = randomUUID();
      const early = await connected(threadId, BOB);
      // Made with a state, but without an event that could have told the socket.
      const supersteps = [
        { updates: [{ values: { messages: [{ role: 'user', content: 'swordfish' }] }, as_node: '__start__' }] },
      ];
      await post('/threads', ADA, { thread_id: threadId, metadata: { graph_id: 'agent' }, supersteps });
      early.send(1, method, (COMMANDS[method] as (things: object) => object)({}));
      expect([await early.closed, early.received]).toEqual([4404, []]);
    },
  );
});
