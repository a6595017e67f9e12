import Sqlite from 'better-sqlite3';
import { countdown } from './support/countdown.js';
import { FrameReader } from './support/frame-reader.js';
import { RandomChoices } from './support/random-choices.js';
import { type Accepted, startRun } from './support/run-commands.js';
import { ServerHome, type ServerProcess } from './support/server-process.js';
import { faultsOf, haveEnded } from './support/thread-history.js';

const KILLS = 6;
const THREADS = 12;
/** About as many frames as the readers of a round get before the runs have ended. */
const FRAMES_OF_ROUND = 1_500;
/** So few that recent events are moved to their place all the time, and so many that none is, by turns. */
const RECENT_EVENTS_MAX = ['40', '1000000'];

interface Watched {
  readonly threadId: string;
  readonly run: Accepted;
  readonly readers: FrameReader[];
}

/*
 * With many threads at once a commit keeps its events together, and they are moved to their place later
 * (docs/adr/0008-recent-events.md). Whatever of that a kill cuts short, nothing may be lost, or be there twice.
 */
describe('kill -9 while many threads talk', () => {
  const home = new ServerHome('test/fixtures/crash-graphs/langgraph.json');
  let server: ServerProcess;
  const start = (round: number): Promise<ServerProcess> =>
    home.start({ RECENT_EVENTS_MAX: RECENT_EVENTS_MAX[round % 2] as string });
  const leftBehind = { inPlace: 0, recent: 0 };

  beforeAll(async () => {
    server = await start(0);
  });
  afterAll(() => home.dispose());

  /** Plays a run on each thread and kills the server once the readers have got `after` frames, or all there are. */
  const roundUntilKill = async (round: number, after: number): Promise<Watched[]> => {
    const { count, reached } = countdown(after);
    const open = (threadId: string): Promise<FrameReader> =>
      FrameReader.open(server.url, threadId, { since: 0 }, count);
    const threads = await Promise.all(Array.from({ length: THREADS }, async (_, index): Promise<Watched> => {
      const threadId = `many-${round}-${index}`;
      const reader = await open(threadId);
      const run = await startRun(server.url, threadId, 'agent', {
        messages: [{ role: 'user', content: 'turn 1' }],
        delayMs: 4,
      });
      // The second one catches up while the run is under way.
      return { threadId, run, readers: [reader, await open(threadId)] };
    }));
    const allEnded = Promise.all(threads.map(({ run, readers }) =>
      Promise.all(readers.map((reader) => reader.until((frames) => haveEnded(frames, [run.runId]))))));
    await Promise.race([reached, allEnded.catch(() => undefined)]);
    await server.kill();
    return threads;
  };

  const countRows = (): void => {
    const database = new Sqlite(home.databasePath, { readonly: true });
    const rowsOf = (table: string): number =>
      database.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get() as number;
    leftBehind.inPlace += rowsOf('events');
    leftBehind.recent += rowsOf('recent_events');
    database.close();
  };

  it.each(Array.from({ length: KILLS }, (_, index) => index + 1))(
    'keeps what was seen, in order and once (seed %i)',
    async (seed) => {
      const threads = await roundUntilKill(seed, Math.floor(new RandomChoices(seed).next() * FRAMES_OF_ROUND));
      countRows();
      server = await start(seed);
      for (const { threadId, run, readers } of threads) {
        const frames = await FrameReader.read(server.url, threadId, (seen) => haveEnded(seen, [run.runId]));
        const texts = frames.map(({ text }) => text);
        for (const { frames: seen } of readers)
          expect(texts.slice(0, seen.length)).toEqual(seen.map(({ text }) => text));
        expect(faultsOf(frames, [run.runId])).toEqual([]);
      }
    },
  );

  it('did leave events behind in both places', () => {
    expect(leftBehind.inPlace).toBeGreaterThan(THREADS);
    expect(leftBehind.recent).toBeGreaterThan(THREADS);
  });
});
