import { randomUUID } from 'node:crypto';
import { drain, take, takeUntil, watch } from './support/collect.js';
import { gate } from './support/gate.js';
import { GATED, TestServer } from './support/running-server.js';
import { rootLifecycle, rootTerminalOf, texts, untilEvent } from './support/sdk-events.js';
import { type Client, SDK_VERSIONS, type SdkEvent, type ThreadStream } from './support/sdk-versions.js';

const human = (content: string): { role: string; content: string } => ({ role: 'user', content });
const input = (content: string): object => ({ messages: [human(content)], delayMs: 1 });
const FIRST_REPLY = 'Let me look at the weather in Oslo.';
const LAST_REPLY = 'You said "How is it in Oslo?". Here is what I found: Oslo: sunny, 14 degrees.';

describe.each(SDK_VERSIONS)('ThreadStream of SDK $version', ({ Client }) => {
  let server: TestServer;
  let client: Client;
  const open: ThreadStream[] = [];

  beforeAll(async () => {
    server = await TestServer.start(GATED, { WATCHER_GRACE_MS: 0 });
    client = new Client({ apiUrl: server.url });
  });
  afterEach(() => Promise.all(open.splice(0).map((thread) => thread.close())));
  afterAll(() => server.close());

  const stream = (assistantId: string, threadId: string = randomUUID()): ThreadStream => {
    const thread = client.threads.stream(threadId, { assistantId });
    open.push(thread);
    return thread;
  };

  it('assembles the messages, tool calls, extensions and values of a run', async () => {
    const thread = stream('agent');
    const [messages, toolCalls, progress, values] = [
      thread.messages,
      thread.toolCalls,
      thread.extensions.progress!,
      thread.values,
    ].map((items) => drain(items as AsyncIterable<never>)) as Promise<unknown[]>[];
    await thread.run.start({ input: input('How is it in Oslo?') });

    const spoken = (await messages) as {
      text: PromiseLike<string> & AsyncIterable<string>;
      toolCalls: PromiseLike<object[]>;
    }[];
    expect(await Promise.all(spoken.map(({ text }) => text))).toEqual([FIRST_REPLY, LAST_REPLY]);
    const pieces = await drain(spoken[1]!.text);
    expect(pieces.length).toBeGreaterThan(5);
    expect(pieces.join('')).toBe(LAST_REPLY);
    expect(await spoken[0]!.toolCalls).toMatchObject([{ name: 'get_weather', args: { city: 'Oslo' } }]);

    // The SDK yields a call when it starts and again when it ends.
    const calls = (await toolCalls) as { name: string; callId: string; input: unknown; output: Promise<unknown> }[];
    expect(calls.map(({ name, input: given }) => [name, given])).toEqual(
      Array(2).fill(['get_weather', { city: 'Oslo' }]),
    );
    expect(new Set(calls.map(({ callId }) => callId)).size).toBe(1);
    expect(await calls[0]!.output).toBe('Oslo: sunny, 14 degrees');

    expect(await progress).toEqual([50, 100].map((percent) => ({ step: 'weather', city: 'Oslo', percent })));
    expect(await thread.extensions.progress).toEqual({ step: 'weather', city: 'Oslo', percent: 100 });

    const state = await thread.output;
    expect(texts(state)).toEqual(['How is it in Oslo?', FIRST_REPLY, 'Oslo: sunny, 14 degrees', LAST_REPLY]);
    const snapshots = (await values)!;
    expect(snapshots.map((snapshot) => texts(snapshot).length)).toEqual([1, 2, 3, 4]);
    expect(snapshots.at(-1)).toEqual(state);
    expect(thread.interrupted).toBe(false);
  });

  it('gives a named custom channel its payloads, once and in order', async () => {
    const thread = stream('gated');
    const name = randomUUID();
    const started = thread.run.start({ input: { ...input('a'), gate: name } });
    const named = await thread.subscribe('custom:progress');
    expect(await take(named[Symbol.asyncIterator](), 1)).toEqual([{ done: 0 }]);
    gate(name).open();
    await started;
    expect(await drain(named)).toEqual([{ done: 100 }]);
  });

  it('never sends a tool call as tool-call-delta: its arguments come accumulated', async () => {
    const thread = stream('agent');
    const started = thread.run.start({ input: input('How is it in Oslo?') });
    const events = await drain(await thread.subscribe('messages'));
    await started;
    const deltas = events.flatMap(({ params: { data } }) => (data.event === 'content-block-delta' ? [data.delta] : []));
    expect(new Set(deltas.map(({ type }) => type))).toEqual(new Set(['text-delta', 'block-delta']));
    const args = deltas.flatMap((delta) =>
      delta.type === 'block-delta' ? [(delta.fields as { args?: string }).args] : [],
    );
    expect(args.at(-1)).toBe('{"city":"Oslo"}');
  });

  it('shows a finished run to those who subscribe late, in the same session and in another', async () => {
    const thread = stream('agent');
    await thread.run.start({ input: input('How is it in Oslo?') });
    await thread.output;
    for (const late of [thread, stream('agent', thread.threadId)]) {
      const [messages, toolCalls, progress] = [late.messages, late.toolCalls, late.extensions.progress!];
      const spoken = await take(messages[Symbol.asyncIterator](), 2);
      expect(await Promise.all(spoken.map(({ text }) => text))).toEqual([FIRST_REPLY, LAST_REPLY]);
      const [call] = await take(toolCalls[Symbol.asyncIterator](), 1);
      expect(await call!.output).toBe('Oslo: sunny, 14 degrees');
      expect(await drain(progress)).toHaveLength(2);
      expect(await progress).toMatchObject({ percent: 100 });
    }
  });

  it('reads the state, whole or by keys', async () => {
    const thread = stream('agent');
    await thread.run.start({ input: input('How is it in Oslo?') });
    await thread.output;
    const whole = await thread.state.get({ namespace: [] });
    expect(whole.values).toMatchObject({ delayMs: 1 });
    expect(texts(whole.values)).toHaveLength(4);
    expect(whole.checkpoint).toMatchObject({ id: expect.any(String), ns: '' });
    expect((await thread.state.get({ namespace: [], keys: ['delayMs'] })).values).toEqual({ delayMs: 1 });
  });

  it('names a position on a thread that never ran, and one at or below what the client saw', async () => {
    const thread = stream('agent');
    await thread.run.start({ input: input('a') });
    expect(thread.ordering.lastAppliedThroughSeq).toBeGreaterThan(0);
    await thread.output;
    const seen = thread.ordering.lastSeenSeq!;
    await thread.run.start({ input: input('b') });
    expect(thread.ordering.lastAppliedThroughSeq).toBe(seen);
  });

  it('ends a second run of a session with its own end', async () => {
    const thread = stream('gated');
    const name = randomUUID();
    await thread.run.start({ input: input('one') });
    const subscription = await thread.subscribe(['values', 'messages', 'lifecycle']);
    expect(rootLifecycle(await drain(subscription))).toEqual(['running', 'completed']);

    await thread.run.start({ input: { ...input('two'), gate: name } });
    const second = drain(subscription);
    const settled = watch(second);
    await gate(name).reached;
    await thread.state.get({ namespace: [] });
    expect(settled.settled).toBe(false);
    gate(name).open();
    const events = await second;
    expect(rootLifecycle(events)).toEqual(['running', 'completed']);
    const last = events.filter((event) => event.method === 'values').at(-1);
    expect(texts(last!.params.data)).toEqual([
      'one',
      'This is the whole answer to one',
      'two',
      'This is the whole answer to two',
    ]);
  });

  it('ends a run of a fresh session on a thread with history with its own end', async () => {
    const first = stream('gated');
    await first.run.start({ input: input('one') });
    await first.output;

    const thread = stream('gated', first.threadId);
    const name = randomUUID();
    const spoken = thread.messages[Symbol.asyncIterator]();
    await thread.run.start({ input: { ...input('two'), gate: name } });
    const output = watch(thread.output);
    const [message] = await take(spoken, 1);
    expect((await take(message!.text[Symbol.asyncIterator](), 3)).join('')).toBe('This is the ');
    expect(output.settled).toBe(false);
    gate(name).open();
    expect(texts(await thread.output).slice(2)).toEqual(['two', 'This is the whole answer to two']);
  });

  it('shows a watcher of an idle thread nothing of the past', async () => {
    const first = stream('agent');
    for (const question of ['one', 'two']) {
      await first.run.start({ input: input(question) });
      await drain(await first.subscribe(['lifecycle']));
    }
    const events: SdkEvent[] = [];
    let connected!: () => void;
    const isConnected = new Promise<void>((resolve) => (connected = resolve));
    const watcher = client.threads.stream(first.threadId, { assistantId: 'agent', onConnected: () => connected() });
    open.push(watcher);
    watcher.onEvent((event) => events.push(event));
    const isOver = untilEvent(watcher, rootTerminalOf());
    watcher.startLifecycleWatcher();
    await isConnected;
    const { run_id } = await first.run.start({ input: input('three') });
    await isOver;
    expect(rootLifecycle(events)).toEqual(['running', 'completed']);
    expect(events.at(-1)!.event_id).toMatch(new RegExp(`^synth:${run_id}:`));
  });

  it('idles on a thread that does not exist, then delivers what happens on it', async () => {
    const early = stream('agent');
    const events = (await early.subscribe(['lifecycle', 'values']))[Symbol.asyncIterator]();
    const late = stream('agent', early.threadId);
    await late.run.start({ input: input('hello') });
    expect(rootLifecycle(await takeUntil(events, rootTerminalOf()))).toEqual(['running', 'completed']);
  });

  it('accepts a run on a busy thread at once and never mixes it with the one before', async () => {
    const thread = stream('gated');
    const name = randomUUID();
    const events: SdkEvent[] = [];
    thread.onEvent((event) => events.push(event));
    const first = await thread.run.start({ input: { ...input('one'), gate: name } });
    await gate(name).reached;
    const second = await stream('gated', thread.threadId).run.start({
      input: input('two'),
      multitaskStrategy: 'enqueue',
    });
    const isOver = untilEvent(thread, rootTerminalOf(second.run_id));
    gate(name).open();
    await isOver;
    const order = events
      .filter(({ event_id }) => event_id?.startsWith('synth:'))
      .map((event) => [event.event_id!.split(':')[1], rootLifecycle([event])[0]]);
    expect(order).toEqual([first, second].flatMap(({ run_id }) => [[run_id, 'running'], [run_id, 'completed']]));
  });

  it('names a position behind every question that was asked before a run', async () => {
    const thread = stream('approval');
    const events: SdkEvent[] = [];
    thread.onEvent((event) => events.push(event));
    const isOver = (): Promise<void> => untilEvent(thread, rootTerminalOf());
    let over = isOver();
    await thread.run.start({ input: input('a party') });
    await over;
    const asked = events.filter(({ method }) => method === 'input.requested');
    expect(thread.interrupts.map(({ payload }) => (payload as { role: string }).role).sort()).toEqual([
      'budget',
      'legal',
    ]);
    expect(thread.interrupted).toBe(true);
    expect(Math.max(...asked.map(({ seq }) => seq!))).toBeLessThan(events.findLast(rootTerminalOf())!.seq!);

    over = isOver();
    const responses = thread.interrupts.map(({ interruptId, namespace }) => ({
      interrupt_id: interruptId,
      namespace,
      response: 'approve',
    }));
    await thread.input.respond({ responses });
    await over;
    expect(thread.interrupts).toMatchObject([{ payload: { role: 'release' } }]);
    const [question] = events.filter(({ method }) => method === 'input.requested').slice(2);
    await thread.run.start({ input: input('another party') });
    expect(thread.ordering.lastAppliedThroughSeq).toBeGreaterThanOrEqual(question!.seq!);
  });
});
