import { once } from 'node:events';
import { WebSocket } from 'ws';
import { LogMaintenance } from '../src/event-log/log-maintenance.js';
import { FinishedRun } from './support/finished-run.js';
import { type LogServer, startLogServer } from './support/log-server.js';
import { SseReader } from './support/sse-reader.js';
import { plainDrafts } from './support/stored-log.js';
import { storedEnvelopes, type StoredEnvelope } from './support/stored-envelopes.js';
import { draftOf } from './support/temporary-log.js';

const ALL = ['values', 'updates', 'messages', 'tools', 'custom', 'lifecycle', 'input', 'checkpoints', 'tasks'];
/** The snapshot, then what is kept, of `trimmedThread`. */
const KEPT = [3, 4, 15, 16, 17, 18, 19];

let server: LogServer;
const open: { close(): void }[] = [];

beforeAll(async () => {
  server = await startLogServer({ RETENTION_MAX_EVENTS: 5, MAINTENANCE_INTERVAL_MS: 2_000_000_000 });
});
afterEach(() => open.splice(0).forEach((stream) => stream.close()));
afterAll(() => server.close());

const sweep = (): Promise<void> => server.app.get(LogMaintenance, { strict: false }).sweep();

/** A thread of which 2 to 14 were trimmed but for the snapshot in 3 and 4; its head is 19. */
async function trimmedThread(threadId: string): Promise<StoredEnvelope[]> {
  const drafts = new FinishedRun('r').checkpoint().values().drafts;
  await server.log.append(threadId, [...drafts, ...plainDrafts(15)]);
  const all = storedEnvelopes(server.database, threadId);
  await sweep();
  return all;
}

async function stream(threadId: string, body: object, headers = {}): Promise<SseReader> {
  const reader = await SseReader.open(server.url, threadId, { channels: ALL, ...body }, headers);
  open.push(reader);
  return reader;
}

/** A WebSocket that keeps what it was sent. */
class Socket {
  readonly messages: Record<string, unknown>[] = [];
  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => this.messages.push(JSON.parse(data.toString()) as Record<string, unknown>));
  }

  static async open(threadId: string): Promise<Socket> {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/threads/${threadId}/stream/events`);
    open.push(socket);
    await once(socket, 'open');
    return new Socket(socket);
  }

  /** Sends a command and waits for its answer. */
  async command(method: string, params: object): Promise<Record<string, unknown>> {
    this.socket.send(JSON.stringify({ id: 1, method, params }));
    return this.until((message) => message['id'] === 1);
  }

  async until(fits: (message: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    for (;;) {
      const found = this.messages.find(fits);
      if (found) return found;
      await once(this.socket, 'message');
    }
  }

  get seqs(): number[] {
    return this.messages.flatMap(({ type, seq }) => (type === 'event' ? [seq as number] : []));
  }
}

describe('a trimmed thread over SSE', () => {
  it.each([[0], [1], [2], [5], [13]])(
    'says that events are missing above %i, and gives the snapshot and what is kept',
    async (since) => {
      const all = await trimmedThread(`below-${since}`);
      const reader = await stream(`below-${since}`, { since });
      await reader.untilSeq(19);
      expect(reader.headers).toMatchObject({ 'threadlog-missed': 'true', 'threadlog-oldest-seq': '15' });
      expect(reader.frames.map(({ data }) => JSON.parse(data) as unknown)).toEqual(
        all.filter(({ seq }) => KEPT.includes(seq)),
      );
    },
  );

  it.each([[14], [15], [18]])('gives exactly what is above %i, without a sign', async (since) => {
    await trimmedThread(`above-${since}`);
    const reader = await stream(`above-${since}`, { since });
    await reader.untilSeq(19);
    expect(reader.headers).not.toHaveProperty('threadlog-missed');
    expect(reader.headers).toMatchObject({ 'threadlog-oldest-seq': '15' });
    expect(reader.ids).toEqual(KEPT.filter((seq) => seq > since));
  });

  it.each([
    ['above the head', { since: 20 }],
    ['with an event_id of another past', { since_event_id: '1-16' }],
    ['with an event_id that was removed', { since_event_id: '1000-8' }],
    ['that is no cursor', { since_event_id: 'nonsense' }],
  ])('gives a cursor %s the sign, the snapshot and all that is kept', async (what, cursor) => {
    await trimmedThread(what);
    const reader = await stream(what, cursor);
    await reader.untilSeq(19);
    expect(reader.headers).toMatchObject({ 'threadlog-missed': 'true' });
    expect(reader.ids).toEqual(KEPT);
  });

  it('takes Last-Event-ID like since', async () => {
    const all = await trimmedThread('header');
    const lost = await stream('header', {}, { 'last-event-id': '6' });
    expect((await lost.untilSeq(19)).ids).toEqual(KEPT);
    expect(lost.headers).toMatchObject({ 'threadlog-missed': 'true' });
    const kept = await stream('header', {}, { 'last-event-id': all.find(({ seq }) => seq === 16)?.event_id as string });
    expect((await kept.untilSeq(19)).ids).toEqual([17, 18, 19]);
    expect(kept.headers).not.toHaveProperty('threadlog-missed');
  });

  it('goes on live after a sign of loss, and the next look does not cut it off', async () => {
    await trimmedThread('live');
    const reader = await stream('live', { since: 0 });
    await reader.untilSeq(19);
    await server.log.append('live', plainDrafts(2));
    await reader.untilSeq(21);
    await sweep();
    await server.log.append('live', plainDrafts(1));
    await reader.untilSeq(22);
    expect(reader.ids).toEqual([...KEPT, 20, 21, 22]);
  });

  it('applies the filter to the snapshot too', async () => {
    await trimmedThread('filtered');
    const reader = await stream('filtered', { since: 0, channels: ['values', 'custom'] });
    expect((await reader.untilSeq(19)).ids).toEqual(KEPT.filter((seq) => seq !== 3));
  });

  it('cuts a reader that did not read before its events were removed, and tells it when it comes back', async () => {
    const count = 400;
    const filler = 'x'.repeat(100_000);
    await server.log.append('slow', Array.from({ length: count }, (_, i) => draftOf({ i, filler })));
    const slow = await stream('slow', { since: 0 });
    slow.pause();
    await sweep();
    slow.resume();
    await expect(slow.untilSeq(count + 1)).rejects.toThrow('the stream was cut');
    expect(slow.ids).toEqual(slow.ids.map((_, i) => i + 2));
    const again = await stream('slow', { since: slow.ids.at(-1) ?? 0 });
    await again.untilSeq(count + 1);
    expect(again.headers).toMatchObject({ 'threadlog-missed': 'true' });
    expect(again.ids).toEqual([397, 398, 399, 400, 401]);
  });
});

describe('a trimmed thread over a WebSocket', () => {
  it.each([
    [{ since: 0 }, 13, KEPT],
    [{ since: 13 }, 1, KEPT],
    [{ since: 20 }, 1, KEPT],
    [{ since: 14 }, 0, [15, 16, 17, 18, 19]],
    [{ since: 16 }, 0, [17, 18, 19]],
  ])('answers a subscription %j with %i missed events', async (cursor, missed, seqs) => {
    const threadId = `ws-${cursor.since}`;
    await trimmedThread(threadId);
    const socket = await Socket.open(threadId);
    const answer = await socket.command('subscription.subscribe', { channels: ALL, ...cursor });
    expect(answer['result']).toMatchObject({ missed_events: missed, replayed_events: seqs.length });
    await socket.until(({ seq }) => seq === 19);
    expect(socket.seqs).toEqual(seqs);
  });

  it('says by reconnect that it could not restore', async () => {
    await trimmedThread('ws-reconnect');
    const socket = await Socket.open('ws-reconnect');
    await socket.command('subscription.subscribe', { channels: ALL, since: 19 });
    socket.messages.length = 0;
    const answer = await socket.command('subscription.reconnect', { last_event_id: '5' });
    expect(answer['result']).toMatchObject({ restored: false, missed_events: 9 });
    await socket.until(({ seq }) => seq === 19);
    expect(socket.seqs).toEqual(KEPT);
  });

  it('cuts a socket that did not read before its events were removed, with a code that says: connect again', async () => {
    const count = 400;
    const filler = 'x'.repeat(100_000);
    await server.log.append('ws-slow', Array.from({ length: count }, (_, i) => draftOf({ i, filler })));
    const socket = await Socket.open('ws-slow');
    await socket.command('subscription.subscribe', { channels: ALL, since: 0 });
    socket.socket.pause();
    await sweep();
    const closed = once(socket.socket, 'close');
    socket.socket.resume();
    const [code] = (await closed) as [number];
    expect(code).toBe(1012);
    expect(socket.seqs).toEqual(socket.seqs.map((_, i) => i + 2));
    expect(socket.seqs.length).toBeLessThan(count);
  });
});

describe('an untrimmed thread', () => {
  it('gives a cursor at 0 everything, without a sign', async () => {
    await server.log.append('whole', plainDrafts(3));
    const reader = await stream('whole', { since: 0 });
    await reader.untilSeq(4);
    expect(reader.headers).toMatchObject({ 'threadlog-oldest-seq': '2' });
    expect(reader.headers).not.toHaveProperty('threadlog-missed');
  });
});
