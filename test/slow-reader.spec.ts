import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Settings } from '../src/config/settings.js';
import { ThreadSubjects } from '../src/event-log/thread-subjects.js';
import { OpenStreams } from '../src/delivery/open-streams.js';
import { type LogServer, startLogServer } from './support/log-server.js';
import { startRun } from './support/run-commands.js';
import { SseReader } from './support/sse-reader.js';

/** More than the sockets of both sides hold, by far: what the slow reader does not take must be somewhere else. */
const EVENTS = 6_000;
const EVENT_BYTES = 4_000;

/** The most that waited in the socket of one response, looked at after every write. */
class SocketWatch {
  most = 0;
  private handed = 0;

  constructor(readonly response: ServerResponse, readonly socket: Socket) {
    const write = socket.write.bind(socket) as (...given: unknown[]) => boolean;
    socket.write = (...given: unknown[]) => {
      this.handed += Buffer.byteLength(given[0] as string | Uint8Array, given[1] as BufferEncoding);
      const more = write(...given);
      this.most = Math.max(this.most, socket.writableLength);
      return more;
    };
  }

  /** Whether every byte went past this watch: a way around it would be a way around the bound. */
  get sawAll(): boolean {
    return this.handed === this.socket.bytesWritten;
  }
}

describe('a reader that stops reading', () => {
  const watches = new Map<string, SocketWatch>();
  let server: LogServer;

  beforeAll(async () => {
    server = await startLogServer({}, (app) => {
      app.getHttpServer().prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
        const name = request.headers['x-reader'];
        if (typeof name === 'string') watches.set(name, new SocketWatch(response, request.socket));
      });
    });
  });
  afterAll(() => server.close());

  const open = (name: string, threadId: string, body: object = {}): Promise<SseReader> =>
    SseReader.open(server.url, threadId, { channels: ['custom', 'lifecycle'], ...body }, { 'x-reader': name });
  /** Closes streams of this test and waits until the server has seen it. */
  async function leave(readers: Record<string, SseReader>): Promise<void> {
    const closed = Object.keys(readers).map((name) => once((watches.get(name) as SocketWatch).response, 'close'));
    for (const reader of Object.values(readers)) reader.close();
    await Promise.all(closed);
  }
  const ended = (reader: SseReader): boolean =>
    reader.frames.some(
      ({ event, data }) =>
        event === 'lifecycle' && data.includes('"namespace":[]') && data.includes('"event":"completed"'),
    );

  it('costs no more than its buffer, delays neither the run nor a reader, and gets everything in the end', async () => {
    const slow = await open('slow', 'thread');
    slow.pause();
    const [one, two, three] = [await open('one', 'thread'), await open('two', 'thread'), await open('three', 'thread')];
    await startRun(server.url, 'thread', 'burst', { count: EVENTS, bytes: EVENT_BYTES });
    await Promise.all([one, two, three].map((reader) => reader.until(ended)));

    // The run and the fast readers are done, and the slow one still waits where it was.
    const watch = watches.get('slow') as SocketWatch;
    expect(watch.socket.writableLength).toBeGreaterThan(0);
    expect(ended(slow)).toBe(false);
    expect(slow.frames.length).toBeLessThan(EVENTS);
    const late = await (await open('late', 'thread', { since: 0 })).until(ended);

    slow.resume();
    await slow.until(ended);
    expect(one.frames.filter(({ event }) => event === 'custom')).toHaveLength(EVENTS);
    for (const reader of [two, three, late, slow]) expect(reader.frames).toEqual(one.frames);

    const oneEvent = Math.max(...slow.frames.map(({ data }) => Buffer.byteLength(data))) + 200;
    expect(watch.most).toBeGreaterThan(oneEvent);
    for (const { most, sawAll } of watches.values()) {
      expect(sawAll).toBe(true);
      expect(most).toBeLessThanOrEqual(new Settings().MAX_SUBSCRIBER_BUFFER_BYTES + oneEvent);
    }
    await leave({ one, two, three, late, slow });
  });

  it('goes on live once it has caught up', async () => {
    const slow = await open('again', 'again');
    slow.pause();
    const fast = await open('fast', 'again');
    await startRun(server.url, 'again', 'burst', { count: EVENTS, bytes: EVENT_BYTES });
    await fast.until(ended);
    slow.resume();
    await slow.until(ended);
    const { length } = slow.frames;
    await startRun(server.url, 'again', 'burst', { count: 3, bytes: 10 });
    await slow.until(({ frames }) =>
      frames.slice(length).some(({ data }) => data.includes('"event":"completed"') && data.includes('synth:')),
    );
    expect(slow.ids).toEqual([...new Set(slow.ids)].sort((a, b) => a - b));
    await leave({ again: slow, fast });
  });

  it('is forgotten when it goes while frames still wait for it', async () => {
    const slow = await open('leaver', 'leaver');
    slow.pause();
    const fast = await open('stayer', 'leaver');
    await startRun(server.url, 'leaver', 'burst', { count: EVENTS, bytes: EVENT_BYTES });
    await fast.until(ended);
    const streams = server.app.get(OpenStreams, { strict: false });
    expect(streams.count).toBe(2);
    await leave({ leaver: slow });
    expect(streams.count).toBe(1);
    await leave({ stayer: fast });
    expect([streams.count, server.app.get(ThreadSubjects, { strict: false }).listenedThreads]).toEqual([0, 0]);
  });
});
