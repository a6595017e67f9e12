import { randomUUID } from 'node:crypto';
import { CuttingProxy } from './support/cutting-proxy.js';
import { gate } from './support/gate.js';
import { ALL_CHANNELS, readLog } from './support/replay.js';
import { GATED, TestServer } from './support/running-server.js';
import { type Client, SDK_VERSIONS, type SdkEvent, type ThreadStream } from './support/sdk-versions.js';
import { rootTerminalOf, textSoFar, untilEvent } from './support/sdk-events.js';

const CHANNELS = { channels: ALL_CHANNELS } as Parameters<ThreadStream['subscribe']>[0];

describe.each(SDK_VERSIONS)('ThreadStream of SDK $version behind a network that fails', ({ Client }) => {
  let server: TestServer;
  let proxy: CuttingProxy;
  let client: Client;
  const open: ThreadStream[] = [];

  beforeAll(async () => {
    server = await TestServer.start(GATED, { WATCHER_GRACE_MS: 0 });
  });
  beforeEach(async () => {
    proxy = await CuttingProxy.start(server.url);
    client = new Client({ apiUrl: proxy.url });
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((thread) => thread.close()));
    await proxy.close();
  });
  afterAll(() => server.close());

  /** A session of a run that waits in the middle of its reply, with all that it received so far. */
  const startGated = async () => {
    const name = randomUUID();
    let reconnected!: () => void;
    const isReconnected = new Promise<void>((resolve) => (reconnected = resolve));
    const thread = client.threads.stream(randomUUID(), {
      assistantId: 'gated',
      reconnectDelayMs: () => 0,
      onConnected: ({ kind }) => void (kind === 'reconnected' && reconnected()),
    });
    open.push(thread);
    const events: SdkEvent[] = [];
    thread.onEvent((event) => events.push(event));
    const { run_id } = await thread.run.start({ input: { messages: [{ role: 'user', content: 'this' }], gate: name } });
    const isOver = untilEvent(thread, rootTerminalOf(run_id!));
    const subscription = await thread.subscribe(CHANNELS);
    const delivered: SdkEvent[] = [];
    const drained = (async () => {
      for await (const event of subscription) delivered.push(event as SdkEvent);
    })();
    await gate(name).reached;
    await untilEvent(thread, () => textSoFar(events) === 'This is the ', events);
    return { thread, events, delivered, drained, isOver, isReconnected, gate: gate(name) };
  };

  const logOf = async ({ threadId }: ThreadStream): Promise<string[]> =>
    (await readLog(server.url, threadId)).map(({ event_id }) => event_id);
  const idsOf = (events: SdkEvent[]): string[] => events.map(({ event_id }) => event_id!);
  const bySeq = (events: SdkEvent[]): SdkEvent[] => [...events].sort((a, b) => a.seq! - b.seq!);

  /** Everything once; and in the order of the log, but for the start, where the SDK widens its stream. */
  const expectWholeLog = async (
    { thread, events, delivered }: { thread: ThreadStream; events: SdkEvent[]; delivered: SdkEvent[] },
    before: number,
  ) => {
    const log = await logOf(thread);
    expect(new Set(log).size).toBe(log.length);
    expect(idsOf(bySeq(delivered))).toEqual(log);
    expect(idsOf(bySeq(events))).toEqual(log);
    expect(before).toBeLessThan(log.length - 3);
    expect(idsOf(delivered.slice(before))).toEqual(log.slice(before));
  };

  it('loses and doubles nothing when the connections break in the middle of a reply', async () => {
    const session = await startGated();
    const before = session.delivered.length;
    expect(proxy.cut()).toBeGreaterThan(0);
    await session.isReconnected;
    session.gate.open();
    await Promise.all([session.isOver, session.drained]);
    expect(textSoFar(session.events)).toBe('This is the whole answer to this');
    await expectWholeLog(session, before);
  });

  it('gets all of a run that ended while the network was away', async () => {
    const session = await startGated();
    const beside = new Client({ apiUrl: server.url }).threads.stream(session.thread.threadId, { assistantId: 'gated' });
    open.push(beside);
    const before = session.delivered.length;
    proxy.hold();
    proxy.cut();
    const isOver = untilEvent(beside, rootTerminalOf());
    await beside.subscribe('lifecycle');
    session.gate.open();
    await isOver;
    expect(textSoFar(session.events)).toBe('This is the ');
    proxy.release();
    await Promise.all([session.isOver, session.drained]);
    await expectWholeLog(session, before);
  });

  it('survives connections that break again and again while the reply streams', async () => {
    const thread = client.threads.stream(randomUUID(), { assistantId: 'agent', reconnectDelayMs: () => 0 });
    open.push(thread);
    const events: SdkEvent[] = [];
    let cuts = 0;
    thread.onEvent((event) => {
      events.push(event);
      const isText = event.method === 'messages' && event.params.data.event === 'content-block-delta';
      if (isText && cuts < 6 && events.length % 3 === 0 && proxy.cut() > 0) cuts += 1;
    });
    const { run_id } = await thread.run.start({
      input: { messages: [{ role: 'user', content: 'in Oslo' }], delayMs: 5 },
    });
    const isOver = untilEvent(thread, rootTerminalOf(run_id!));
    await thread.subscribe(CHANNELS);
    await isOver;
    expect(cuts).toBe(6);
    expect(idsOf(bySeq(events))).toEqual(await logOf(thread));
  });
});
