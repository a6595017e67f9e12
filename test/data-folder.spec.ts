import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { builtProgram, PROJECT } from './built-program.js';
import { ChildProgram } from './child-program.js';
import { FrameReader } from './support/frame-reader.js';
import { post, startRun } from './support/run-commands.js';
import { ServerHome, ServerProcess } from './support/server-process.js';
import { faultsOf, haveEnded } from './support/thread-history.js';

const CONFIG = join(PROJECT, 'test/fixtures/crash-graphs/langgraph.json');
const INPUT = { messages: [{ role: 'user', content: 'hello' }], delayMs: 20 };
const RUN = { assistant_id: 'agent', input: INPUT };

const isReady = async (url: string): Promise<number> => (await fetch(`${url}/ready`)).status;

/** What each way to store something is answered, on a server that has the thread `old`. */
async function storing(url: string): Promise<Record<string, number>> {
  const patch = {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ metadata: { a: 1 } }),
  };
  return {
    'run.start': (await post(`${url}/threads/new/commands`, { id: 1, method: 'run.start', params: RUN })).status,
    'POST runs': (await post(`${url}/threads/new/runs`, RUN)).status,
    'POST threads': (await post(`${url}/threads`, {})).status,
    'POST sessions': (await post(`${url}/v1/sessions`, { agent: 'agent' })).status,
    'POST executions': (await post(`${url}/api/executions`, { patternName: 'agent', input: INPUT })).status,
    'PATCH thread': (await fetch(`${url}/threads/old`, patch)).status,
    'POST state': (await post(`${url}/threads/old/state`, { values: { messages: [] }, as_node: '__start__' })).status,
  };
}

const ALL_STORED = {
  'run.start': 200,
  'POST runs': 200,
  'POST threads': 200,
  'POST sessions': 200,
  'POST executions': 202,
  'PATCH thread': 200,
  'POST state': 200,
};
const NONE_STORED = Object.fromEntries(Object.keys(ALL_STORED).map((way) => [way, 503]));

describe('a server whose data folder goes away', () => {
  const homes: ServerHome[] = [];
  const start = async (): Promise<{ home: ServerHome; folder: string; server: ServerProcess }> => {
    const home = new ServerHome(CONFIG, { STORAGE_CHECK_MS: '20' });
    homes.push(home);
    const folder = join(home.folder, 'data');
    return { home, folder, server: await home.start({ DATABASE_URL: `sqlite://${folder}/t.db` }) };
  };
  afterEach(async () => {
    await Promise.all(homes.splice(0).map((home) => home.dispose()));
  });

  it('is not ready, and stores nothing that nobody would find, once the folder was deleted', async () => {
    const { folder, server } = await start();
    await post(`${server.url}/threads`, { thread_id: 'old', metadata: { graph_id: 'agent' } });
    expect([await isReady(server.url), await storing(server.url)]).toEqual([200, ALL_STORED]);
    rmSync(folder, { recursive: true });
    expect([await isReady(server.url), await storing(server.url)]).toEqual([503, NONE_STORED]);
    expect(await server.program.line('nothing can be stored')).toContain('t.db was deleted, moved or replaced');
  });

  it('notices without being asked', async () => {
    const { folder, server } = await start();
    rmSync(join(folder, 't.db-checkpoints'));
    expect(await server.program.line('nothing can be stored')).toContain('t.db-checkpoints was deleted');
  });

  it('is not ready either when its lock was deleted, which lets another process in', async () => {
    const { folder, server } = await start();
    rmSync(join(folder, 't.db.lock'));
    expect(await isReady(server.url)).toBe(503);
  });

  it('goes on where it was once the folder is back', async () => {
    const { folder, server } = await start();
    const { runId } = await startRun(server.url, 'thread', 'agent', INPUT);
    const reader = await FrameReader.open(server.url, 'thread', { since: 0 });
    await reader.until((frames) => frames.some(({ method }) => method === 'messages'));
    renameSync(folder, `${folder}-moved`);
    await server.program.line('nothing can be stored');
    mkdirSync(folder);
    expect(await isReady(server.url)).toBe(503);
    rmSync(folder, { recursive: true });
    renameSync(`${folder}-moved`, folder);
    await server.program.line('the database can write again');
    // The file of the checkpoints is tried again in its own time.
    while ((await isReady(server.url)) !== 200);
    const frames = await reader.until((all) => haveEnded(all, [runId]));
    reader.close();
    expect(faultsOf(frames, [runId])).toEqual([]);
    expect((await storing(server.url))['run.start']).toBe(200);
  });
});

const mayMount = spawnSync('unshare', ['-rm', 'true']).status === 0;

/** Mounts are the process's own: they are gone with it, and nobody else sees them. */
(mayMount ? describe : describe.skip)('a server on a read-only file system', () => {
  const home = new ServerHome(CONFIG);
  const programs: ChildProgram[] = [];
  afterAll(async () => {
    await Promise.all(programs.map((program) => program.kill()));
    await home.dispose();
  });

  const inOwnMounts = async (script: string): Promise<ChildProgram> => {
    const serve = `node ${await builtProgram()} start --config ${CONFIG}`;
    const env = {
      PORT: '0',
      HOME_OF_DATA: home.folder,
      DATABASE_URL: `sqlite://${home.databasePath}`,
      STORAGE_CHECK_MS: '20',
    };
    const program = new ChildProgram('unshare', ['-rm', 'bash', '-c', script.replaceAll('SERVE', serve)], {
      cwd: PROJECT,
      env,
    });
    programs.push(program);
    return program;
  };
  const READ_ONLY = 'mount --bind $HOME_OF_DATA $HOME_OF_DATA && mount -o remount,ro,bind $HOME_OF_DATA';

  it('is not ready once the file system has become read-only', async () => {
    const program = await inOwnMounts(`trap "${READ_ONLY} && echo mounted" USR1; SERVE & while true; do wait; done`);
    const server = new ServerProcess(program);
    await server.ready();
    expect(await isReady(server.url)).toBe(200);
    program.signal('SIGUSR1');
    await program.line('mounted');
    expect(await isReady(server.url)).toBe(503);
    expect((await storing(server.url))['run.start']).toBe(503);
    expect(await program.line('nothing can be stored')).toContain('is read-only');
    await program.kill();
  });

  it('does not start', async () => {
    // What a killed server has left behind is all that SQLite needs to open the database for reading.
    const program = await inOwnMounts(`${READ_ONLY} && SERVE`);
    expect(await program.ended).toBe(1);
    expect(program.lines.at(-1)).toMatch(/cannot open the database .*: its file system is read-only$/);
  });
});
