import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FrameReader } from './support/frame-reader.js';
import { startRun } from './support/run-commands.js';
import { ServerHome, type ServerProcess } from './support/server-process.js';
import { faultsOf, haveEnded, rootEvents } from './support/thread-history.js';

const MESSAGE = 'The graph called process.exit(0), which a graph on a server must not do: throw an error instead.';

describe('process.exit(0) called by a graph', () => {
  const home = new ServerHome('test/fixtures/exit-graphs/langgraph.json');
  let server: ServerProcess;

  beforeAll(async () => {
    server = await home.start({ EXIT_FILE: join(home.folder, 'exit') });
  });
  afterAll(() => home.dispose());

  it.each(['plainly', 'swallowed', 'later'])(
    'fails its run by name and leaves the server and its other runs alone (%s)',
    async (how) => {
      const other = await startRun(server.url, `beside-${how}`, 'agent', {
        messages: [{ role: 'user', content: 'hello' }],
        delayMs: 20,
      });
      await FrameReader.read(server.url, `beside-${how}`, (frames) =>
        frames.some(({ method }) => method === 'messages'),
      );
      const { runId } = await startRun(server.url, how, 'leaving', { how });
      const frames = await FrameReader.read(server.url, how, (all) => haveEnded(all, [runId]));
      expect(faultsOf(frames, [runId])).toEqual([]);
      expect(rootEvents(frames).at(-1)).toMatchObject({ event: 'failed', error: MESSAGE });
      expect(frames.at(-1)?.data).toMatchObject({ error_type: 'ProcessExitError' });
      expect(JSON.parse(await server.program.line('a graph called process.exit'))).toMatchObject({
        run_id: runId,
        thread_id: how,
        graph: 'leaving',
      });
      const beside = await FrameReader.read(server.url, `beside-${how}`, (all) => haveEnded(all, [other.runId]));
      expect(rootEvents(beside).at(-1)).toMatchObject({ event: 'completed' });
    },
  );

  it('ends the server with another status than 0, and says so, when no run did it', async () => {
    writeFileSync(join(home.folder, 'exit'), '');
    expect(await server.program.ended).toBe(1);
    expect(await server.program.line('outside of a run')).toContain('by-module.ts');
  });

  it('ends it so, too, while a graph is imported', async () => {
    const importing = new ServerHome('test/fixtures/exit-graphs/at-import.json');
    try {
      const { program } = await importing.spawn();
      expect(await program.ended).toBe(1);
      expect(await program.line('outside of a run')).toContain('at-import.ts');
    } finally {
      await importing.dispose();
    }
  });
});
