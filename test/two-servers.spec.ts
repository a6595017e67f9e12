import { FrameReader } from './support/frame-reader.js';
import { startRun } from './support/run-commands.js';
import { ServerHome } from './support/server-process.js';
import { faultsOf, haveEnded, rootEvents } from './support/thread-history.js';

describe('two servers on one database file', () => {
  const home = new ServerHome('test/fixtures/crash-graphs/langgraph.json');
  afterAll(() => home.dispose());

  it('lets the second wait, refuse while the first lives, and take its runs over once it was killed', async () => {
    const first = await home.start();
    const { runId } = await startRun(first.url, 'shared', 'agent', { messages: [{ role: 'user', content: 'who answers?' }], delayMs: 60 });
    const reader = await FrameReader.open(first.url, 'shared', { since: 0 });
    await reader.until((frames) => frames.some(({ method }) => method === 'messages'));

    const refused = await home.spawn({ START_LOCK_WAIT_MS: '50' });
    await refused.program.line('waiting for it');
    expect(await refused.program.ended).toBe(1);
    expect(refused.program.lines.at(-1)).toContain(`${home.databasePath} is in use by another process`);

    const second = await home.spawn({ START_LOCK_WAIT_MS: '60000' });
    await second.program.line('waiting for it');
    const before = reader.frames.length;
    await reader.until((frames) => frames.length > before || haveEnded(frames, [runId]));
    await first.kill();
    await second.ready();

    const after = await FrameReader.open(second.url, 'shared', { since: 0 });
    const frames = await after.until((all) => haveEnded(all, [runId]));
    after.close();
    expect(frames.slice(0, reader.frames.length).map(({ text }) => text)).toEqual(reader.frames.map(({ text }) => text));
    expect(faultsOf(frames, [runId])).toEqual([]);
    expect(rootEvents(frames).at(-1)).toMatchObject({ event: 'completed' });
  });
});
