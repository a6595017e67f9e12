import { FrameReader } from './support/frame-reader.js';
import { startRun, stateValues } from './support/run-commands.js';
import { ServerHome } from './support/server-process.js';
import { haveEnded, rootEvents } from './support/thread-history.js';

describe('a graph that leaves a rejected promise behind', () => {
  const home = new ServerHome('test/fixtures/crash-graphs/langgraph.json');
  afterAll(() => home.dispose());

  it('is logged, and neither its run nor another suffers', async () => {
    const server = await home.start();
    const other = await startRun(server.url, 'other', 'agent', {
      messages: [{ role: 'user', content: 'hello' }],
      delayMs: 20,
    });
    const reader = await FrameReader.open(server.url, 'other', { since: 0 });
    await reader.until((frames) => frames.some(({ method }) => method === 'messages'));

    const careless = await startRun(server.url, 'careless', 'rejection', { text: 'a promise' });
    expect(await server.program.line('unhandled rejection')).toContain('forgotten: a promise');
    const own = await FrameReader.open(server.url, 'careless', { since: 0 });
    const ends = [
      await own.until((frames) => haveEnded(frames, [careless.runId])),
      await reader.until((frames) => haveEnded(frames, [other.runId])),
    ];
    expect(ends.map((frames) => rootEvents(frames).map(({ event }) => event))).toEqual([
      ['running', 'completed'],
      ['running', 'completed'],
    ]);
    expect(await stateValues(server.url, 'careless')).toEqual({ text: 'a promise, and went on' });
    expect((await fetch(`${server.url}/ok`)).status).toBe(200);
    expect(await server.stop()).toBe(0);
  });
});
