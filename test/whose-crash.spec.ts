import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Frame, FrameReader } from './support/frame-reader.js';
import { type Accepted, startRun, stateValues } from './support/run-commands.js';
import { ServerHome, type ServerProcess } from './support/server-process.js';
import { faultsOf, haveEnded, isTerminal, rootEvents } from './support/thread-history.js';

const MAX_RUN_ATTEMPTS = 3;

describe('a run that kills the process', () => {
  let home: ServerHome;
  /** Until it is there, `gated` runs go on; the same for `crash` runs, which then take the process down. */
  let gate: string;
  let fuse: string;
  let server: ServerProcess;

  beforeEach(async () => {
    home = new ServerHome('test/fixtures/crash-graphs/langgraph.json', { SUSPECT_WATCH_MS: '300' });
    [gate, fuse] = [join(home.folder, 'gate'), join(home.folder, 'fuse')];
    server = await home.start();
  });
  afterEach(() => home.dispose());

  const seen = (threadId: string, isEnough: (frames: readonly Frame[]) => boolean): Promise<Frame[]> =>
    FrameReader.read(server.url, threadId, isEnough);
  const starts = (frames: readonly Frame[], runId: string): number =>
    rootEvents(frames).filter((root) => root.event === 'running' && root.runId === runId).length;
  const isWorking = (frames: readonly Frame[]): boolean => frames.some(({ method }) => method === 'custom');

  const slowRun = async (threadId: string): Promise<Accepted> => {
    const run = await startRun(server.url, threadId, 'gated', { gate });
    await seen(threadId, isWorking);
    return run;
  };

  /** Starts servers, one after the other, until one lives for as long as `use` takes. Returns how many did not. */
  const startUntil = async (use: () => Promise<unknown>): Promise<number> => {
    for (let crashes = 0; ; crashes += 1) {
      server = await home.spawn();
      const lived = await server.ready().then(use).then(() => true, () => false);
      if (lived) return crashes;
      expect(await server.program.ended).toBe('SIGKILL');
    }
  };

  it('fails after MAX_RUN_ATTEMPTS starts; runs that were active with it, however slow, go on to their end', async () => {
    const slow = [await slowRun('slow-0'), await slowRun('slow-1'), await slowRun('slow-2')];
    const guilty = await startRun(server.url, 'guilty', 'crash', { gate: fuse });
    const later = await slowRun('slow-3');
    writeFileSync(fuse, '');
    expect(await server.program.ended).toBe('SIGKILL');

    const crashes = await startUntil(() => seen('guilty', (frames) => haveEnded(frames, [guilty.runId])));
    const told = await seen('guilty', (frames) => haveEnded(frames, [guilty.runId]));
    expect(starts(told, guilty.runId)).toBe(MAX_RUN_ATTEMPTS);
    expect(crashes).toBe(MAX_RUN_ATTEMPTS - 1);
    expect(rootEvents(told).at(-1)).toMatchObject({
      event: 'failed',
      error: expect.stringContaining('was started 3 times without reaching a new checkpoint'),
    });
    expect(told.at(-1)?.data).toMatchObject({ error_type: 'RunAttemptsExhaustedError' });
    writeFileSync(gate, '');
    for (const [index, { runId }] of [...slow, later].entries()) {
      const frames = await seen(`slow-${index}`, (all) => haveEnded(all, [runId]));
      expect(rootEvents(frames).filter(isTerminal)).toMatchObject([{ event: 'completed' }]);
      expect(faultsOf(frames, [runId])).toEqual([]);
    }
  });

  it('fails though others kill the process too; a slow run beside it that was lost more often than MAX_RUN_ATTEMPTS does not', async () => {
    const slow = await slowRun('slow');
    const guilty = await startRun(server.url, 'guilty', 'crash', { gate: fuse });
    await seen('guilty', (frames) => starts(frames, guilty.runId) === 1);
    writeFileSync(fuse, '');
    expect(await server.program.ended).toBe('SIGKILL');

    for (let kills = 0; kills < 10; kills += 1) {
      await startUntil(async () => {
        // Each process gets to do something before it is killed.
        const { runId } = await startRun(server.url, `passing-${kills}`, 'agent', {
          messages: [{ role: 'user', content: 'hi' }],
          delayMs: 20,
        });
        await seen(`passing-${kills}`, (frames) => haveEnded(frames, [runId]));
      });
      await server.kill();
    }
    writeFileSync(gate, '');
    await startUntil(() =>
      Promise.all([
        seen('guilty', (frames) => haveEnded(frames, [guilty.runId])),
        seen('slow', (frames) => haveEnded(frames, [slow.runId])),
      ]),
    );
    expect(rootEvents(await seen('guilty', (frames) => haveEnded(frames, [guilty.runId]))).at(-1)).toMatchObject({
      event: 'failed',
    });
    const frames = await seen('slow', (all) => haveEnded(all, [slow.runId]));
    expect(starts(frames, slow.runId)).toBeGreaterThan(MAX_RUN_ATTEMPTS);
    expect(rootEvents(frames).at(-1)).toMatchObject({ event: 'completed' });
    expect(await stateValues(server.url, 'slow')).toMatchObject({ done: true });
  }, 300_000);
});
