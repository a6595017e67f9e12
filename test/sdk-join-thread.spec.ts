import { randomUUID } from 'node:crypto';
import { CuttingProxy } from './support/cutting-proxy.js';
import { gate } from './support/gate.js';
import { collected, type Part, says, spokenBy, told } from './support/run-parts.js';
import { GATED, TestServer } from './support/running-server.js';
import { type Client, SDK_VERSIONS } from './support/sdk-versions.js';
import { SocketReader } from './support/socket-reader.js';

const WHOLE = 'This is the whole answer to you';

describe.each(SDK_VERSIONS)('threads.joinStream of SDK $version', ({ Client }) => {
  let server: TestServer;
  let client: Client;

  beforeAll(async () => {
    server = await TestServer.start(GATED);
    client = new Client({ apiUrl: server.url });
  });
  afterAll(() => server.close());

  const newThread = async (): Promise<string> => (await client.threads.create()).thread_id;
  const isDone = ({ event, data }: Part): boolean => event === 'metadata' && data.status === 'run_done';

  /** Reads a stream that has no end until the test has what it waits for. */
  async function readUntil(
    threadId: string,
    options: object,
    isEnough: (parts: readonly Part[]) => boolean | Promise<boolean>,
    via: Client = client,
  ): Promise<Part[]> {
    const parts: Part[] = [];
    const leaving = new AbortController();
    for await (const part of via.threads.joinStream(threadId, { ...options, signal: leaving.signal } as never)) {
      parts.push(part as Part);
      if (await isEnough(parts)) break;
    }
    leaving.abort();
    return parts;
  }
  const runs = (count: number) => (parts: readonly Part[]): boolean => parts.filter(isDone).length === count;
  const everything = { lastEventId: '-1' };

  /** A raw reader, open before anything is done. */
  async function opened(threadId: string, query = ''): Promise<{ until(text: string): Promise<string>; close(): void }> {
    const leaving = new AbortController();
    const response = await fetch(`${server.url}/threads/${threadId}/stream${query}`, { signal: leaving.signal });
    expect(response.status).toBe(200);
    const body = (response.body as NonNullable<typeof response.body>).getReader();
    let seen = '';
    return {
      async until(text) {
        while (!seen.includes(text)) seen += Buffer.from((await body.read()).value ?? []).toString();
        return seen;
      },
      close: () => leaving.abort(),
    };
  }

  it('gives two runs in a row, each as its own stream shows it', async () => {
    const threadId = await newThread();
    const streamMode = ['messages-tuple', 'updates'] as never;
    const own: Part[][] = [];
    own.push(await collected(client.runs.stream(threadId, 'gated', { input: says('you'), streamMode })));
    own.push(await collected(client.runs.stream(threadId, 'gated', { input: says('you') })));

    const parts = await readUntil(threadId, everything, runs(2));
    const first = parts.slice(0, parts.findIndex(isDone) + 1);
    const second = parts.slice(first.length);
    for (const [n, part] of [first, second].entries()) {
      const alone = own[n] as Part[];
      expect(part[0]).toMatchObject({ event: 'metadata', data: alone[0]?.data });
      expect(told(part)).toEqual(told(alone.slice(0, -1)));
      expect(part.at(-1)?.data).toEqual({ status: 'run_done', run_id: alone[0]?.data.run_id });
    }
    const ids = parts.map(({ id }) => id);
    expect(new Set(ids).size).toBe(parts.length);
  });

  it('gives what comes from now on, also of runs that are started later, and says the same as a replay', async () => {
    const threadId = await newThread();
    await client.runs.wait(threadId, 'gated', { input: says('before') });
    const reader = await opened(threadId);
    const { run_id: one } = await client.runs.create(threadId, 'gated', { input: says('you') });
    await client.runs.join(threadId, one);
    const { run_id: two } = await client.runs.create(threadId, 'gated', { input: says('again') });
    const live = await reader.until(`"run_done","run_id":"${two}"`);
    reader.close();
    const [, first] = /^id: (\S+)/m.exec(live) as unknown as [string, string];
    expect(live).toContain(`"run_id":"${one}","attempt":1`);
    const replay = await readUntil(threadId, everything, runs(3));
    const from = replay.slice(replay.findIndex(({ id }) => id === first));
    expect([...live.matchAll(/^event: (.*)$/gm)].map(([, event]) => event)).toEqual(from.map(({ event }) => event));
    expect([...live.matchAll(/^id: (.*)$/gm)].map(([, id]) => id)).toEqual(from.map(({ id }) => id));
  });

  it('is resumed by the client itself when it is cut in the middle of a run, without a gap and without a double', async () => {
    const threadId = await newThread();
    const proxy = await CuttingProxy.start(server.url);
    const cutClient = new Client({ apiUrl: proxy.url });
    const name = randomUUID();
    const streamMode = ['messages-tuple', 'messages', 'values'] as never;
    await client.runs.create(threadId, 'gated', { input: says('you', { gate: name }), streamMode } as never);
    let wasCut = false;
    const parts = await readUntil(threadId, everything, (so) => {
      if (!wasCut && so.filter(({ event }) => event === 'messages').length === 3 && so.at(-1)?.event === 'messages') {
        expect(proxy.cut()).toBeGreaterThan(0);
        wasCut = true;
        gate(name).open();
      }
      return runs(1)(so);
    }, cutClient);
    expect(wasCut).toBe(true);
    expect(spokenBy(parts.filter(({ event }) => event === 'messages'))).toBe(WHOLE);
    expect(parts.filter(({ event }) => event === 'metadata')).toHaveLength(2);
    expect(parts).toEqual(await readUntil(threadId, everything, runs(1)));
    await proxy.close();
  });

  it('is resumed behind any of its frames, over the border of two runs', async () => {
    const threadId = await newThread();
    const streamMode = ['messages', 'updates', 'values', 'tasks'] as never;
    for (const who of ['you', 'me']) await client.runs.wait(threadId, 'gated', { input: says(who), streamMode } as never);
    const both = { streamMode: ['run_modes', 'lifecycle', 'state_update'] };
    const parts = await readUntil(threadId, { ...everything, ...both }, runs(2));
    for (const [index, { id }] of parts.entries()) {
      const rest = parts.slice(index + 1);
      if (rest.length === 0) break;
      const seen = await readUntil(threadId, { lastEventId: id, ...both }, (so) => so.length === rest.length);
      expect([id, seen]).toEqual([id, rest]);
    }
  });

  it('that begins in the middle of a run tells the rest of it, with all that was said of its messages', async () => {
    const threadId = await newThread();
    const name = randomUUID();
    const streamMode = ['messages'] as never;
    await client.runs.create(threadId, 'gated', { input: says('you', { gate: name }), streamMode } as never);
    await gate(name).reached;
    const reader = await opened(threadId);
    gate(name).open();
    const seen = await reader.until('run_done');
    reader.close();
    const complete = /event: messages\/complete\ndata: (.*)/.exec(seen)?.[1] as string;
    expect(JSON.parse(complete)).toMatchObject([{ content: WHOLE }]);
  });

  it('lifecycle tells where runs stand, and nothing else', async () => {
    const threadId = await newThread();
    for (const who of ['you', 'me']) await client.runs.wait(threadId, 'gated', { input: says(who) });
    const parts = await readUntil(threadId, { ...everything, streamMode: 'lifecycle' }, (so) => so.length === 4);
    const [first, second] = (await client.runs.list(threadId)).map(({ run_id }) => run_id).reverse();
    expect(parts.map(({ event, data }) => [event, data.run_id, data.event])).toEqual([
      ['lifecycle', first, 'running'],
      ['lifecycle', first, 'completed'],
      ['lifecycle', second, 'running'],
      ['lifecycle', second, 'completed'],
    ]);
  });

  it('state_update tells the states that appear, also outside of a run', async () => {
    const threadId = await newThread();
    await client.runs.wait(threadId, 'gated', { input: says('you') });
    const reader = await opened(threadId, '?stream_mode=state_update');
    await client.threads.updateState(threadId, { values: { messages: [{ role: 'user', content: 'by hand' }] } });
    const seen = await reader.until('by hand');
    reader.close();
    const events = [...seen.matchAll(/^event: (.*)$/gm)].map(([, event]) => event);
    expect(events).toEqual(['checkpoints', 'values']);
    const parts = await readUntil(
      threadId, { ...everything, streamMode: ['state_update'] }, (so) => JSON.stringify(so.at(-1)).includes('by hand'),
    );
    const { checkpoint, values } = await client.threads.getState(threadId);
    expect(new Set(parts.map(({ event }) => event))).toEqual(new Set(['checkpoints', 'values']));
    expect(parts.at(-2)?.data).toMatchObject({ id: checkpoint.checkpoint_id });
    expect(parts.at(-1)?.data).toEqual(values);
  });

  it('says what failed, and goes on', async () => {
    const threadId = await newThread();
    const input = { messages: 7 };
    await client.runs.wait(threadId, 'gated', { input, raiseError: false } as never);
    await client.runs.wait(threadId, 'gated', { input: says('you') });
    const parts = await readUntil(threadId, everything, runs(2));
    expect(parts.slice(0, parts.findIndex(isDone)).at(-1)).toMatchObject({ event: 'error' });
  });

  it('refuses what there is not: a thread, a mode, an id', async () => {
    const threadId = await newThread();
    const answer = async (path: string, headers = {}): Promise<[number, string]> => {
      const response = await fetch(`${server.url}/threads/${path}`, { headers });
      return [response.status, await response.text()];
    };
    expect(await answer(`${randomUUID()}/stream`)).toEqual([404, expect.stringContaining('not found')]);
    expect(await answer(`${threadId}/stream?stream_mode=values`)).toEqual([
      422,
      expect.stringContaining('run_modes, lifecycle, state_update'),
    ]);
    expect(await answer(`${threadId}/stream`, { 'last-event-id': 'x' })).toEqual([
      422,
      expect.stringContaining('Last-Event-ID'),
    ]);
  });

  it('shares its path with the WebSocket, and answers HEAD', async () => {
    const threadId = await newThread();
    const url = `${server.url}/threads/${threadId}/stream`;
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-type'), await head.text()]).toEqual([200, 'text/event-stream', '']);
    const socket = await SocketReader.open(server.url, threadId, { path: 'stream' });
    await socket.subscribe(['lifecycle']);
    socket.close();
  });
});

describe('the stream of a thread', () => {
  const keys = { ada: { 'x-api-key': 'key-a' }, bob: { 'x-api-key': 'key-b' } };

  it('is its owner’s: cut once the thread is another’s, who shows nothing in it', async () => {
    const server = await TestServer.start(GATED, {
      AUTH_API_KEYS: 'ada:key-a,bob:key-b', HEARTBEAT_INTERVAL_MS: 1_000_000,
    });
    const threadId = randomUUID();
    const url = `${server.url}/threads/${threadId}`;
    const json = { 'content-type': 'application/json' };
    const run = { assistant_id: 'gated', input: says('a secret'), if_not_exists: 'create' };
    const start = (headers: object): Promise<Response> =>
      fetch(`${url}/runs/wait`, { method: 'POST', headers: { ...json, ...headers }, body: JSON.stringify(run) });
    await (await start(keys.ada)).text();
    expect((await fetch(`${url}/stream`, { headers: keys.bob })).status).toBe(404);
    for (const mode of ['run_modes', 'lifecycle', 'state_update']) {
      const stream = await fetch(`${url}/stream?stream_mode=${mode}`, { headers: keys.ada });
      expect(stream.status).toBe(200);
      expect((await fetch(url, { method: 'DELETE', headers: keys.ada })).status).toBe(204);
      await (await start(keys.bob)).text();
      let seen = '';
      const read = async (): Promise<void> => {
        const body = stream.body as unknown as AsyncIterable<Uint8Array>;
        for await (const chunk of body) seen += Buffer.from(chunk).toString();
      };
      await expect(read()).rejects.toThrow('terminated');
      expect(seen).toBe('');
      expect((await fetch(url, { method: 'DELETE', headers: keys.bob })).status).toBe(204);
      await (await start(keys.ada)).text();
    }
    await server.close();
  });
});
