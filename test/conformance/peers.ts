import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ALL_CASES } from './all-cases.js';
import { LocalServer, freePort, type ServerProgram } from './local-server.js';
import { type JudgedServer, conformanceDocument } from './peers-document.js';
import { runKit } from './run-kit.js';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const JS = join(PROJECT, 'test/conformance/peers/js');
const PYTHON = join(PROJECT, 'test/conformance/peers/python');
const CONCURRENCY = 8;

/** Runs a program to its end. @throws when it fails */
function run(command: string, args: string[], cwd: string): void {
  const { status } = spawnSync(command, args, { cwd, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
}

/** Threadlog as it is built in dist/. */
async function threadlog(work: string, port: number): Promise<{ title: string; program: ServerProgram }> {
  run('npm', ['run', '--silent', 'build'], PROJECT);
  const { version } = JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8')) as { version: string };
  const env = { PORT: String(port), DATABASE_URL: `sqlite://${work}/threadlog.db`, LOG_LEVEL: 'error' };
  const args = ['dist/src/main.js', 'start', '--config', 'examples/langgraph.json'];
  return {
    title: `Threadlog ${version}`,
    program: { command: process.execPath, args, cwd: PROJECT, env, log: `${work}/threadlog.log`, port },
  };
}

/** The stock JavaScript server, with the graphs of examples/ as they are. */
async function stockJs(work: string, port: number): Promise<{ title: string; program: ServerProgram }> {
  run('npm', ['install', '--no-package-lock', '--no-audit', '--no-fund'], JS);
  const served = join(JS, '.threadlog');
  await rm(served, { recursive: true, force: true });
  await mkdir(served);
  const examples = join(PROJECT, 'examples');
  const graphs = (await readdir(examples)).filter((name) => /\.(ts|json)$/.test(name) && !name.startsWith('demo'));
  for (const name of graphs) await copyFile(join(examples, name), join(served, name));
  const { dependencies } = JSON.parse(await readFile(join(JS, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const title = `@langchain/langgraph-api ${dependencies['@langchain/langgraph-api']}`;
  const args = ['--import', 'tsx', 'start.mjs'];
  return {
    title,
    program: { command: process.execPath, args, cwd: JS, env: { PORT: String(port) }, log: `${work}/js.log`, port },
  };
}

/** The platform server with its in-memory runtime, and the same graphs in Python. */
async function platform(work: string, port: number): Promise<{ title: string; program: ServerProgram }> {
  run('python3', ['-m', 'venv', '.venv'], PYTHON);
  run('.venv/bin/pip', ['install', '--quiet', '-r', 'requirements.txt'], PYTHON);
  await rm(join(PYTHON, '.langgraph_api'), { recursive: true, force: true });
  const pins = await readFile(join(PYTHON, 'requirements.txt'), 'utf8');
  const title = `langgraph-api ${/^langgraph-api==(.+)$/m.exec(pins)?.[1]} (Python, in memory)`;
  const args = [
    'dev',
    '--no-browser',
    '--no-reload',
    '--allow-blocking',
    '--n-jobs-per-worker',
    '20',
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
  ];
  const env = { LANGSMITH_TRACING: 'false', LANGGRAPH_CLI_NO_ANALYTICS: '1' };
  return {
    title,
    program: { command: '.venv/bin/langgraph', args, cwd: PYTHON, env, log: `${work}/platform.log`, port },
  };
}

/** Starts a server, judges it and stops it. */
async function judge(make: typeof threadlog, work: string): Promise<JudgedServer> {
  const { title, program } = await make(work, await freePort());
  const server = new LocalServer(program);
  await server.start();
  try {
    const results = await runKit(ALL_CASES, {
      target: server.target,
      restart: () => server.restart(),
      concurrency: CONCURRENCY,
    });
    console.log(
      `${title}: ${results.filter(({ outcome }) => outcome === 'failed').length} of ${results.length} failed`,
    );
    return { title, results };
  } finally {
    await server.stop();
  }
}

const work = await mkdtemp(join(tmpdir(), 'threadlog-peers-'));
const judged: JudgedServer[] = [];
for (const make of [threadlog, stockJs, platform]) {
  try {
    judged.push(await judge(make, work));
  } catch (error) {
    console.error(`${make.name} could not be judged (output in ${work}):`, error);
    process.exitCode = 1;
  }
}
if (process.exitCode !== 1) await rm(work, { recursive: true, force: true });
await writeFile(join(PROJECT, 'docs/conformance.md'), conformanceDocument(judged, new Date()));
console.log('wrote docs/conformance.md');
