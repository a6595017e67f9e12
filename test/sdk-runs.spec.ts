import { assistantIdOf } from '../src/graphs/assistant-resolver.js';
import { randomUUID } from 'node:crypto';
import { gate } from './support/gate.js';
import { collected, type Part, says, spokenBy } from './support/run-parts.js';
import { GATED, TestServer } from './support/running-server.js';
import { type Client, SDK_VERSIONS } from './support/sdk-versions.js';
import { ThreadProbe } from './support/thread-probe.js';

const WHOLE = 'This is the whole answer to you';

describe.each(SDK_VERSIONS)('the runs of SDK $version', ({ Client }) => {
  let server: TestServer;
  let client: Client;

  beforeAll(async () => {
    server = await TestServer.start(GATED, { STATELESS_THREAD_GRACE_MS: 0 });
    client = new Client({ apiUrl: server.url, callerOptions: { maxRetries: 0 } });
  });
  afterAll(() => server.close());

  const newThread = async (): Promise<string> => (await client.threads.create()).thread_id;
  /** A run that stands at its gate. */
  const heldRun = async (
    threadId: string, more: object = {},
  ): Promise<{ runId: string; open: () => void }> => {
    const name = randomUUID();
    const { run_id: runId } = await client.runs.create(threadId, 'gated', {
      input: says('you', { gate: name }),
      ...more,
    });
    await gate(name).reached;
    return { runId, open: () => gate(name).open() };
  };

  it('create: a run in the background, whose end can be joined', async () => {
    const threadId = await newThread();
    const created: object[] = [];
    const run = await client.runs.create(threadId, 'gated', {
      input: says('you'), metadata: { a: 1 }, onRunCreated: (params) => void created.push(params),
    });
    expect(run).toMatchObject({
      thread_id: threadId,
      status: expect.stringMatching(/pending|running/),
      metadata: { a: 1 },
    });
    expect(created).toEqual([{ run_id: run.run_id, thread_id: threadId }]);
    expect(await client.runs.join(threadId, run.run_id)).toMatchObject({
      messages: [{ type: 'human' }, { content: WHOLE }],
    });
    expect(await client.runs.get(threadId, run.run_id)).toMatchObject({ status: 'success' });
  });

  it('create without a thread: it is run, and its thread goes', async () => {
    const run = await client.runs.create(null, 'gated', { input: says('you') });
    await collected(client.runs.joinStream(null, run.run_id)).catch(() => []);
    await gone(run.thread_id);
    await expect(client.runs.get(run.thread_id, run.run_id)).rejects.toThrow(/404/);
  });

  it('stream: metadata, then the frames, then the end', async () => {
    const threadId = await newThread();
    const created: { run_id: string }[] = [];
    const parts = await collected(
      client.runs.stream(threadId, 'gated', {
        input: says('you'), streamMode: ['values', 'messages-tuple', 'custom'],
        onRunCreated: (params) => void created.push(params as { run_id: string }),
      }),
    );
    const [{ run_id: runId }] = created as [{ run_id: string }];
    expect(parts[0]).toMatchObject({ event: 'metadata', data: { run_id: runId, attempt: 1 } });
    expect(parts.at(-1)).toMatchObject({ event: 'end', data: { run_id: runId, status: 'success' } });
    expect(parts.filter(({ event }) => event === 'values').at(-1)?.data.messages).toMatchObject([
      { type: 'human', content: 'you' }, { type: 'ai', content: WHOLE },
    ]);
    expect(spokenBy(parts)).toBe(WHOLE);
    const [, metadata] = parts.find(({ event }) => event === 'messages')?.data as [object, object];
    expect(metadata).toMatchObject({ langgraph_node: 'speak', langgraph_step: 1, run_id: runId, thread_id: threadId });
    expect(parts.filter(({ event }) => event === 'custom').map(({ data }) => data.payload.done)).toEqual([0, 100]);
    const ids = parts.map(({ id }) => Number(id)).filter((id) => !Number.isNaN(id));
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
  });

  it.each([
    ['one', 'updates'], ['a list', ['updates', 'custom']], ['none', undefined], ['an empty list', []],
  ])('stream: stream_mode as %s', async (_, streamMode) => {
    const parts = await collected(
      client.runs.stream(await newThread(), 'gated', { input: says('you'), streamMode: streamMode as 'updates' }),
    );
    const given = streamMode === undefined || streamMode.length === 0 ? ['values'] : [streamMode].flat();
    const events = new Set(parts.map(({ event }) => event));
    expect([...events].sort()).toEqual([...given, 'metadata', 'end'].sort());
  });

  it('stream: messages as they grow', async () => {
    const parts = await collected(
      client.runs.stream(await newThread(), 'gated', { input: says('you'), streamMode: 'messages' }),
    );
    expect(parts.map(({ event }) => event)).toEqual([
      'metadata', 'messages/metadata', ...WHOLE.split(' ').map(() => 'messages/partial'), 'messages/complete', 'end',
    ]);
    const [id, about] = Object.entries(parts[1]?.data as object)[0] as [string, { metadata: object }];
    expect(about.metadata).toMatchObject({ langgraph_node: 'speak' });
    expect(parts[3]?.data).toMatchObject([{ id, type: 'ai', content: 'This is ' }]);
    expect(parts.at(-2)?.data).toMatchObject([{ id, type: 'ai', content: WHOLE }]);
  });

  it('stream: the calls of tools as they grow', async () => {
    const parts = await collected(
      client.runs.stream(await newThread(), 'agent', { input: says('in Rome'), streamMode: 'messages' }),
    );
    const growing = parts.filter(({ event, data }) => event === 'messages/partial' && data[0].tool_calls.length > 0);
    expect(growing.at(-1)?.data[0].tool_calls).toMatchObject([{ name: 'get_weather', args: { city: 'Rome' } }]);
    const complete = parts
      .filter(({ event }) => event === 'messages/complete')
      .map(({ data }) => data[0].type as string);
    expect(complete).toEqual(['ai', 'tool', 'ai']);
  });

  it('stream: events of LangChain', async () => {
    const parts = await collected(
      client.runs.stream(await newThread(), 'gated', { input: says('you'), streamMode: ['events'] }),
    );
    const events = parts.filter(({ event }) => event === 'events').map(({ data }) => data as Part);
    const chunks = events.filter(({ event }) => event === 'on_chat_model_stream');
    expect(chunks.map(({ data }) => data.chunk.content as string).join('')).toBe(WHOLE);
    expect(chunks[0]).toMatchObject({
      run_id: expect.any(String), tags: expect.any(Array), metadata: { langgraph_node: 'speak' },
      data: { chunk: { type: 'AIMessageChunk', response_metadata: {}, tool_call_chunks: [] } },
    });
    expect(events.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['on_chain_start', 'on_chat_model_start', 'on_chat_model_end', 'on_chain_end']),
    );
  });

  it('stream: an error is told before the end', async () => {
    const threadId = await newThread();
    const parts = await collected(
      client.runs.stream(threadId, 'agent', { input: says('in Rome'), config: { recursion_limit: 1 } }),
    );
    expect(parts.slice(-2)).toMatchObject([
      { event: 'error', data: { error: 'GraphRecursionError', message: expect.stringContaining('Recursion limit') } },
      { event: 'end', data: { status: 'error' } },
    ]);
  });

  it('stream: interrupts, and the run that answers them', async () => {
    const threadId = await newThread();
    const streamMode = ['values', 'updates'] as ('values' | 'updates')[];
    const asked = await collected(client.runs.stream(threadId, 'approval', { input: says('go'), streamMode }));
    const of = (parts: Part[], mode: string): { id: string; value: object }[] =>
      parts.flatMap(({ event, data }) => (event === mode ? (data.__interrupt__ ?? []) : []));
    expect(of(asked, 'values')).toHaveLength(2);
    expect(of(asked, 'updates')).toEqual(of(asked, 'values'));
    expect(asked.at(-1)).toMatchObject({ event: 'end', data: { status: 'success' } });
    expect(await client.threads.get(threadId)).toMatchObject({ status: 'interrupted' });

    const [first] = of(asked, 'values').map(({ id }) => id);
    const command = { resume: { [first as string]: 'approve' } };
    const again = await collected(client.runs.stream(threadId, 'approval', { command, streamMode }));
    // The other question is still open, and is told again.
    expect(of(again, 'values').map(({ id }) => id)).not.toContain(first);
    expect(of(again, 'values')).toHaveLength(1);
  });

  it('wait: the final values, with the interrupts that are left', async () => {
    const threadId = await newThread();
    expect(await client.runs.wait(threadId, 'gated', { input: says('you') })).toMatchObject({
      messages: [{ type: 'human' }, { type: 'ai', content: WHOLE }],
    });
    const other = await newThread();
    expect(await client.runs.wait(other, 'approval', { input: says('go') })).toMatchObject({
      messages: [{}, {}], __interrupt__: [{ value: { role: 'budget' } }, { value: { role: 'legal' } }],
    });
  });

  it('wait: white space while it lasts, JSON in the end', async () => {
    const name = randomUUID();
    const quick = await TestServer.start(GATED, { HEARTBEAT_INTERVAL_MS: 5 });
    const response = await fetch(`${quick.url}/runs/wait`, {
      method: 'POST', headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ assistant_id: 'gated', input: says('you', { gate: name }) }),
    });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    const body = (response.body as ReadableStream<Uint8Array>).getReader();
    const first = await body.read();
    expect(Buffer.from(first.value as Uint8Array).toString()).toMatch(/^\n+$/);
    gate(name).open();
    let text = '';
    for (let next = await body.read(); !next.done; next = await body.read()) text += Buffer.from(next.value).toString();
    expect(JSON.parse(text)).toMatchObject({ messages: [{}, { content: WHOLE }] });
    await quick.close();
  });

  it('wait: an error names its class and says why', async () => {
    const failing = { input: says('in Rome'), config: { recursion_limit: 1 } };
    expect(await client.runs.wait(await newThread(), 'agent', { ...failing, raiseError: false })).toEqual({
      __error__: { error: 'GraphRecursionError', message: expect.stringContaining('Recursion limit') },
    });
    await expect(client.runs.wait(null, 'agent', failing)).rejects.toThrow(/^GraphRecursionError: Recursion limit/);
  });

  it('stateless: stream and wait, with a state inside and without a thread behind', async () => {
    const parts = await collected(client.runs.stream(null, 'approval', { input: says('go'), streamMode: 'values' }));
    expect(parts.filter(({ data }) => data.__interrupt__)).toHaveLength(2);
    expect(parts.at(-1)).toMatchObject({ event: 'end', data: { status: 'success' } });
    expect(await client.runs.wait(null, 'gated', { input: says('you') })).toMatchObject({
      messages: [{}, { content: WHOLE }],
    });
  });

  it('stateless: on_completion keep keeps the thread', async () => {
    const run = await client.runs.create(null, 'gated', { input: says('you'), onCompletion: 'keep' as never });
    await client.runs.join(run.thread_id, run.run_id);
    const other = await client.runs.create(null, 'gated', { input: says('you') });
    await gone(other.thread_id);
    expect(await client.threads.getState(run.thread_id)).toMatchObject({
      values: { messages: [{}, { content: WHOLE }] },
    });
  });

  it('batch: all of them, in order', async () => {
    const payloads = ['agent', 'gated'].map((assistantId) => ({ assistantId, input: says('you') }));
    const runs = (await client.runs.createBatch(payloads)) as { assistant_id: string; run_id: string }[];
    expect(runs).toMatchObject(['agent', 'gated'].map((graphId) => ({ assistant_id: assistantIdOf(graphId) })));
    const wrong = [...payloads, { assistantId: 'gated', input: {}, interruptBefore: 1, interrupt_before: 1 }];
    await expect(client.runs.createBatch(wrong as typeof payloads)).rejects.toThrow(/422/);
  });

  it('list: newest first, in pages, by status, with the fields that are wanted', async () => {
    const threadId = await newThread();
    const ids: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      const { run_id: id } = await client.runs.create(threadId, 'gated', { input: says('you') });
      await client.runs.join(threadId, id);
      ids.unshift(id);
    }
    const idsOf = async (options: object): Promise<string[]> =>
      (await client.runs.list(threadId, options)).map(({ run_id: id }) => id);
    expect(await idsOf({})).toEqual(ids);
    expect(await idsOf({ limit: 1, offset: 1 })).toEqual([ids[1]]);
    expect(await idsOf({ limit: 2, offset: 2 })).toEqual([ids[2]]);
    expect(await idsOf({ status: 'error' })).toEqual([]);
    expect(await client.runs.list(threadId, { limit: 1, select: ['run_id', 'status'] })).toEqual([
      { run_id: ids[0], status: 'success' },
    ]);
  });

  it('get: 404 for a run of another thread', async () => {
    const run = await client.runs.create(await newThread(), 'gated', { input: says('you') });
    await expect(client.runs.get(await newThread(), run.run_id)).rejects.toThrow(/404/);
  });

  it('delete: the run goes, active or not, and what it said stays', async () => {
    const threadId = await newThread();
    const { runId } = await heldRun(threadId);
    await client.runs.delete(threadId, runId);
    await expect(client.runs.get(threadId, runId)).rejects.toThrow(/404/);
    expect(await client.runs.list(threadId)).toEqual([]);
    const probe = new ThreadProbe(server, threadId);
    expect((await probe.read()).filter(({ method }) => method === 'lifecycle').length).toBeGreaterThan(1);
    probe.close();
  });

  it('cancel: at once, or when the run has ended; with a reason', async () => {
    const threadId = await newThread();
    const waited = await heldRun(threadId);
    await client.runs.cancel(threadId, waited.runId, true);
    expect(await client.runs.get(threadId, waited.runId)).toMatchObject({ status: 'interrupted' });

    const { runId } = await heldRun(threadId);
    const url = `${server.url}/threads/${threadId}/runs/${runId}`;
    expect((await fetch(`${url}/cancel?wait=0&action=interrupt&reason=taken`, { method: 'POST' })).status).toBe(202);
    expect(await collected(client.runs.joinStream(threadId, runId))).toContainEqual(
      expect.objectContaining({ event: 'end', data: { run_id: runId, status: 'interrupted' } }),
    );
    expect(await client.runs.get(threadId, runId)).toMatchObject({ cancel_reason: 'taken' });
  });

  it('cancel with rollback: the run is gone, and with it what it did', async () => {
    const threadId = await newThread();
    const { runId } = await heldRun(threadId);
    const joined = collected(client.runs.joinStream(threadId, runId));
    await client.runs.cancel(threadId, runId, true, 'rollback');
    expect((await joined).at(-1)).toMatchObject({ event: 'end', data: { run_id: runId, status: 'interrupted' } });
    await expect(client.runs.get(threadId, runId)).rejects.toThrow(/404/);
    expect((await client.threads.getState(threadId)).values).toEqual({});
  });

  it('cancelMany: by id, and by status', async () => {
    const threadId = await newThread();
    const { runId } = await heldRun(threadId);
    const { run_id: queued } = await client.runs.create(threadId, 'gated', { input: says('you') });
    await client.runs.cancelMany({ threadId, runIds: [queued] });
    expect(await client.runs.get(threadId, queued)).toMatchObject({ status: 'interrupted' });
    await client.runs.cancelMany({ threadId, status: 'running' });
    await client.runs.join(threadId, runId);
    expect(await client.runs.get(threadId, runId)).toMatchObject({ status: 'interrupted' });
    await expect(client.runs.cancelMany({ threadId, runIds: [randomUUID()] })).rejects.toThrow(/404/);
    await expect(client.runs.cancelMany({})).rejects.toThrow(/422/);
  });

  it('a run shows on the v2 stream, and one that is started there can be joined here', async () => {
    const threadId = await newThread();
    await client.runs.wait(threadId, 'gated', { input: says('you') });
    const probe = new ThreadProbe(server, threadId);
    expect((await probe.read()).map(({ method }) => method)).toEqual(expect.arrayContaining(['messages', 'values']));
    const there = await probe.start('gated', says('you'));
    const parts = await collected(
      client.runs.joinStream(threadId, there, { streamMode: ['messages-tuple', 'values'] }),
    );
    expect(spokenBy(parts)).toBe(WHOLE);
    expect(parts.find(({ event }) => event === 'messages')?.data[1]).toMatchObject({
      langgraph_node: 'speak', run_id: there, thread_id: threadId,
    });
    expect(parts.at(-1)).toMatchObject({ event: 'end', data: { run_id: there, status: 'success' } });
    probe.close();
  });

  /** Resolves when a thread is not there any more. */
  async function gone(threadId: string): Promise<void> {
    while ((await fetch(`${server.url}/threads/${threadId}`)).status !== 404) await new Promise(setImmediate);
  }
});
