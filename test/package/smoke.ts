import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROJECT } from '../built-program.js';
import { ChildProgram } from '../child-program.js';
import { FrameReader } from '../support/frame-reader.js';
import { startRun, stateValues } from '../support/run-commands.js';
import { ServerProcess } from '../support/server-process.js';
import { haveEnded, rootEvents } from '../support/thread-history.js';
import { pack, strayFiles } from './tarball.js';

/** An installation that npm's resolver does not bring to an end is a fault, not a wait. */
const INSTALL_MINUTES = 10;
const GREETING = 'hello from my own project';

const folder = mkdtempSync(join(tmpdir(), 'threadlog-package-'));
const project = join(folder, 'project');

/** Says what holds; throws, so that the smoke test fails, when it does not. */
function check(what: string, holds: boolean, seen: unknown): void {
  if (!holds) throw new Error(`${what}: seen ${JSON.stringify(seen)}`);
  console.log(`ok  ${what}`);
}

/** An empty project of a user's, with graphs and LangChain packages of its own, and the package installed in it. */
function installInProject(tarball: string): void {
  cpSync(join(PROJECT, 'test/package/project'), project, { recursive: true });
  renameSync(join(project, 'env'), join(project, '.env'));
  const started = Date.now();
  const { status } = spawnSync('npm', ['install', '--no-audit', '--no-fund', tarball], {
    cwd: project, stdio: 'inherit', timeout: INSTALL_MINUTES * 60_000, killSignal: 'SIGKILL',
  });
  check(`npm installs the package (${((Date.now() - started) / 1000).toFixed(0)} s)`, status === 0, status);
}

function copiesOf(name: string): string[] {
  const output = execFileSync('npm', ['ls', '--all', '--parseable', name], { cwd: project, encoding: 'utf8' });
  return [...new Set(output.split('\n').filter((path) => path.endsWith(join('node_modules', name))))];
}

/** Streams a run of each graph and looks at what it did. */
async function tryGraph(url: string, graph: string): Promise<void> {
  const threadId = `smoke-${graph}`;
  const reader = await FrameReader.open(url, threadId);
  const { runId } = await startRun(url, threadId, graph, { messages: [{ role: 'user', content: 'hello' }] });
  const frames = await reader.until((all) => haveEnded(all, [runId]));
  reader.close();
  const events = rootEvents(frames).map(({ event }) => event);
  check(`the run of "${graph}" is streamed`, events.join() === 'running,completed', rootEvents(frames));
  const { messages } = (await stateValues(url, threadId)) as { messages: { content: unknown }[] };
  check(`"${graph}" has answered`, JSON.stringify(messages.at(-1)?.content).includes(GREETING), messages);
}

async function serve(): Promise<void> {
  const program = new ChildProgram('npx', ['threadlog', 'dev', '--port', '0'], { cwd: project });
  try {
    const server = new ServerProcess(program);
    await server.ready();
    console.log(`ok  npx threadlog dev is ready at ${server.url}`);
    for (const graph of ['graph', 'agent']) await tryGraph(server.url, graph);
    const database = join(project, '.threadlog/threadlog.db');
    check('the database lies in the project', existsSync(database), database);
    program.pressCtrlC();
    await program.ended;
    check('it stops on Ctrl-C', program.lines.at(-1)?.includes('stopped') === true, program.lines.slice(-5));
  } catch (error) {
    console.error(program.lines.join('\n'));
    throw error;
  } finally {
    await program.kill();
  }
}

/**
 * Packs, installs the tarball into a project of a user's own, and serves that project's graphs from there. Needs a
 * package registry.
 */
try {
  const tarball = pack(PROJECT, folder);
  check(
    `the package holds ${tarball.files.length} files, all of which run`,
    strayFiles(tarball).length === 0,
    strayFiles(tarball),
  );
  installInProject(tarball.path);
  for (const name of ['@langchain/core', '@langchain/langgraph'])
    check(`there is one ${name}`, copiesOf(name).length === 1, copiesOf(name));
  await serve();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
