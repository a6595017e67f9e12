import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { builtProgram } from './built-program.js';
import { ChildProgram } from './child-program.js';
import { waitingGraph } from './fixtures/dev-graph.js';
import { FrameReader } from './support/frame-reader.js';
import { startRun, stateValues } from './support/run-commands.js';
import { haveEnded, rootEvents } from './support/thread-history.js';

const LANGGRAPH = pathToFileURL(
  createRequire(import.meta.url)
    .resolve('@langchain/langgraph')
    .replace(/\.cjs$/, '.js'),
).href;
const AGAIN = 'changed, starting again';

describe('threadlog dev', () => {
  let main: string;
  let folder: string;
  let dev: ChildProgram | null = null;

  beforeAll(async () => {
    main = await builtProgram();
  });
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'threadlog-dev-')));
    write('package.json', '{"type":"module"}');
    write('langgraph.json', JSON.stringify({ graphs: { graph: './src/graph.ts:graph' }, env: './keys.env' }));
    write('.env', 'PORT=0\n');
    write('keys.env', 'KEY=1\n');
    write('shared/answer.ts', 'export const answer: string = "first";\n');
    write('shared/never-imported.ts', 'export const nothing = 0;\n');
    write('src/graph.ts', `
import { Annotation, StateGraph } from ${JSON.stringify(LANGGRAPH)};
import { answer } from '../shared/answer.js';
export const graph = new StateGraph(Annotation.Root({ answer: Annotation<string>() }))
  .addNode('tell', () => ({ answer })).addEdge('__start__', 'tell').compile();
`);
  });
  afterEach(async () => {
    await dev?.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const start = (env: Record<string, string> = {}): ChildProgram => {
    dev = new ChildProgram(process.execPath, [main, 'dev'], { cwd: folder, env });
    return dev;
  };
  const ready = async (program: ChildProgram): Promise<string> =>
    (JSON.parse(await program.line('Threadlog is ready at ')) as { url: string }).url;
  const answerOf = async (url: string, threadId: string): Promise<unknown> => {
    const { runId } = await startRun(url, threadId, 'graph', {});
    await FrameReader.read(url, threadId, (frames) => haveEnded(frames, [runId]));
    return (await stateValues(url, threadId)).answer;
  };
  /** The inodes that a process watches, as Linux tells them. */
  const watchedInodes = (pid: number): number[] =>
    readdirSync(`/proc/${pid}/fdinfo`)
      .flatMap((fd) => [...readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8').matchAll(/^inotify wd:\S+ ino:(\w+)/gm)])
      .map(([, inode = '']) => parseInt(inode, 16));

  it('watches langgraph.json, its env file, .env and what was imported, and nothing else', async () => {
    const program = start();
    await ready(program);
    // A change that is noticed shows that all watches are in place.
    write('shared/answer.ts', 'export const answer: string = "second";\n');
    expect(await program.line(AGAIN)).toBe('threadlog dev: shared/answer.ts changed, starting again');
    await ready(program);
    const files = ['langgraph.json', 'keys.env', '.env', 'src/graph.ts', 'shared/answer.ts'];
    // And their folders, for editors that replace a file.
    const expected = [...files, '.', 'src', 'shared'].map((path) => statSync(join(folder, path)).ino);
    expect([...new Set(watchedInodes(program.pid))].sort()).toEqual(expected.sort());
  });

  it('starts again for each of them, and serves what they say then', async () => {
    const program = start();
    expect(await answerOf(await ready(program), 'one')).toBe('first');
    write('shared/answer.ts', 'export const answer: string = "second";\n');
    expect(await answerOf(await ready(program), 'two')).toBe('second');
    for (const [file, text] of [
      ['.env', 'PORT=0\nLOG_LEVEL=debug\n'], ['keys.env', 'KEY=2\n'],
      ['langgraph.json', JSON.stringify({ graphs: { other: './src/graph.ts:graph' } })],
    ] as const) {
      write(file, text);
      expect(await program.line(AGAIN)).toContain(`${file} changed`);
      await ready(program);
    }
    expect(program.lines.findLast((line) => line.includes('graph loaded'))).toContain('"graph":"other"');
  });

  it('notices a file that an editor replaces, one that comes back, and one that was missing', async () => {
    const program = start();
    await ready(program);
    write('shared/answer.ts.tmp', 'export const answer: string = "replaced";\n');
    renameSync(join(folder, 'shared/answer.ts.tmp'), join(folder, 'shared/answer.ts'));
    await program.line(AGAIN);
    expect(await answerOf(await ready(program), 'replaced')).toBe('replaced');

    rmSync(join(folder, 'shared/answer.ts'));
    await program.line('the server ended (1); waiting for a change');
    write('shared/answer.ts', 'export const answer: string = "back";\n');
    expect(await answerOf(await ready(program), 'back')).toBe('back');

    write('src/graph.ts', "export { graph } from './later/graph.js';\n");
    await program.line('the server ended (1); waiting for a change');
    write('src/later/graph.ts', waitingGraph(LANGGRAPH, 'found', 'at once'));
    expect(await answerOf(await ready(program), 'found')).toBe('found');
  });

  it('does not wait for a run in flight: it goes on under the new code', async () => {
    write('src/graph.ts', waitingGraph(LANGGRAPH, 'old', 'for ever'));
    const program = start({ SHUTDOWN_GRACE_MS: '3600000' });
    const url = await ready(program);
    const { runId } = await startRun(url, 'flight', 'graph', {});
    await FrameReader.read(url, 'flight', (frames) => rootEvents(frames).length > 0);
    write('src/graph.ts', waitingGraph(LANGGRAPH, 'new', 'at once'));
    const next = await ready(program);
    await FrameReader.read(next, 'flight', (frames) => haveEnded(frames, [runId]));
    expect(await stateValues(next, 'flight')).toMatchObject({ answer: 'new' });
  });

  it('leaves no server behind when it is killed', async () => {
    const program = start();
    const url = await ready(program);
    process.kill(program.pid, 'SIGKILL');
    // All output is closed, so the server is gone too.
    await program.ended;
    await expect(fetch(`${url}/ok`)).rejects.toThrow('fetch failed');
  });
});
