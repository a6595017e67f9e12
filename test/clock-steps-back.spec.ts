import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { jest } from '@jest/globals';
import { PROJECT } from './built-program.js';
import { FrameReader, type Frame } from './support/frame-reader.js';
import { post, startRun, stateValues } from './support/run-commands.js';
import { TestServer } from './support/running-server.js';
import { ServerHome } from './support/server-process.js';
import { faultsOf, haveEnded } from './support/thread-history.js';
import { idOf, ThreadProbe } from './support/thread-probe.js';

const DAY = 86_400_000;
/** Timers go on as they are; only the date is set. */
const ALL_BUT_THE_DATE = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const;
const LAGGING = `--import ${pathToFileURL(join(PROJECT, 'test/fixtures/set-clock-back.mjs')).href}`;

describe('a server whose clock was set back', () => {
  let server: TestServer;
  let thread: ThreadProbe;

  beforeAll(async () => {
    server = await TestServer.start(join(PROJECT, 'test/fixtures/asking/langgraph.json'));
  });
  beforeEach(() => {
    thread = new ThreadProbe(server);
    jest.useFakeTimers({ now: Date.now(), doNotFake: [...ALL_BUT_THE_DATE] });
  });
  afterEach(() => {
    jest.useRealTimers();
    thread.close();
  });
  afterAll(() => server.close());

  /** From now on it is a day before what it was. */
  const setBack = (): void => void jest.setSystemTime(Date.now() - DAY);

  const says = (content: string): object => ({ messages: [{ role: 'user', content }], delayMs: 0 });
  const play = async (graph: string, input: unknown, params = {}): Promise<unknown> =>
    (await thread.ended(await thread.start(graph, input, params))).params.data.event;
  const human = async (): Promise<string[]> => {
    const { messages = [] } = (await thread.values()) as { messages?: { type: string; content: string }[] };
    return messages.filter(({ type }) => type === 'human').map(({ content }) => content);
  };

  it('loses no turn, and shows the newest state first', async () => {
    await play('agent', says('first'));
    setBack();
    await play('agent', says('second'));
    setBack();
    await play('agent', says('third'));
    expect(await human()).toEqual(['first', 'second', 'third']);
    interface Listed { readonly checkpoint_id: string; readonly values: { messages?: unknown[] } }
    const history = async (body: object): Promise<Listed[]> =>
      (await (await post(`${thread.url}/history`, body)).json()) as Listed[];
    const all = await history({ limit: 100 });
    const sizes = all.map(({ values }) => values.messages?.length ?? 0);
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    const half = all[Math.floor(all.length / 2)]!;
    expect((await history({ limit: 100, before: half.checkpoint_id })).map(({ checkpoint_id: id }) => id))
      .toEqual(all.slice(all.indexOf(half) + 1).map(({ checkpoint_id: id }) => id));
  });

  it('takes the answers to questions that were asked before, and asks further', async () => {
    await play('approval', says('x'));
    const asked = (await thread.read()).filter(({ method }) => method === 'input.requested');
    expect(asked).toHaveLength(2);
    for (const question of asked) {
      setBack();
      await thread.ended(await thread.respond(idOf(question), `yes ${idOf(question)}`));
    }
    setBack();
    const { interrupts: [release] } = await thread.get<{ interrupts: { id: string }[] }>('/state');
    await thread.ended(await thread.respond(release!.id, 'now'));
    const { answers } = (await thread.values()) as { answers: Record<string, string> };
    expect(Object.values(answers).sort()).toEqual([...asked.map((question) => `yes ${idOf(question)}`), 'now'].sort());
    expect((await thread.get<{ next: string[] }>('/state')).next).toEqual([]);
  });

  it('rolls back what a run stored, and nothing else', async () => {
    await play('agent', says('kept'));
    setBack();
    const run = await thread.start('agent', { messages: [{ role: 'user', content: 'gone' }], delayMs: 10_000 });
    const reader = await thread.open({ channels: ['messages'], since: 0 });
    await reader.until(({ params }) => params.data.event === 'message-start', 2);
    expect(await human()).toEqual(['kept', 'gone']);
    expect((await post(`${thread.url}/runs/${run}/cancel?wait=1&action=rollback`, {})).status).toBe(204);
    expect(await human()).toEqual(['kept']);
    await play('agent', says('after'));
    expect(await human()).toEqual(['kept', 'after']);
  });
});

describe('a run whose process was lost and whose next one has a clock that was set back', () => {
  const home = new ServerHome('test/fixtures/crash-graphs/langgraph.json');
  afterAll(() => home.dispose());

  it('goes on at the step that was stored last, and hides only what is done again', async () => {
    let server = await home.start({ NODE_OPTIONS: LAGGING, CLOCK_LAG_MS: '0' });
    const { runId } = await startRun(server.url, 't', 'rounds', { rounds: 2, delayMs: 60 });
    const done = (frames: readonly Frame[]): Frame | undefined =>
      frames.find(({ method, data }) => method === 'values' && (data.done as unknown[] | undefined)?.length === 1);
    const before = await FrameReader.read(server.url, 't', (seen) => {
      const first = done(seen)?.seq ?? Infinity;
      return seen.some(({ seq, data }) => seq > first && data.event === 'message-start');
    });
    await server.kill();
    server = await home.start({ NODE_OPTIONS: LAGGING, CLOCK_LAG_MS: String(DAY) });
    const frames = await FrameReader.read(server.url, 't', (seen) => haveEnded(seen, [runId]));
    expect(faultsOf(frames, [runId])).toEqual([]);
    expect(await stateValues(server.url, 't')).toMatchObject({ done: ['did 0', 'did 1'] });
    const shown = await FrameReader.read(server.url, 't', (seen) => seen.at(-1)?.seq === frames.at(-1)?.seq, {});
    const ids = (all: readonly Frame[]): unknown[] =>
      all.filter(({ data }) => data.event === 'message-start').map(({ data }) => data.id);
    const firstStep = ids(before.filter(({ seq }) => seq < (done(before) as Frame).seq));
    expect(ids(shown)).toEqual(expect.arrayContaining(firstStep));
    expect(ids(shown)).toHaveLength(5);
  });
});
