import { join } from 'node:path';
import { PROJECT } from './built-program.js';
import { FrameReader } from './support/frame-reader.js';
import { startRun } from './support/run-commands.js';
import { ServerHome, type ServerProcess } from './support/server-process.js';
import { haveEnded } from './support/thread-history.js';

const CONFIG = join(PROJECT, 'test/fixtures/surroundings/langgraph.json');
const TRIED =
  /^curl -N http:\/\/127\.0\.0\.1:\d+\/threads\/first\/stream\/events -H 'content-type: application\/json' -d '\{[^']+\}'$/;

type Line = Record<string, unknown>;

/** What the server writes for the person or the program that watches it. */
describe('the logs of a server', () => {
  const home = new ServerHome(CONFIG);
  afterAll(() => home.dispose());

  const parsed = (server: ServerProcess): Line[] =>
    server.program.lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Line);
  const play = async (server: ServerProcess, threadId: string, graph: string): Promise<string> => {
    const { runId } = await startRun(server.url, threadId, graph, { seen: 'payload-of-a-user' });
    await FrameReader.read(server.url, threadId, (frames) => haveEnded(frames, [runId]));
    return runId;
  };

  it('tell start, failure and end of a run by fields, and nothing of what it was about', async () => {
    const server = await home.start();
    const good = { run_id: await play(server, 'good', 'graph'), thread_id: 'good', graph: 'graph' };
    const bad = { run_id: await play(server, 'bad', 'failing'), thread_id: 'bad', graph: 'failing' };
    await server.stop();
    const lines = parsed(server).filter(({ msg }) => String(msg).startsWith('run '));
    expect(lines).toEqual([
      expect.objectContaining({ level: 30, msg: 'run started', ...good }),
      expect.objectContaining({ level: 30, msg: 'run ended', status: 'success', ...good }),
      expect.objectContaining({ level: 30, msg: 'run started', ...bad }),
      expect.objectContaining({
        level: 40,
        msg: 'run failed',
        ...bad,
        err: {
          type: 'Error',
          message: 'refused by the provider',
          code: 'E_PROVIDER',
          stack: expect.stringMatching(/failing\.mjs:\d+/),
          cause: { type: 'Error', message: 'status 429', stack: expect.any(String) },
        },
      }),
      expect.objectContaining({ level: 30, msg: 'run ended', status: 'error', ...bad }),
    ]);
    expect(server.program.lines.join('\n')).not.toMatch(/of-a-user/);
  });

  it('show a command to try, alone on its line, to be taken from a pipe', async () => {
    const server = await home.start();
    await server.stop();
    expect(server.program.lines.filter((line) => TRIED.test(line))).toHaveLength(1);
  });

  it('are JSON and nothing else when JSON is asked for', async () => {
    const server = await home.start({ LOG_FORMAT: 'json' });
    await server.stop();
    expect(server.program.lines.filter((line) => !line.startsWith('{'))).toEqual([]);
  });

  it('are lines for a person when they are to be pretty, without colours in a pipe', async () => {
    const server = await home.spawn({ LOG_FORMAT: 'pretty' });
    const ready = await server.program.line('Threadlog is ready at ');
    server.program.signal('SIGTERM');
    await server.program.ended;
    expect(ready).toMatch(
      /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: Threadlog is ready at http:\/\/\S+ \{"url":"http:[^{}]+"\}$/,
    );
    expect(server.program.lines.filter((line) => line.startsWith('{') || line.includes('\u001b'))).toEqual([]);
  });

  it('tell of requests at debug, without query, header or body, and map the routes at trace only', async () => {
    for (const [level, routes] of [['debug', false], ['trace', true]] as const) {
      const server = await home.start({ LOG_LEVEL: level });
      await fetch(`${server.url}/threads/nobody?token=secret`, { headers: { 'x-api-key': 'secret' } });
      await server.stop();
      expect(parsed(server)).toContainEqual(
        expect.objectContaining({
          level: 20,
          msg: 'request',
          method: 'GET',
          path: '/threads/nobody',
          status: 404,
          ms: expect.any(Number),
        }),
      );
      expect(server.program.lines.join('\n')).not.toContain('secret');
      expect(server.program.lines.some((line) => line.includes('RouterExplorer'))).toBe(routes);
    }
  });
});
