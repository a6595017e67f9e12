import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PROJECT } from './built-program.js';
import { FrameReader } from './support/frame-reader.js';
import { post, startRun } from './support/run-commands.js';
import { ServerHome } from './support/server-process.js';
import { haveEnded } from './support/thread-history.js';

/** As much of a graph of a LangGraph before v3 as a server looks at. */
const OLD_GRAPH = `import { version } from '@langchain/langgraph';
const fail = async () => { throw new Error('called on ' + version); };
export const graph = { lg_is_pregel: true, invoke: fail, stream: fail, streamEvents: fail, getState: fail };
`;

describe('a project whose LangGraph has no v3 streaming', () => {
  const project = mkdtempSync(join(tmpdir(), 'threadlog-project-'));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), text);
  };
  const home = new ServerHome(join(project, 'langgraph.json'));

  beforeAll(() => {
    const langgraph = { name: '@langchain/langgraph', version: '0.2.74', type: 'module', exports: './index.js' };
    write('node_modules/@langchain/langgraph/package.json', JSON.stringify(langgraph));
    write('node_modules/@langchain/langgraph/index.js', "export const version = '0.2.74';");
    write('old.mjs', OLD_GRAPH);
    write(
      'langgraph.json',
      JSON.stringify({ graphs: { old: './old.mjs:graph', agent: join(PROJECT, 'examples/agent.ts:graph') } }),
    );
  });
  afterAll(async () => {
    await home.dispose();
    rmSync(project, { recursive: true, force: true });
  });

  it('is served, and its threads answer 503 with the version found and the one needed; other graphs run', async () => {
    const server = await home.start();
    expect(server.program.lines.join('\n')).toContain('cannot stream events');
    const message = expect.stringMatching(/0\.2\.74.*>=1\.3\.0/);

    const created = await post(`${server.url}/threads`, { thread_id: 'bound', metadata: { graph_id: 'old' } });
    expect(created.status).toBe(200);
    const input = { messages: [{ role: 'user', content: 'hello' }], delayMs: 0 };
    const runStart = (assistant: string): unknown => ({
      id: 1,
      method: 'run.start',
      params: { assistant_id: assistant, input },
    });
    for (const [path, body] of [
      ['threads/bound/stream/events', { channels: ['values'] }],
      ['threads/bound/commands', { id: 1, method: 'state.get', params: {} }],
      ['threads/bound/commands', runStart('old')],
      ['threads/fresh/commands', runStart('old')],
    ] as const) {
      const answer = await post(`${server.url}/${path}`, body);
      expect({ path, status: answer.status, body: await answer.json() }).toMatchObject({
        path,
        status: 503,
        body: { detail: message },
      });
    }
    expect((await fetch(`${server.url}/threads/fresh`)).status).toBe(404);

    const { runId } = await startRun(server.url, 'modern', 'agent', input);
    const reader = await FrameReader.open(server.url, 'modern', { since: 0 });
    await reader.until((frames) => haveEnded(frames, [runId]));
    reader.close();
  });
});
