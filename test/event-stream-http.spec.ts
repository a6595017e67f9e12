import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { OpenStreams } from '../src/delivery/open-streams.js';
import { type LogServer, startLogServer } from './support/log-server.js';
import { startRun } from './support/run-commands.js';
import { SseReader } from './support/sse-reader.js';
import { storedEnvelopes } from './support/stored-envelopes.js';
import { draftOf } from './support/temporary-log.js';

const EVERY_CHANNEL = [
  'values',
  'updates',
  'messages',
  'tools',
  'lifecycle',
  'input',
  'checkpoints',
  'tasks',
  'custom',
];

describe('POST /threads/:id/stream/events', () => {
  let server: LogServer;
  const readers: SseReader[] = [];
  beforeAll(async () => {
    server = await startLogServer();
  });
  afterEach(() => readers.splice(0).forEach((reader) => reader.close()));
  afterAll(() => server.close());

  async function open(
    threadId: string,
    body: Record<string, unknown> = {},
    headers: Record<string, string> = {},
  ): Promise<SseReader> {
    const reader = await SseReader.open(server.url, threadId, { channels: EVERY_CHANNEL, ...body }, headers);
    readers.push(reader);
    return reader;
  }

  /** A thread with ten events, 2 to 11, on changing channels and namespaces. */
  async function thread(threadId: string): Promise<string> {
    await server.log.append(threadId, [
      draftOf({}, { method: 'lifecycle' }),
      draftOf({ text: 'a' }, { method: 'messages', namespace: ['agent:1'] }),
      draftOf({ text: 'b' }, { method: 'messages', namespace: ['agent:1', 'inner:2'] }),
      draftOf({ name: 'x' }, { name: 'x' }),
      draftOf({ name: 'y' }, { name: 'y' }),
      draftOf('unnamed'),
      draftOf({}, { method: 'tools', namespace: ['agent:2'], node: 'tools' }),
      draftOf({}, { method: 'input.requested' }),
      draftOf({}, { method: 'values' }),
      draftOf({}, { method: 'lifecycle' }),
    ]);
    return threadId;
  }

  /** The seqs that a stream gives of such a thread, in a row, up to one more event that every stream here gets. */
  async function seqsOf(body: Record<string, unknown>, headers: Record<string, string> = {}): Promise<number[]> {
    const threadId = await thread(`t-${Math.random()}`);
    const channels = [...((body['channels'] as string[] | undefined) ?? EVERY_CHANNEL), 'custom:end'];
    const prefixes = body['namespaces'] as string[][] | null | undefined;
    const namespaces = prefixes && prefixes.length > 0 ? { namespaces: [...prefixes, ['end']] } : {};
    const reader = await open(threadId, { ...body, channels, ...namespaces }, headers);
    await server.log.append(threadId, [draftOf('end', { name: 'end', namespace: ['end'] })]);
    await reader.untilSeq(12);
    return reader.ids.slice(0, -1);
  }

  describe('answer', () => {
    it('comes at once, also for a thread that does not exist, which it does not make', async () => {
      const reader = await open('nobody made this');
      expect(reader.headers).toMatchObject({
        'content-type': 'text/event-stream', 'x-accel-buffering': 'no', 'cache-control': 'no-cache, no-transform',
        'transfer-encoding': 'chunked', 'threadlog-oldest-seq': '2',
      });
      expect(reader.headers).not.toHaveProperty('threadlog-missed');
      expect((await fetch(`${server.url}/threads/${encodeURIComponent('nobody made this')}`)).status).toBe(404);
      expect(server.log.head('nobody made this')).toBeNull();
      await server.log.append('nobody made this', [draftOf(1)]);
      expect((await reader.untilSeq(2)).ids).toEqual([2]);
    });

    it('may be read by scripts of another origin that is allowed, with its signs of loss', async () => {
      const reader = await open('cors', {}, { origin: 'http://localhost:3000' });
      expect(reader.headers['access-control-allow-origin']).toBe('http://localhost:3000');
      const exposed = String(reader.headers['access-control-expose-headers']).toLowerCase().split(/, */);
      expect(exposed).toEqual(expect.arrayContaining(['threadlog-missed', 'threadlog-oldest-seq']));
    });

    it('is frames of method, one-line envelope and seq, in this order, both live and from the log', async () => {
      const live = await open('frames');
      await thread('frames');
      const replay = await open('frames', { since: 0 });
      await Promise.all([live.untilSeq(11), replay.untilSeq(11)]);
      const stored = storedEnvelopes(server.database, 'frames');
      expect(live.frames).toEqual(
        stored.map((envelope) => ({ event: envelope.method, data: JSON.stringify(envelope), id: envelope.seq })),
      );
      expect(replay.frames).toEqual(live.frames);
      expect(live.frames.map(({ event }) => event)).toContain('input.requested');
    });

    it('keeps text with line breaks and separators on one line', async () => {
      const text = 'a\nb\r\nc\rd\u2028e\u0085f\n\ndata: g';
      const reader = await open('lines');
      await server.log.append('lines', [draftOf({ text })]);
      await reader.untilSeq(2);
      expect(JSON.parse(reader.frames[0]?.data ?? '')).toMatchObject({ params: { data: { text } } });
    });

    it('does not end because a run ended', async () => {
      const reader = await open('two runs', { channels: ['lifecycle'], namespaces: [[]], depth: 0 });
      const words = (): unknown[] =>
        reader.frames.map(
          ({ data }) => (JSON.parse(data) as { params: { data: { event: string } } }).params.data.event,
        );
      for (const runs of [1, 2]) {
        await startRun(server.url, 'two runs', 'burst', { count: 1, bytes: 1 });
        await reader.until(() => words().length === runs * 2);
      }
      expect(words()).toEqual(['running', 'completed', 'running', 'completed']);
      expect(reader.end).toBeNull();
    });
  });

  describe('filters', () => {
    it.each([
      [{ channels: ['messages'] }, [3, 4]],
      [{ channels: ['lifecycle', 'values'] }, [2, 10, 11]],
      [{ channels: ['input'] }, [9]],
      [{ channels: ['custom'] }, [5, 6, 7]],
      [{ channels: ['custom:x'] }, [5]],
      [{ channels: ['custom:nobody'] }, []],
      [{ channels: ['messages', 'messages', 'custom:x', 'custom:y'] }, [3, 4, 5, 6]],
      [{ channels: ['updates', 'checkpoints', 'tasks'] }, []],
      [{ namespaces: [['agent']] }, [3, 4, 8]],
      [{ namespaces: [['agent:1']] }, [3, 4]],
      [{ namespaces: [['agent']], depth: 0 }, [3, 8]],
      [{ namespaces: [['agent:1', 'inner'], ['agent:2']] }, [4, 8]],
      [{ channels: ['messages'], namespaces: [['agent', 'inner:2']], depth: 5 }, [4]],
      [{ channels: ['messages'], namespaces: [[]], depth: 1 }, [3]],
      [{ channels: ['messages'], namespaces: [] }, [3, 4]],
      [{ channels: ['messages'], depth: 0 }, [3, 4]],
      [{ channels: ['messages'], namespaces: [], depth: 0 }, [3, 4]],
      [{ channels: ['messages'], namespaces: null, depth: null, since: null, since_event_id: null }, [3, 4]],
      [{ channels: ['messages'], run_id: 7, unknown: { deep: [] }, multitask: null }, [3, 4]],
    ])('%j lets through %j', async (body, seqs) => {
      expect(await seqsOf(body)).toEqual(seqs);
    });
  });

  describe('cursors', () => {
    it.each([
      ['since', { since: 8 }, {}],
      ['since_event_id that is a seq', { since_event_id: '8' }, {}],
      ['since_event_id', { since_event_id: '1000-8' }, {}],
      ['Last-Event-ID that is a seq', {}, { 'last-event-id': '8' }],
      ['Last-Event-ID that is an event_id', {}, { 'last-event-id': '1000-8' }],
      ['since, before any other', { since: 8, since_event_id: '3' }, { 'last-event-id': '4' }],
      ['since_event_id, before the header', { since_event_id: '8' }, { 'last-event-id': '4' }],
    ])('a stream goes on after %s', async (_what, body, headers) => {
      expect(await seqsOf(body, headers)).toEqual([9, 10, 11]);
    });

    it('takes the event_id of a root lifecycle event', async () => {
      expect(await seqsOf({ since_event_id: 'synth:run-1:11' })).toEqual([]);
      expect(await seqsOf({}, { 'last-event-id': 'synth:run-1:2' })).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11]);
    });

    it('gives everything after 0', async () => {
      expect(await seqsOf({ since: 0 })).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    });

    it.each([
      ['above the head', { since: 12 }, {}],
      ['far above the head', { since: Number.MAX_SAFE_INTEGER }, {}],
      ['of another past', { since_event_id: '999-8' }, {}],
      ['that means nothing', {}, { 'last-event-id': 'nonsense' }],
    ])('a cursor %s gets all that is kept, and the sign of loss', async (_what, body, headers) => {
      await thread(`lost ${_what}`);
      const reader = await open(`lost ${_what}`, body, headers);
      expect(reader.headers).toMatchObject({ 'threadlog-missed': 'true', 'threadlog-oldest-seq': '2' });
      expect((await reader.untilSeq(11)).ids).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    });

    it('shows no sign of loss for a cursor that is honoured', async () => {
      await thread('kept');
      for (const since of [0, 2, 11])
        expect((await open('kept', { since })).headers).not.toHaveProperty('threadlog-missed');
    });

    it('without one, a stream replays the newest run and a watcher of an idle thread starts at the head', async () => {
      await thread('idle');
      await server.log.transact('idle', ({ head }) => (head.replayFromSeq = 9), { waits: true });
      const pump = await open('idle');
      const watcher = await open('idle', { channels: ['lifecycle', 'input'] });
      await server.log.append('idle', [draftOf({}, { method: 'lifecycle' })]);
      expect((await pump.untilSeq(12)).ids).toEqual([9, 10, 11, 12]);
      expect((await watcher.untilSeq(12)).ids).toEqual([12]);
    });

    it('without one, leaves out what is marked for cursors only, of what was there when it was opened', async () => {
      await server.log.append('abandoned', [draftOf(1), draftOf(2, { cursorOnly: true }), draftOf(3)]);
      const [fresh, resumed] = [await open('abandoned'), await open('abandoned', { since: 2 })];
      await server.log.append('abandoned', [draftOf(4)]);
      expect((await fresh.untilSeq(5)).ids).toEqual([2, 4, 5]);
      expect((await resumed.untilSeq(5)).ids).toEqual([3, 4, 5]);
    });
  });

  it.each(['a', '🧵'.repeat(255), 'spaces and ünï', 'a:b|c%?#&', '..%2f'])(
    'serves the thread %j under its own name',
    async (threadId) => {
      const reader = await open(threadId);
      await server.log.append(threadId, [draftOf(threadId)]);
      expect(JSON.parse((await reader.untilSeq(2)).frames[0]?.data ?? '')).toMatchObject({
        params: { data: threadId },
      });
    },
  );
});

describe('a stream of a server', () => {
  it('that beats fast has a heartbeat as a comment of its own, and frames between them', async () => {
    const server = await startLogServer({ HEARTBEAT_INTERVAL_MS: 5 });
    const reader = await SseReader.open(server.url, 'a', { channels: ['custom'] });
    await reader.until(({ comments }) => comments.length >= 2);
    await server.log.append('a', [draftOf(1)]);
    await reader.untilSeq(2);
    const { length } = reader.comments;
    await reader.until(({ comments }) => comments.length > length);
    expect(new Set(reader.comments)).toEqual(new Set([': heartbeat']));
    reader.close();
    await server.close();
  });

  it('that stops is cut, and not ended, so that clients come back', async () => {
    const server = await startLogServer();
    const reader = await SseReader.open(server.url, 'a', { channels: ['custom'] });
    await server.stop();
    await expect(reader.until(() => false)).rejects.toThrow('the stream was cut');
    await server.close();
  });

  it('is not held for a client that left before it was opened', async () => {
    let left = 0;
    const server = await startLogServer({}, (app: NestFastifyApplication) => {
      app.getHttpAdapter().getInstance().addHook('preHandler', async (request, reply) => {
        if (request.headers['x-leaves'] === undefined) return;
        await once(reply.raw, 'close');
        left += 1;
      });
    });
    const aborted = new AbortController();
    const sent = fetch(`${server.url}/threads/a/stream/events`, {
      method: 'POST',
      body: '{"channels":["custom"]}',
      signal: aborted.signal,
      headers: { 'content-type': 'application/json', 'x-leaves': '' },
    });
    server.app
      .getHttpServer()
      .once('request', (request: IncomingMessage) => request.once('end', () => aborted.abort()));
    await expect(sent).rejects.toThrow();
    const reader = await SseReader.open(server.url, 'a', { channels: ['custom'] });
    expect([left, server.app.get(OpenStreams, { strict: false }).count]).toEqual([1, 1]);
    reader.close();
    await server.close();
  });
});
