import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FrameReader } from './support/frame-reader.js';
import { startRun } from './support/run-commands.js';
import { ServerHome, type ServerProcess } from './support/server-process.js';
import { haveEnded, rootEvents } from './support/thread-history.js';

describe('the terminal of a run that was cancelled while it waited', () => {
  let home: ServerHome;

  beforeEach(() => {
    home = new ServerHome('test/fixtures/crash-graphs/langgraph.json', { SHUTDOWN_GRACE_MS: '0' });
  });
  afterEach(() => home.dispose());

  const cancel = async (server: ServerProcess, runId: string, action: string): Promise<void> => {
    const response = await fetch(`${server.url}/threads/owing/runs/${runId}/cancel?action=${action}`, {
      method: 'POST',
    });
    expect(response.status).toBe(202);
  };

  it.each([
    ['kill -9', 'kill', 'interrupt'],
    ['kill -9', 'kill', 'rollback'],
    ['a graceful stop', 'stop', 'interrupt'],
  ] as const)(
    'comes after that of the active run, also when the server was lost in between (%s, %s, %s)',
    async (_what, end, action) => {
      const gate = join(home.folder, 'gate');
      let server = await home.start();
      const active = await startRun(server.url, 'owing', 'gated', { gate });
      await FrameReader.read(server.url, 'owing', (frames) => frames.some(({ method }) => method === 'custom'));
      const waiting = await startRun(server.url, 'owing', 'agent', { messages: [], delayMs: 0 });
      await cancel(server, waiting.runId, action);
      await server[end]();

      server = await home.start();
      writeFileSync(gate, '');
      const runIds = [active.runId, waiting.runId];
      const frames = await FrameReader.read(server.url, 'owing', (all) => haveEnded(all, runIds));
      expect(rootEvents(frames).map(({ runId, event }) => [runIds.indexOf(runId), event])).toEqual([
        [0, 'running'],
        [0, 'running'],
        [0, 'completed'],
        [1, 'interrupted'],
      ]);
    },
  );
});
