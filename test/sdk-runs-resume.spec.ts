import { randomUUID } from 'node:crypto';
import { CuttingProxy } from './support/cutting-proxy.js';
import { gate } from './support/gate.js';
import { collected, type Part, says, spokenBy, told } from './support/run-parts.js';
import { GATED, TestServer } from './support/running-server.js';
import { type Client, SDK_VERSIONS } from './support/sdk-versions.js';
import { ThreadProbe } from './support/thread-probe.js';

const WHOLE = 'This is the whole answer to you';
const ALL = [
  'values',
  'updates',
  'messages',
  'messages-tuple',
  'custom',
  'tasks',
  'checkpoints',
  'debug',
  'tools',
  'events',
];

describe.each(SDK_VERSIONS)('the streams of runs of SDK $version', ({ Client }) => {
  let server: TestServer;
  let client: Client;

  beforeAll(async () => {
    server = await TestServer.start(GATED);
    client = new Client({ apiUrl: server.url });
  });
  afterAll(() => server.close());

  const newThread = async (): Promise<string> => (await client.threads.create()).thread_id;
  const joined = (threadId: string, runId: string, options: object = {}): Promise<Part[]> =>
    collected(client.runs.joinStream(threadId, runId, options));
  const runOf = (parts: readonly Part[]): string => parts[0]?.data.run_id as string;

  it.each([['a thread', false], ['no thread', true]])(
    'that are cut in the middle are resumed by the client itself, without a gap and without a double (%s)',
    async (_, isStateless) => {
      const proxy = await CuttingProxy.start(server.url);
      const cutClient = new Client({ apiUrl: proxy.url });
      const name = randomUUID();
      const parts: Part[] = [];
      const options = {
        input: says('you', { gate: name }),
        streamMode: ['messages-tuple', 'values', 'messages'] as never,
        onDisconnect: 'continue',
      } as const;
      const stream = isStateless
        ? cutClient.runs.stream(null, 'gated', options)
        : cutClient.runs.stream(await newThread(), 'gated', options);
      for await (const part of stream) {
        parts.push(part as Part);
        const tuples = parts.filter(({ event }) => event === 'messages');
        if (tuples.length !== 3 || parts.at(-1)?.event !== 'messages') continue;
        expect(proxy.cut()).toBeGreaterThan(0);
        gate(name).open();
      }
      expect(spokenBy(parts.filter(({ event }) => event === 'messages'))).toBe(WHOLE);
      expect(parts.filter(({ event }) => event === 'metadata')).toHaveLength(1);
      expect(parts.at(-1)).toMatchObject({ event: 'end', data: { status: 'success' } });
      const whole = await collected(client.runs.joinStream(null, runOf(parts)));
      expect(told(parts)).toEqual(told(whole));
      await proxy.close();
    },
  );

  it('are resumed behind any of their frames, whatever is streamed', async () => {
    const threadId = await newThread();
    const streamMode = ALL as never;
    const parts = await collected(
      client.runs.stream(threadId, 'agent', { input: says('in Rome'), streamMode, streamSubgraphs: true }),
    );
    const runId = runOf(parts);
    const events = new Set(parts.map(({ event }) => event.split('|')[0]));
    expect([...events].sort()).toEqual(
      [
        'metadata',
        'end',
        ...ALL.filter((mode) => mode !== 'messages-tuple'),
        'messages/metadata',
        'messages/partial',
        'messages/complete',
      ].sort(),
    );
    const ids = parts.flatMap(({ id }) => (id ? [id] : []));
    expect(new Set(ids).size).toBe(parts.length - 2);
    for (const [index, { id, event }] of parts.entries()) {
      if (!id || event === 'end') continue;
      expect([id, told(await joined(threadId, runId, { lastEventId: id }))]).toEqual([
        id,
        told(parts.slice(index + 1)),
      ]);
    }
  });

  it('begin at the start with -1 and without an id, also when the run has ended; and say metadata only then', async () => {
    const threadId = await newThread();
    const parts = await collected(client.runs.stream(threadId, 'gated', { input: says('you'), streamMode: 'updates' }));
    for (const options of [{}, { lastEventId: '-1' }]) {
      expect(await joined(threadId, runOf(parts), options)).toEqual(parts);
    }
    const [rest] = await joined(threadId, runOf(parts), { lastEventId: parts.at(-2)?.id });
    expect(rest?.event).toBe('end');
    const response = await fetch(`${server.url}/threads/${threadId}/runs/${runOf(parts)}/stream`, {
      headers: { 'last-event-id': 'nonsense' },
    });
    expect([response.status, await response.text()]).toEqual([422, expect.stringContaining('Last-Event-ID')]);
  });

  it('show other modes than the run was asked for, where its events tell them', async () => {
    const threadId = await newThread();
    const parts = await collected(client.runs.stream(threadId, 'gated', { input: says('you') }));
    const other = await joined(threadId, runOf(parts), { streamMode: ['messages-tuple', 'updates'] });
    expect(spokenBy(other)).toBe(WHOLE);
    expect(other.map(({ event }) => event)).toContain('updates');
    await expect(joined(threadId, runOf(parts), { streamMode: ['nonsense'] })).rejects.toThrow(/422.*must be one of/);
  });

  it('begin behind a checkpoint of the run that the client has, and show the namespaces that it wants', async () => {
    const threadId = await newThread();
    const streamMode = ['values', 'checkpoints'] as never;
    const parts = await collected(
      client.runs.stream(threadId, 'research', { input: says('x'), streamMode, streamSubgraphs: true }),
    );
    const join = async (query: string): Promise<string[]> => {
      const response = await fetch(`${server.url}/threads/${threadId}/runs/${runOf(parts)}/stream?${query}`);
      return [...(await response.text()).matchAll(/^event: (.*)$/gm)].map(([, event]) => event as string);
    };
    const { checkpoint } = (await client.threads.getHistory(threadId))[1] as { checkpoint: { checkpoint_id: string } };
    expect(await join(`checkpoint_id=${checkpoint.checkpoint_id}`)).toEqual(
      ['metadata', 'values', 'checkpoints', 'values', 'end'],
    );
    expect(await join(`checkpoint_id=${randomUUID()}`)).toEqual(parts.map(({ event }) => event));
    const inside = parts.find(({ event }) => event.startsWith('values|'))?.event.split('|')[1] as string;
    const shown = await join(`namespace=${encodeURIComponent(inside)}`);
    expect(shown.length).toBeGreaterThan(2);
    expect(shown.slice(1, -1).every((event) => event.split('|')[1] === inside)).toBe(true);
  });

  it('go on while the run does, for any number of readers', async () => {
    const threadId = await newThread();
    const name = randomUUID();
    const { run_id: runId } = await client.runs.create(threadId, 'gated', {
      input: says('you', { gate: name }), streamMode: ['messages-tuple', 'values'] as never,
    });
    await gate(name).reached;
    const readers = Array.from({ length: 3 }, () => joined(threadId, runId));
    const late = client.runs.joinStream(threadId, runId)[Symbol.asyncIterator]();
    await late.next();
    gate(name).open();
    const [first, ...others] = await Promise.all(readers);
    expect(spokenBy(first as Part[])).toBe(WHOLE);
    for (const other of others) expect(other).toEqual(first);
    await late.return?.(undefined);
  });

  it('wait for a run that is queued, and tell nothing of the one before', async () => {
    const threadId = await newThread();
    const name = randomUUID();
    const first = await client.runs.create(threadId, 'gated', { input: says('you', { gate: name }) });
    await gate(name).reached;
    const second = collected(client.runs.stream(threadId, 'gated', { input: says('me'), streamMode: 'values' }));
    gate(name).open();
    await client.runs.join(threadId, first.run_id);
    const values = (await second).filter(({ event }) => event === 'values');
    expect(values[0]?.data.messages).toHaveLength(3);
  });

  it('end for a run that is cancelled before it began', async () => {
    const threadId = await newThread();
    const name = randomUUID();
    await client.runs.create(threadId, 'gated', { input: says('you', { gate: name }) });
    await gate(name).reached;
    const { run_id: queued } = await client.runs.create(threadId, 'gated', { input: says('you') });
    const reading = joined(threadId, queued);
    await client.runs.cancel(threadId, queued, true);
    const waiting = client.runs.join(threadId, queued);
    gate(name).open();
    expect((await reading).at(-1)).toMatchObject({ event: 'end', data: { run_id: queued, status: 'interrupted' } });
    expect(await waiting).toEqual({});
  });

  it('have their headers: where the run is, where it is resumed, and nothing that is kept', async () => {
    const threadId = await newThread();
    const response = await fetch(`${server.url}/threads/${threadId}/runs/stream`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ assistant_id: 'gated', input: says('you') }),
    });
    const run = /runs\/([^/]+)$/.exec(response.headers.get('content-location') ?? '')?.[1];
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'content-location': `/threads/${threadId}/runs/${run}`,
      location: `/threads/${threadId}/runs/${run}/stream`,
      'cache-control': 'no-cache, no-transform',
    });
    expect(await response.text()).toMatch(/^event: metadata\ndata: .*\n\nid: \d+\nevent: values\n/);
  });

  it('updateState outside of a run shows on the streams of the thread, as checkpoints and values', async () => {
    const threadId = await newThread();
    await client.runs.wait(threadId, 'gated', { input: says('you') });
    const probe = new ThreadProbe(server, threadId);
    const before = (await probe.read()).at(-1)?.seq ?? 0;
    const messages = [{ role: 'user', content: 'by hand' }];
    const { checkpoint } = (await client.threads.updateState(threadId, { values: { messages } })) as unknown as {
      checkpoint: { checkpoint_id: string };
    };
    const reader = await probe.open({ since: before });
    await reader.until(({ method }) => method === 'values');
    const state = await client.threads.getState(threadId);
    expect(reader.events).toMatchObject([
      {
        method: 'checkpoints',
        params: { namespace: [], data: { id: checkpoint.checkpoint_id, source: 'update', step: 2 } },
      },
      { method: 'values', params: { namespace: [], data: { messages: [{}, {}, { content: 'by hand' }] } } },
    ]);
    const [first, second] = reader.events.map(({ params }) => (params as unknown as { timestamp: number }).timestamp);
    expect(first).toBe(second);
    expect(first).toBeGreaterThanOrEqual(Date.parse(state.created_at as string));
    probe.close();
  });

  it('after_seconds: the run waits, others go first, and it is started in its time', async () => {
    const threadId = await newThread();
    const later = await client.runs.create(threadId, 'gated', { input: says('later'), afterSeconds: 1 });
    const values = await client.runs.wait(threadId, 'gated', { input: says('you') });
    expect(values).toMatchObject({ messages: [{ content: 'you' }, { content: WHOLE }] });
    expect(await client.runs.get(threadId, later.run_id)).toMatchObject({ status: 'pending' });
    expect(await client.runs.join(threadId, later.run_id)).toMatchObject({
      messages: [{}, {}, { content: 'later' }, {}],
    });
    const { created_at: asked, updated_at: ended } = await client.runs.get(threadId, later.run_id);
    expect(Date.parse(ended) - Date.parse(asked)).toBeGreaterThanOrEqual(1_000);
  });
});

describe('after a restart', () => {
  const [{ Client }] = SDK_VERSIONS as [(typeof SDK_VERSIONS)[0]];

  it('a run that is to wait is started in its time, and a temporary thread goes with its run', async () => {
    const server = await TestServer.start(GATED, { STATELESS_THREAD_GRACE_MS: 0 });
    const client = new Client({ apiUrl: server.url });
    const { thread_id: threadId } = await client.threads.create();
    const later = await client.runs.create(threadId, 'gated', { input: says('you'), afterSeconds: 1 });
    const name = randomUUID();
    const held = await client.runs.create(null, 'gated', { input: says('you', { gate: name }) });
    await gate(name).reached;

    await server.restart();
    gate(name).open();
    const again = new Client({ apiUrl: server.url });
    expect(await again.runs.join(threadId, later.run_id)).toMatchObject({ messages: [{}, { content: WHOLE }] });
    const probe = new ThreadProbe(server, held.thread_id);
    while ((await fetch(probe.url)).status !== 404) await new Promise(setImmediate);
    probe.close();
    await server.close();
  });
});
