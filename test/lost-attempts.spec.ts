import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FrameReader, type Frame } from './support/frame-reader.js';
import { startRun, stateValues } from './support/run-commands.js';
import { ServerHome, type ServerProcess } from './support/server-process.js';
import { faultsOf, haveEnded, isTerminal, rootEvents } from './support/thread-history.js';

const CONFIG = 'test/fixtures/crash-graphs/langgraph.json';
const human = (content: string): unknown => ({ role: 'user', content });
const isOpen = (frames: readonly Frame[], method: string, begins: string, ends: string[]): boolean => {
  const events = frames.filter((frame) => frame.method === method).map(({ data }) => data.event as string);
  return events.lastIndexOf(begins) > Math.max(-1, ...ends.map((end) => events.lastIndexOf(end)));
};
const running = (frames: readonly Frame[]): number =>
  rootEvents(frames).filter(({ event }) => event === 'running').length;

describe('an attempt that was lost', () => {
  let home: ServerHome;

  beforeEach(() => {
    home = new ServerHome(CONFIG);
  });
  afterEach(() => home.dispose());

  /** Waits on a stream from the start of the thread until `isEnough`, then closes it. */
  const seen = (
    server: ServerProcess,
    threadId: string,
    isEnough: (frames: readonly Frame[]) => boolean,
  ): Promise<readonly Frame[]> => FrameReader.read(server.url, threadId, isEnough);

  it('is closed before the run is started again: messages, tool calls and children', async () => {
    let server = await home.start();
    const { runId } = await startRun(server.url, 'open', 'rounds', { rounds: 1, delayMs: 150 });
    const before = await seen(
      server,
      'open',
      (frames) =>
        isOpen(frames, 'messages', 'message-start', ['message-finish']) &&
        isOpen(frames, 'tools', 'tool-started', ['tool-finished']),
    );
    await server.kill();

    server = await home.start();
    const frames = await seen(server, 'open', (all) => haveEnded(all, [runId]));
    expect(faultsOf(frames, [runId])).toEqual([]);
    const [, again] = rootEvents(frames).filter(({ event }) => event === 'running');
    const closers = frames.filter(
      ({ seq, data }) =>
        seq > (before.at(-1) as Frame).seq && seq < (again?.seq as number) && data.event !== 'content-block-delta',
    );
    const toolCall = before.find(({ data }) => data.event === 'tool-started') as Frame;
    const message = before.findLast(({ data }) => data.event === 'message-start') as Frame;
    const reason = 'The server was stopped before this was finished.';
    expect(closers.map(({ method, namespace }) => [method, namespace.length])).toEqual([
      ['messages', 2], ['tools', 1], ['lifecycle', 2], ['lifecycle', 1], ['lifecycle', 1],
    ]);
    expect(closers.map(({ namespace, data }) => ({ namespace, data }))).toEqual(
      expect.arrayContaining([
        { namespace: message.namespace, data: { event: 'error', message: reason, run_id: message.data.run_id } },
        {
          namespace: toolCall.namespace,
          data: { event: 'tool-error', tool_call_id: toolCall.data.tool_call_id, message: reason },
        },
        { namespace: message.namespace, data: { event: 'failed', graph_name: 'think', error: reason } },
        { namespace: message.namespace.slice(0, 1), data: { event: 'failed', graph_name: 'thinking', error: reason } },
        { namespace: toolCall.namespace, data: { event: 'failed', graph_name: 'working', error: reason } },
      ]),
    );

    const view = await FrameReader.open(server.url, 'open');
    const shown = await view.until((all) => all.at(-1)?.seq === frames.at(-1)?.seq);
    view.close();
    const starts = (all: readonly Frame[]): unknown[] =>
      all.filter(({ data }) => data.event === 'message-start').map(({ data }) => data.id);
    expect(starts(frames)).toContain(message.data.id);
    expect(starts(shown)).not.toContain(message.data.id);
    expect(starts(shown)).toHaveLength(3);
    expect(shown.filter(({ data }) => data.event === 'tool-error' || data.event === 'error')).toHaveLength(2);
    expect(await stateValues(server.url, 'open')).toMatchObject({ done: ['did 0'] });
  });

  it('is the last one after MAX_RUN_ATTEMPTS, and the runs of other threads end well', async () => {
    const settings = { MAX_RUN_ATTEMPTS: '2', MAX_CONCURRENT_RUNS: '1', SUSPECT_WATCH_MS: '200' };
    let server = await home.start(settings);
    // On one thread the crash is followed by a run that waits; the run of the other thread waits for a free place.
    const gate = join(home.folder, 'gate');
    const crash = await startRun(server.url, 'crashing', 'crash', { gate });
    const after = await startRun(server.url, 'crashing', 'agent', { messages: [human('after')], delayMs: 0 });
    const other = await startRun(server.url, 'other', 'agent', { messages: [human('hello')], delayMs: 0 });
    writeFileSync(gate, '');
    let crashes = 0;
    for (let ended = false; !ended; ) {
      expect(await server.program.ended).toBe('SIGKILL');
      crashes += 1;
      server = await home.spawn(settings);
      // A server takes its runs up before it is ready, so it may be gone before it was.
      ended = await server
        .ready()
        .then(() => seen(server, 'crashing', (frames) => haveEnded(frames, [crash.runId])))
        .then(
          () => true,
          () => false,
        );
    }
    const frames = await seen(server, 'crashing', (all) => haveEnded(all, [crash.runId, after.runId]));
    const others = await seen(server, 'other', (all) => haveEnded(all, [other.runId]));
    expect(faultsOf(frames, [crash.runId, after.runId])).toEqual([]);
    expect(faultsOf(others, [other.runId])).toEqual([]);
    const roots = rootEvents(frames).filter(({ runId }) => runId === crash.runId);
    expect(roots.at(-1)).toMatchObject({
      event: 'failed',
      error: expect.stringContaining('was started 2 times without reaching a new checkpoint'),
    });
    expect(roots.filter(({ event }) => event === 'running')).toHaveLength(2);
    expect(crashes).toBe(2);
    for (const [all, run] of [[frames, after], [others, other]] as const) {
      expect(
        rootEvents(all)
          .filter(({ runId }) => runId === run.runId)
          .map(({ event }) => event),
      ).toEqual(['running', 'completed']);
    }
  });

  it.each([
    ['a run that hears the signal', 'agent', { messages: [human('stop me')], delayMs: 150 }, 'messages'],
    ['a run that does not', 'stubborn', { ms: 2_500 }, 'custom'],
  ])(
    'is none when the server was stopped gracefully: %s goes on, more often than MAX_RUN_ATTEMPTS',
    async (_what, graph, input, method) => {
      const settings = { MAX_RUN_ATTEMPTS: '1', SHUTDOWN_GRACE_MS: '0' };
      let server = await home.start(settings);
      const { runId } = await startRun(server.url, 'stopped', graph, input);
      for (let stops = 1; stops <= 2; stops += 1) {
        await seen(
          server,
          'stopped',
          (frames) =>
            running(frames) === stops &&
            frames.findLastIndex((frame) => frame.method === method) >
              frames.findLastIndex((frame) => frame.data.event === 'running'),
        );
        expect(await server.stop()).toBe(0);
        server = await home.start(settings);
      }
      const frames = await seen(server, 'stopped', (all) => haveEnded(all, [runId]));
      expect(faultsOf(frames, [runId])).toEqual([]);
      expect(rootEvents(frames).filter(isTerminal)).toMatchObject([{ event: 'completed' }]);
      expect(running(frames)).toBe(3);
      const values = await stateValues(server.url, 'stopped');
      if (graph === 'agent')
        expect((values.messages as { type: string }[]).map(({ type }) => type)).toEqual(['human', 'ai', 'tool', 'ai']);
      else expect(values.done).toBe(true);
    },
  );

  it('does not come to be when the run ends within the grace', async () => {
    let server = await home.start();
    const { runId } = await startRun(server.url, 'graceful', 'agent', { messages: [human('let me end')], delayMs: 10 });
    await seen(server, 'graceful', (frames) => frames.some(({ method }) => method === 'messages'));
    expect(await server.stop()).toBe(0);
    server = await home.start();
    const frames = await seen(server, 'graceful', (all) => haveEnded(all, [runId]));
    expect(rootEvents(frames).map(({ event }) => event)).toEqual(['running', 'completed']);
  });
});
