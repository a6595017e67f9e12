import { randomUUID } from 'node:crypto';
import WebSocket from 'ws';
import { drain, takeUntil } from './support/collect.js';
import { gate } from './support/gate.js';
import { startRun } from './support/run-commands.js';
import { GATED, TestServer } from './support/running-server.js';
import { type Client, SDK_VERSIONS, type SdkEvent, type ThreadStream } from './support/sdk-versions.js';
import { rootLifecycle, rootTerminalOf, texts, textSoFar, untilEvent } from './support/sdk-events.js';

/** Node 20 has no WebSocket of its own. */
const transport = { transport: 'websocket' as const, webSocketFactory: (url: string) => new WebSocket(url) as never };

const input = (content: string): object => ({ messages: [{ role: 'user', content }], delayMs: 1 });

describe.each(SDK_VERSIONS)('the WebSocket transport of SDK $version', ({ Client }) => {
  let server: TestServer;
  let client: Client;
  const open: ThreadStream[] = [];

  beforeAll(async () => {
    server = await TestServer.start(GATED, { WATCHER_GRACE_MS: 0 });
    client = new Client({ apiUrl: server.url, apiKey: null });
  });
  afterEach(() => Promise.all(open.splice(0).map((thread) => thread.close())));
  afterAll(() => server.close());

  const stream = (assistantId: string, threadId: string = randomUUID()): ThreadStream => {
    const thread = client.threads.stream(threadId, { assistantId, ...transport });
    open.push(thread);
    return thread;
  };

  it('gives messages, tool calls, values and the output of a run', async () => {
    const thread = stream('agent');
    const [messages, values] = [
      drain(thread.messages as AsyncIterable<never>),
      drain(thread.values as AsyncIterable<never>),
    ];
    await thread.run.start({ input: input('How is it in Oslo?') });
    const spoken = (await messages) as { text: PromiseLike<string> }[];
    expect(await Promise.all(spoken.map(({ text }) => text))).toEqual([
      'Let me look at the weather in Oslo.',
      'You said "How is it in Oslo?". Here is what I found: Oslo: sunny, 14 degrees.',
    ]);
    expect(texts(await thread.output)).toHaveLength(4);
    expect((await values).at(-1)).toEqual(await thread.output);
  });

  it('runs twice on one thread', async () => {
    const thread = stream('agent');
    seen(thread);
    for (const [turn, city] of ['Oslo', 'Rome'].entries()) {
      const { run_id: runId } = (await thread.run.start({ input: input(`How is it in ${city}?`) })) as {
        run_id: string;
      };
      if (turn === 0) await thread.subscribe(['lifecycle', 'messages']);
      await untilEvent(thread, rootTerminalOf(runId), seen(thread));
      expect(textSoFar(seen(thread))).toContain(city);
      expect(texts((await client.threads.getState(thread.threadId)).values)).toHaveLength(4 * (turn + 1));
    }
    const ids = seen(thread).map(({ event_id: id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('asks, and takes the answers', async () => {
    const thread = stream('approval');
    const events = (await thread.subscribe(['input', 'lifecycle'])) as AsyncIterable<SdkEvent>;
    const items = events[Symbol.asyncIterator]();
    await thread.run.start({ input: input('tea') });
    const isEnd = ({ method, params }: SdkEvent): boolean =>
      method === 'lifecycle' &&
      params.namespace.length === 0 &&
      (params.data as { event: string }).event === 'interrupted';
    const asked = (await takeUntil(items, isEnd)).filter(({ method }) => method === 'input.requested');
    expect(asked).toHaveLength(2);
    const responses = asked.map(({ params }) => ({
      interrupt_id: (params.data as { interrupt_id: string }).interrupt_id,
      namespace: [...params.namespace],
      response: 'yes',
    }));
    await thread.input.respond({ responses } as never);
    const next = (await takeUntil(items, isEnd)).filter(({ method }) => method === 'input.requested');
    expect(next.map(({ params }) => (params.data as { payload: { role: string } }).payload.role)).toEqual(['release']);
  });

  it('connects again after the server has restarted, and sees each event once', async () => {
    const own = await TestServer.start(GATED, { PORT: await freePort() });
    const thread = new Client({ apiUrl: own.url, apiKey: null }).threads.stream(randomUUID(), {
      assistantId: 'agent',
      ...transport,
    });
    const events = seen(thread);
    await thread.subscribe(['lifecycle', 'messages']);
    const { run_id: first } = (await thread.run.start({ input: input('How is it in Oslo?') })) as { run_id: string };
    await untilEvent(thread, rootTerminalOf(first), events);
    await own.restart();
    const { runId: second } = await startRun(own.url, thread.threadId, 'agent', input('How is it in Rome?'));
    await untilEvent(thread, rootTerminalOf(second), events);
    expect(rootLifecycle(events)).toEqual(['running', 'completed', 'running', 'completed']);
    expect(new Set(events.map(({ event_id: id }) => id)).size).toBe(events.length);
    await thread.close();
    await own.close();
  });

  it('stops receiving when it unsubscribes in the middle of a run, and the run goes on', async () => {
    const name = randomUUID();
    const thread = stream('gated', name);
    const messages = (await thread.subscribe(['messages'])) as AsyncIterable<SdkEvent> & {
      unsubscribe(): Promise<void>;
    };
    await thread.run.start({ input: { ...input('you'), gate: name } });
    await gate(name).reached;
    await messages.unsubscribe();
    gate(name).open();
    expect(texts((await thread.output) as object)).toEqual(['you', 'This is the whole answer to you']);
  });
});

const collected = new WeakMap<ThreadStream, SdkEvent[]>();

/** The events that the SDK takes for new, from the first call on. */
function seen(thread: ThreadStream): SdkEvent[] {
  const known = collected.get(thread) ?? [];
  if (!collected.has(thread)) thread.onEvent((event) => void known.push(event));
  collected.set(thread, known);
  return known;
}

async function freePort(): Promise<number> {
  const probe = await TestServer.start(GATED);
  const port = Number(new URL(probe.url).port);
  await probe.close();
  return port;
}
