import Sqlite from 'better-sqlite3';
import { FrameReader } from './support/frame-reader.js';
import { startRun } from './support/run-commands.js';
import { ServerHome } from './support/server-process.js';
import { haveEnded, rootEvents } from './support/thread-history.js';

describe('a thread whose newest checkpoint cannot be read', () => {
  const home = new ServerHome('test/fixtures/crash-graphs/langgraph.json');
  afterAll(() => home.dispose());

  const ends = async (url: string, threadId: string, runIds: string[]): Promise<string[]> => {
    const reader = await FrameReader.open(url, threadId, { since: 0 });
    const frames = await reader.until((seen) => haveEnded(seen, runIds));
    reader.close();
    return rootEvents(frames)
      .filter(({ event }) => event !== 'running')
      .map(({ event, error }) => `${event}: ${error}`);
  };

  it('fails its runs with the reason, each once, and keeps nobody busy', async () => {
    const input = { messages: [{ role: 'user', content: 'hello' }], delayMs: 0 };
    let server = await home.start();
    const first = await startRun(server.url, 'broken', 'agent', input);
    await ends(server.url, 'broken', [first.runId]);
    await server.stop();
    const checkpoints = new Sqlite(`${home.databasePath}-checkpoints`);
    checkpoints.prepare('UPDATE checkpoints SET checkpoint = ?').run(Buffer.from('{'));
    checkpoints.close();

    server = await home.start();
    const runs = [
      await startRun(server.url, 'broken', 'agent', input),
      await startRun(server.url, 'broken', 'agent', input),
    ];
    const outcome = await ends(server.url, 'broken', [first.runId, ...runs.map(({ runId }) => runId)]);
    expect(outcome).toEqual([
      'completed: undefined',
      expect.stringMatching(/^failed: .+JSON/),
      expect.stringMatching(/^failed: .+JSON/),
    ]);
    expect(server.program.lines.filter((line) => line.includes('could not be ended'))).toHaveLength(2);
    const other = await startRun(server.url, 'other', 'agent', input);
    expect(await ends(server.url, 'other', [other.runId])).toEqual(['completed: undefined']);
  });
});
