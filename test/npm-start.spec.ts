import { join } from 'node:path';
import { PROJECT, builtProgram } from './built-program.js';
import { ChildProgram } from './child-program.js';
import { FrameReader } from './support/frame-reader.js';
import { startRun } from './support/run-commands.js';
import { ServerHome, ServerProcess } from './support/server-process.js';
import { haveEnded, rootEvents } from './support/thread-history.js';

const CONFIG = join(PROJECT, 'test/fixtures/crash-graphs/langgraph.json');

describe('npm start', () => {
  const home = new ServerHome(CONFIG);
  const started: ChildProgram[] = [];
  afterAll(async () => {
    await Promise.all(started.map((program) => program.kill()));
    await home.dispose();
  });

  const npmStart = async (args: string[], env: Record<string, string> = {}): Promise<ServerProcess> => {
    await builtProgram();
    const program = new ChildProgram('npm', ['start', '--', ...args], {
      cwd: PROJECT,
      env: { DATABASE_URL: `sqlite://${home.databasePath}`, ...env },
    });
    started.push(program);
    return new ServerProcess(program);
  };

  it('serves what it is asked to, hands SIGTERM on, and ends when the server has ended its run', async () => {
    const npm = await npmStart(['--config', CONFIG, '--port', '0']);
    await npm.ready();
    const ok = await fetch(`${npm.url}/ok`);
    expect([ok.status, await ok.json()]).toEqual([200, { ok: true }]);

    const { runId } = await startRun(npm.url, 'last', 'agent', {
      messages: [{ role: 'user', content: 'the last one' }],
      delayMs: 10,
    });
    const reader = await FrameReader.open(npm.url, 'last', { since: 0 });
    await reader.until((frames) => frames.some(({ method }) => method === 'messages'));
    npm.program.signal('SIGTERM');
    await reader.until((frames) => haveEnded(frames, [runId]));
    expect(await npm.program.ended).toBe(0);
    expect(npm.program.lines.at(-1)).toContain('stopped');

    // The database is free at once: the next server does not have to wait for it.
    const next = await home.start({ START_LOCK_WAIT_MS: '0' });
    const replay = await FrameReader.open(next.url, 'last', { since: 0 });
    const frames = await replay.until((all) => haveEnded(all, [runId]));
    expect(rootEvents(frames).map(({ event }) => event)).toEqual(['running', 'completed']);
    replay.close();
    await next.kill();
  });

  it.each([
    ['an unknown option', ['--colour'], {}, /unknown option '--colour'/],
    [
      'a malformed setting',
      ['--config', CONFIG],
      { HEARTBEAT_INTERVAL_MS: 'often' },
      /setting HEARTBEAT_INTERVAL_MS is "often"/,
    ],
    ['an unknown setting', ['--config', CONFIG], { THREADLOG_COLOUR: 'blue' }, /unknown setting THREADLOG_COLOUR/],
    [
      'a broken graph',
      ['--config', 'test/fixtures/broken-graph.json', '--port', '0'],
      {},
      /graphs\/throws\.mjs.*cannot be imported/,
    ],
  ])('refuses %s with a message that names it, and a status', async (_what, args, env, message) => {
    const { program } = await npmStart(args, env);
    expect(await program.ended).not.toBe(0);
    expect(program.lines.join('\n')).toMatch(message);
    expect(program.lines.join('\n')).not.toContain('is ready');
  });
});
