import { countdown } from './support/countdown.js';
import { type Frame, FrameReader } from './support/frame-reader.js';
import { RandomChoices } from './support/random-choices.js';
import { type Accepted, startRun, stateValues } from './support/run-commands.js';
import { ServerHome, type ServerProcess } from './support/server-process.js';
import { faultsOf, haveEnded, isCloser, isTerminal, rootEvents } from './support/thread-history.js';

const CONFIG = 'test/fixtures/crash-graphs/langgraph.json';
const KILLS = 14;
/** About as many frames as a round has. */
const FRAMES_OF_ROUND = 330;

interface Message {
  readonly id: string;
  readonly type: string;
  readonly content: unknown;
}

/** A thread of a round: its runs, and what its client saw before the kill. */
interface Watched {
  readonly threadId: string;
  readonly runs: Accepted[];
  readonly reader: FrameReader;
}

const human = (content: string): unknown => ({ role: 'user', content });
const runIds = ({ runs }: Pick<Watched, 'runs'>): string[] => runs.map(({ runId }) => runId);
const ofMessage =
  (event: string) =>
  ({ method, data }: Frame): boolean =>
    method === 'messages' && data.event === event;
const startedAgain = (frames: readonly Frame[]): number => {
  const running = rootEvents(frames).filter(({ event }) => event === 'running');
  return running.length - new Set(running.map(({ runId }) => runId)).size;
};

/** The whole log of a thread whose runs have ended. */
const replay = (url: string, threadId: string, runs: readonly string[]): Promise<Frame[]> =>
  FrameReader.read(url, threadId, (seen) => haveEnded(seen, runs));

/** What a stream without cursor shows of a log that ends at `lastSeq`. */
const viewWithoutCursor = (url: string, threadId: string, lastSeq: number): Promise<Frame[]> =>
  FrameReader.read(url, threadId, (seen) => seen.at(-1)?.seq === lastSeq, {});

/** Where a stream without cursor starts: at the newest run that was accepted while no other was active or waited. */
function viewFromOf(frames: readonly Frame[], runs: readonly Accepted[]): number {
  const ends = new Map(rootEvents(frames).filter(isTerminal).map(({ runId, seq }) => [runId, seq]));
  const acceptedIdle = runs.filter(({ appliedThroughSeq }, index) =>
    runs.slice(0, index).every(({ runId }) => (ends.get(runId) ?? Infinity) <= appliedThroughSeq),
  );
  return (acceptedIdle.at(-1) as Accepted).appliedThroughSeq + 1;
}

describe('kill -9 in the middle of runs', () => {
  const home = new ServerHome(CONFIG);
  let server: ServerProcess;
  let abandonedInAll = 0;
  let startedAgainInAll = 0;

  beforeAll(async () => {
    server = await home.start();
  });
  afterAll(() => home.dispose());

  const watch = async (
    threadId: string,
    onFrame: (frame: Frame) => void,
    inputs: [graph: string, input: unknown][],
    earlier: Accepted[] = [],
  ): Promise<Watched> => {
    const reader = await FrameReader.open(server.url, threadId, { since: 0 }, onFrame);
    const runs: Accepted[] = [];
    for (const [graph, input] of inputs) runs.push(await startRun(server.url, threadId, graph, input));
    return { threadId, runs: [...earlier, ...runs], reader };
  };

  /** A first turn that ends before the round begins. */
  const firstTurn = async (threadId: string): Promise<Accepted> => {
    const run = await startRun(server.url, threadId, 'agent', { messages: [human('turn 1')], delayMs: 0 });
    await replay(server.url, threadId, [run.runId]);
    return run;
  };

  /** Starts the round's runs and kills the server once its clients have seen `after` events (or all there are). */
  const roundUntilKill = async (round: number, after: number): Promise<Watched[]> => {
    const history = await firstTurn(`old-${round}`);
    const { count, reached } = countdown(after);
    const turn = (text: string): [string, unknown] => ['agent', { messages: [human(text)], delayMs: 4 }];
    const old = await watch(
      `old-${round}`,
      ({ seq }) => void (seq > history.appliedThroughSeq && count()),
      [turn('turn 2')],
      [history],
    );
    const fresh = await watch(`new-${round}`, count, [turn('turn 1'), turn('turn 2')]);
    const rounds = await watch(`rounds-${round}`, count, [['rounds', { rounds: 3, delayMs: 4 }]]);
    const threads = [old, fresh, rounds];
    const allEnded = Promise.all(
      threads.map((thread) => thread.reader.until((frames) => haveEnded(frames, runIds(thread)))),
    );
    await Promise.race([reached, allEnded.catch(() => undefined)]);
    await server.kill();
    return threads;
  };

  const seeds = Array.from({ length: KILLS }, (_, index) => index + 1);
  it.each(seeds)('loses nothing that was seen, doubles nothing and ends every run once (seed %i)', async (seed) => {
    const after = Math.floor(new RandomChoices(seed).next() * FRAMES_OF_ROUND);
    const threads = await roundUntilKill(seed, after);
    server = await home.start();
    for (const thread of threads) {
      const frames = await replay(server.url, thread.threadId, runIds(thread));
      const texts = frames.map(({ text }) => text);
      const seen = thread.reader.frames.map(({ text }) => text);
      expect(texts.slice(0, seen.length)).toEqual(seen);
      expect(faultsOf(frames, runIds(thread))).toEqual([]);
      expect(rootEvents(frames).filter(({ event }) => event === 'failed' || event === 'interrupted')).toEqual([]);

      const viewFrom = viewFromOf(frames, thread.runs);
      const view = await viewWithoutCursor(server.url, thread.threadId, frames.length + 1);
      const skipped = frames.filter(({ seq, text }) => seq >= viewFrom && !view.some((other) => other.text === text));
      expect(view).toEqual(frames.filter((frame) => frame.seq >= viewFrom && !skipped.includes(frame)));
      const again = rootEvents(frames).filter(({ event }) => event === 'running').at(-1)?.seq ?? 0;
      expect(
        skipped.filter(
          (frame) => !['messages', 'tools'].includes(frame.method) || isCloser(frame) || frame.seq > again,
        ),
      ).toEqual([]);
      abandonedInAll += skipped.length;
      startedAgainInAll += startedAgain(frames);
      const values = await stateValues(server.url, thread.threadId);
      if (thread.threadId.startsWith('rounds')) expectRounds(values, view);
      else expectTurns(values, view, thread.threadId.startsWith('old') ? 1 : 2);
    }
  });

  it('did interrupt runs, and abandon messages, in the rounds above', () => {
    expect(startedAgainInAll).toBeGreaterThan(KILLS / 2);
    expect(abandonedInAll).toBeGreaterThan(0);
  });

  /** Two turns of the agent; the view holds each message of the last `turns` turns exactly once. */
  const expectTurns = (values: Record<string, unknown>, view: Frame[], turns: number): void => {
    const messages = values.messages as Message[];
    expect(messages.map(({ type }) => type)).toEqual(['human', 'ai', 'tool', 'ai', 'human', 'ai', 'tool', 'ai']);
    expect(messages.filter(({ type }) => type === 'human').map(({ content }) => content)).toEqual(['turn 1', 'turn 2']);
    expect(new Set(messages.map(({ id }) => id)).size).toBe(messages.length);
    const said = messages.filter(({ type }) => type === 'ai').slice(-2 * turns).map(({ id }) => id);
    expect(view.filter(ofMessage('message-start')).map(({ data }) => data.id)).toEqual(said);
    expectEnds(view);
    const calls = view.filter(({ data }) => data.event === 'tool-started').map(({ data }) => data.tool_call_id);
    expect(new Set(calls).size).toBe(calls.length);
  };

  /**
   * Each message ends once. The one that was open at the kill may end as lost although it is in the state: the
   * checkpointer can be a moment ahead of the log.
   */
  const expectEnds = (view: Frame[]): void => {
    const keyOf = ({ namespace, node, data }: Frame): string => JSON.stringify([namespace, node, data.run_id]);
    const started = view.filter(ofMessage('message-start')).map(keyOf);
    const finished = view.filter(ofMessage('message-finish')).map(keyOf);
    const lost = view.filter(ofMessage('error')).map(keyOf).filter((key) => started.includes(key));
    expect([...finished, ...lost].sort()).toEqual([...started].sort());
    expect(lost.length).toBeLessThanOrEqual(1);
  };

  const expectRounds = (values: Record<string, unknown>, view: Frame[]): void => {
    expect(values.done).toEqual(['did 0', 'did 1', 'did 2']);
    const ids = (values.messages as Message[]).map(({ id }) => id);
    expect(new Set(ids).size).toBe(3);
    expect(ids).toHaveLength(3);
    const starts = view.filter(ofMessage('message-start')).map(({ data }) => data.id as string);
    // A subgraph that goes on at its own checkpoint hands what it has to its parent, which says it again under its id.
    const said = [...new Set(starts)];
    expect(said.filter((id) => ids.includes(id))).toEqual(ids);
    expect(said).toHaveLength(7);
    expectEnds(view);
  };
});
