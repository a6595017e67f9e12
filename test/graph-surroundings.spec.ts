import { join } from 'node:path';
import { PROJECT } from './built-program.js';
import { FrameReader } from './support/frame-reader.js';
import { startRun, stateValues } from './support/run-commands.js';
import { ServerHome, type ServerProcess } from './support/server-process.js';
import { haveEnded } from './support/thread-history.js';

const CONFIG = join(PROJECT, 'test/fixtures/surroundings/langgraph.json');

/** What a graph may count on when it is imported, and when it runs. */
describe('the surroundings of a graph', () => {
  const defaults = {
    graph: { configurable: { model: 'small', tone: 'dry' }, context: { user: 'default' }, tags: ['default'] },
  };
  const home = new ServerHome(CONFIG, { LANGGRAPH_CONFIG: JSON.stringify(defaults) });
  let server: ServerProcess;
  beforeAll(async () => {
    server = await home.start();
  });
  afterAll(() => home.dispose());

  const logged = (message: string): Record<string, unknown>[] =>
    server.program.lines
      .filter((line) => line.includes(`"msg":"${message}"`))
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  it('has the logger of the SDK at import', () => {
    expect(logged('imported')).toEqual([
      expect.objectContaining({ level: 30, context: 'graph', details: { at: 'import' } }),
    ]);
  });

  it('tells of the keys of langgraph.json that have no effect', () => {
    expect(server.program.lines.find((line) => line.includes('not served yet'))).toContain('\\"http.app\\"');
  });

  it('logs a line of a node with its run, thread, graph and node, and runs with LANGGRAPH_CONFIG', async () => {
    const { runId } = await startRun(server.url, 'surroundings', 'graph', { note: 'hello' });
    await FrameReader.read(server.url, 'surroundings', (frames) => haveEnded(frames, [runId]));
    const fields = {
      run_id: runId,
      thread_id: 'surroundings',
      graph: 'graph',
      node: 'look',
      details: { note: 'hello' },
    };
    expect(logged('a line of a node')).toEqual([expect.objectContaining(fields)]);
    const { seen } = await stateValues(server.url, 'surroundings');
    expect(seen).toMatchObject({
      model: 'small',
      tone: 'dry',
      context: { user: 'default' },
      tags: expect.arrayContaining(['default']),
    });
  });
});
