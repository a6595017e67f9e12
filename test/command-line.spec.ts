import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { builtProgram, PROJECT } from './built-program.js';
import { ChildProgram } from './child-program.js';

const FIXTURES = join(PROJECT, 'test/fixtures');
const READY = 'Threadlog is ready at ';

describe('the command line', () => {
  let main: string;
  let directory: string;
  const children: ChildProgram[] = [];

  beforeAll(async () => {
    main = await builtProgram();
  });
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'threadlog-cli-'));
  });
  afterEach(async () => {
    await Promise.all(children.splice(0).map((child) => child.kill()));
    rmSync(directory, { recursive: true, force: true });
  });

  const run = (command: string, args: string[], env: Record<string, string> = {}, cwd = directory): ChildProgram => {
    return track(
      new ChildProgram(command, args, { cwd, env: { DATABASE_URL: `sqlite://${directory}/data/t.db`, ...env } }),
    );
  };
  const track = (child: ChildProgram): ChildProgram => {
    children.push(child);
    return child;
  };
  const threadlog = (args: string[], env?: Record<string, string>): ChildProgram =>
    run(process.execPath, [main, ...args], env);
  const configWith = (graph: string): string => {
    const path = join(directory, 'langgraph.json');
    writeFileSync(path, JSON.stringify({ graphs: { graph } }));
    return path;
  };
  const MISBEHAVING = `${FIXTURES}/graphs/misbehaving.mjs:graph`;
  const url = async (child: ChildProgram): Promise<string> =>
    (JSON.parse(await child.line(READY)) as { url: string }).url;
  const answers = async (base: string): Promise<boolean> =>
    fetch(`${base}/openapi.json`).then((response) => response.ok, () => false);

  it('serves ./langgraph.json on a free port, says so in one line, and ends with 0 on SIGTERM', async () => {
    configWith(MISBEHAVING);
    const server = threadlog(['start', '--port', '0']);
    const base = await url(server);
    expect(base).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
    expect(await answers(base)).toBe(true);
    server.signal('SIGTERM');
    expect(await server.ended).toBe(0);
    expect(server.lines.filter((line) => line.includes(READY))).toHaveLength(1);
    expect(await answers(base)).toBe(false);
  });

  it('says that it is ready whatever the log level', async () => {
    configWith(MISBEHAVING);
    const server = threadlog(['start', '--port', '0'], { LOG_LEVEL: 'silent' });
    expect(await answers(await url(server))).toBe(true);
  });

  it('keeps a second server off the database, and lets it in once the first was killed', async () => {
    configWith(MISBEHAVING);
    const first = threadlog(['start', '--port', '0']);
    await url(first);

    const refused = threadlog(['start', '--port', '0'], { START_LOCK_WAIT_MS: '100' });
    expect(await refused.ended).toBe(1);
    expect(refused.lines.at(-1)).toBe(
      `threadlog: the database ${directory}/data/t.db is in use by another process (it holds ${directory}/data/t.db.lock; waited 100 ms)`,
    );

    const next = threadlog(['start', '--port', '0'], { START_LOCK_WAIT_MS: '60000' });
    await next.line('waiting for it');
    await first.kill();
    expect(await answers(await url(next))).toBe(true);
  });

  it('gives up waiting for the database on SIGTERM', async () => {
    configWith(MISBEHAVING);
    await url(threadlog(['start', '--port', '0']));
    const waiting = threadlog(['start', '--port', '0'], { START_LOCK_WAIT_MS: '60000' });
    await waiting.line('waiting for it');
    waiting.signal('SIGTERM');
    expect(await waiting.ended).toBe(0);
  });

  it('outlives an unhandled rejection of a graph, not an uncaught exception', async () => {
    configWith(MISBEHAVING);
    const server = threadlog(['start', '--port', '0']);
    const base = await url(server);
    server.signal('SIGUSR2');
    expect(await server.line('unhandled rejection')).toContain('nobody awaits this');
    expect(await answers(base)).toBe(true);
    server.signal('SIGWINCH');
    expect(await server.line('uncaught exception')).toContain('nobody catches this');
    expect(await server.ended).toBe(1);
  });

  it('ends at once with 1 on a second signal, and takes two in the same moment for one', async () => {
    const program = run(process.execPath, ['--import', 'tsx', join(FIXTURES, 'stop-signal.ts')], {}, PROJECT);
    await program.line('up');
    program.signal('SIGINT');
    program.signal('SIGTERM');
    await program.line('stopping');
    // The window in which two signals are one is what this waits out.
    await sleep(400);
    program.signal('SIGTERM');
    expect(await program.ended).toBe(1);
    expect(program.lines.at(-1)).toContain('a second signal: stopping at once');
  });

  it.each([
    ['an unknown option', ['start', '--colour'], {}, "error: unknown option '--colour'"],
    ['an unknown command', ['serve'], {}, "error: unknown command 'serve'"],
    [
      'a port that is none',
      ['start', '--port', '70000'],
      {},
      "error: option '--port <port>' argument '70000' is invalid. It must be a number from 0 to 65535.",
    ],
    [
      'an unknown setting',
      ['start'],
      { MAX_CONCURENT_RUNS: '1' },
      'threadlog: unknown setting MAX_CONCURENT_RUNS; did you mean MAX_CONCURRENT_RUNS?',
    ],
    [
      'a malformed setting',
      ['migrate'],
      { DURABILITY: 'disk' },
      'threadlog: setting DURABILITY is "disk": must be one of process, power',
    ],
    ['a missing configuration', ['start', '--config', 'none.json'], {}, 'none.json'],
  ])('refuses %s with one message and status 1', async (_what, args, env, message) => {
    const program = threadlog(args, env);
    expect(await program.ended).toBe(1);
    expect(program.lines).toEqual([expect.stringContaining(message)]);
  });

  it('stops at a broken graph and names its file', async () => {
    writeFileSync(join(directory, 'broken.mjs'), 'export const graph = {');
    configWith('./broken.mjs:graph');
    const program = threadlog(['start', '--port', '0']);
    expect(await program.ended).toBe(1);
    expect(program.lines.at(-1)).toMatch(/^threadlog: .*broken\.mjs/);
    expect(program.lines.filter((line) => /^\s+at /.test(line))).toEqual([]);
  });

  it('migrates alone, again without effect', async () => {
    for (const ran of ['["Initial', '[]']) {
      const program = threadlog(['migrate']);
      expect(await program.line('up to date')).toContain(`"ran":${ran}`);
      expect(await program.ended).toBe(0);
    }
  });

  it('takes settings from the .env beside langgraph.json, and keeps its database there, wherever it is started', async () => {
    const project = join(directory, 'project');
    mkdirSync(project);
    writeFileSync(join(project, 'langgraph.json'), JSON.stringify({ graphs: { graph: MISBEHAVING } }));
    writeFileSync(join(project, '.env'), 'PORT=0\nLOG_LEVEL=warn\n');
    for (const command of [['migrate'], ['start']]) {
      const program = track(
        new ChildProgram(process.execPath, [main, ...command, '--config', 'project/langgraph.json'], {
          cwd: directory,
        }),
      );
      if (command[0] === 'start') {
        expect(await url(program)).not.toContain(':8123');
        program.signal('SIGTERM');
      }
      expect(await program.ended).toBe(0);
      expect(program.lines.some((line) => line.includes('"level":30') && !line.includes(READY))).toBe(false);
      expect(existsSync(join(project, '.threadlog/threadlog.db'))).toBe(true);
      expect(existsSync(join(directory, '.threadlog'))).toBe(false);
    }
  });

  it('is reached through npm start, hands SIGTERM on and ends with the server', async () => {
    const npm = run('npm', ['start', '--', '--config', configWith(MISBEHAVING), '--port', '0'], {}, PROJECT);
    const base = await url(npm);
    expect(npm.lines.join('\n')).toContain('"graph":"graph"');
    npm.signal('SIGTERM');
    expect(await npm.ended).toBe(0);
    expect(npm.lines.at(-1)).toContain('stopped');
    expect(await answers(base)).toBe(false);
  });

  it('serves the examples from npm start when it is given no configuration', async () => {
    const npm = run('npm', ['start', '--', '--port', '0'], {}, PROJECT);
    expect(await npm.line('graph loaded')).toContain('"graph":"agent"');
    expect(await answers(await url(npm))).toBe(true);
  });

  it('starts again in development when a file changes, also after one that was broken', async () => {
    const graphs = join(directory, 'graphs');
    mkdirSync(graphs);
    const file = join(graphs, 'graph.mjs');
    const source = `export { graph } from ${JSON.stringify(join(FIXTURES, 'graphs/misbehaving.mjs'))};`;
    writeFileSync(file, source);
    configWith('./graphs/graph.mjs:graph');
    const dev = threadlog(['dev', '--port', '0']);
    await url(dev);
    writeFileSync(file, 'export const graph = {');
    await dev.line('graphs/graph.mjs changed, starting again');
    await dev.line('the server ended (1); waiting for a change');
    writeFileSync(file, source);
    const base = await url(dev);
    expect(await answers(base)).toBe(true);
    dev.signal('SIGTERM');
    expect(await dev.ended).toBe(0);
    expect(await answers(base)).toBe(false);
  });
});
