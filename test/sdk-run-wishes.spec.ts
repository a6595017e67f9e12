import { randomUUID } from 'node:crypto';
import { gate } from './support/gate.js';
import { collected, says } from './support/run-parts.js';
import { GATED, TestServer } from './support/running-server.js';
import { type Client, SDK_VERSIONS } from './support/sdk-versions.js';

const WHOLE = 'This is the whole answer to you';

describe.each(SDK_VERSIONS)('what runs of SDK $version are asked for', ({ Client }) => {
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

  it('if_not_exists: a thread that is missing is 404, or made', async () => {
    const threadId = randomUUID();
    await expect(client.runs.wait(threadId, 'gated', { input: says('you') })).rejects.toThrow(/404/);
    expect(await client.runs.wait(threadId, 'gated', { input: says('you'), ifNotExists: 'create' })).toMatchObject({
      messages: [{}, { content: WHOLE }],
    });
  });

  it('multitask_strategy: a busy thread refuses with 409, enqueues, interrupts or rolls back', async () => {
    const threadId = await newThread();
    const first = await heldRun(threadId);
    const next = (multitaskStrategy: 'reject' | 'enqueue' | 'interrupt' | 'rollback') =>
      client.runs.create(threadId, 'gated', { input: says('you'), multitaskStrategy });
    await expect(next('reject')).rejects.toThrow(/409/);
    const queued = await next('enqueue');
    expect(queued.status).toBe('pending');
    const taken = await next('interrupt');
    // Its state has the gate of the run before.
    first.open();
    await client.runs.join(threadId, taken.run_id);
    const statuses = await client.runs.list(threadId);
    expect(statuses.map(({ run_id: id, status }) => [id, status])).toEqual([
      [taken.run_id, 'success'], [queued.run_id, 'interrupted'], [first.runId, 'interrupted'],
    ]);
  });

  it('interrupt_before and interrupt_after: the graph stops at the node', async () => {
    const threadId = await newThread();
    const parts = await collected(
      client.runs.stream(threadId, 'agent', {
        input: says('in Rome'),
        interruptAfter: ['agent'],
        streamMode: 'values',
      }),
    );
    expect(parts.at(-2)?.data).toEqual({ __interrupt__: [] });
    expect((await client.threads.getState(threadId)).next).toEqual(['tools']);
    expect(await client.runs.wait(threadId, 'agent', { input: null })).toMatchObject({ messages: [{}, {}, {}, {}] });
    const before = await client.runs.wait(await newThread(), 'agent', { input: says('x'), interruptBefore: '*' });
    expect(before).toMatchObject({ messages: [{}], __interrupt__: [] });
  });

  it('checkpoint and checkpoint_id: a run starts from there', async () => {
    const threadId = await newThread();
    await client.runs.wait(threadId, 'gated', { input: says('one') });
    const { checkpoint } = await client.threads.getState(threadId);
    await client.runs.wait(threadId, 'gated', { input: says('two') });
    for (const from of [{ checkpointId: checkpoint.checkpoint_id as string }, { checkpoint }]) {
      const values = (await client.runs.wait(threadId, 'gated', { input: says('three'), ...from })) as {
        messages: object[];
      };
      expect(values.messages).toMatchObject([{ content: 'one' }, {}, { content: 'three' }, {}]);
    }
    await expect(client.runs.wait(threadId, 'gated', { input: {}, checkpointId: randomUUID() })).rejects.toThrow(/404/);
  });

  it('durability and checkpoint_during: exit stores the last checkpoint alone', async () => {
    for (const wish of [{ durability: 'exit' as const }, { checkpointDuring: false }]) {
      const threadId = await newThread();
      await client.runs.wait(threadId, 'agent', { input: says('in Rome'), ...wish });
      expect(await client.threads.getHistory(threadId)).toHaveLength(1);
    }
  });

  it('on_disconnect: cancel ends the run when its client goes, continue does not', async () => {
    for (const [onDisconnect, status] of [['cancel', 'interrupted'], ['continue', 'running']] as const) {
      const threadId = await newThread();
      const name = randomUUID();
      const leaving = new AbortController();
      let runId = '';
      const stream = collected(
        client.runs.stream(threadId, 'gated', {
          input: says('you', { gate: name }), onDisconnect, signal: leaving.signal,
          onRunCreated: ({ run_id: id }) => void (runId = id),
        }),
      ).catch(() => []);
      await gate(name).reached;
      leaving.abort();
      await stream;
      if (onDisconnect === 'cancel') await client.runs.join(threadId, runId);
      expect(await client.runs.get(threadId, runId)).toMatchObject({ status });
      gate(name).open();
    }
  });

  it('a parameter that nobody knows is ignored', async () => {
    const { thread_id: threadId } = await client.threads.create();
    const response = await fetch(`${server.url}/threads/${threadId}/runs/wait?nobody=1`, {
      method: 'POST', headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ assistant_id: 'gated', input: says('you'), nobody: { a: 1 }, stream_resumable: true }),
    });
    expect(response.status).toBe(200);
    await response.json();
  });
});
