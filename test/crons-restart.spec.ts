import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import SQLite from 'better-sqlite3';
import { FrameReader } from './support/frame-reader.js';
import { type Client, SDK_VERSIONS } from './support/sdk-versions.js';
import { ServerHome, type ServerProcess } from './support/server-process.js';
import { haveEnded, rootEvents } from './support/thread-history.js';

const MINUTE = 60_000;
const { Client } = SDK_VERSIONS[0]!;

describe('crons across kill -9', () => {
  let home: ServerHome;
  let server: ServerProcess;
  let client: Client;

  const start = async (): Promise<void> => {
    server = await home.start();
    client = new Client({ apiUrl: server.url });
  };
  beforeEach(async () => {
    home = new ServerHome('test/fixtures/crash-graphs/langgraph.json', { STATELESS_THREAD_GRACE_MS: '0' });
    await start();
  });
  afterEach(() => home.dispose());

  /** While no server runs: makes the one cron due since `ago` milliseconds. */
  const missFor = (ago: number): void => {
    const database = new SQLite(home.databasePath);
    database.prepare('UPDATE crons SET next_run_at = ?').run(Date.now() - ago);
    database.close();
  };
  const untilRuns = (threadId: string, runs: number): Promise<unknown> =>
    FrameReader.read(server.url, threadId, (frames) => {
      const ids = [...new Set(rootEvents(frames).map(({ runId }) => runId))];
      return ids.length >= runs && haveEnded(frames, ids);
    });

  it('starts the run once that was missed while no server ran, however often it was, and no other', async () => {
    const { thread_id: threadId } = await client.threads.create();
    const gate = join(home.folder, 'gate');
    writeFileSync(gate, '');
    await client.crons.createForThread(threadId, 'gated', { schedule: '0 0 1 1 *', input: { gate } });
    await server.kill();
    missFor(90 * MINUTE);
    await start();
    await untilRuns(threadId, 1);
    expect(await client.runs.list(threadId)).toHaveLength(1);
    const [cron] = await client.crons.search();
    expect(Date.parse(cron!.next_run_date as string)).toBeGreaterThan(Date.now());
  });

  it('neither loses nor doubles a run when the server is killed right after it was started', async () => {
    const { thread_id: threadId } = await client.threads.create();
    const gate = join(home.folder, 'gate');
    await client.crons.createForThread(threadId, 'gated', { schedule: '0 0 1 1 *', input: { gate } });
    await server.kill();
    missFor(MINUTE);
    await start();
    await FrameReader.read(server.url, threadId, (frames) => frames.some(({ method }) => method === 'lifecycle'));
    await server.kill();
    await start();
    expect(existsSync(gate)).toBe(false);
    writeFileSync(gate, '');
    await untilRuns(threadId, 1);
    expect(await client.runs.list(threadId)).toMatchObject([{ status: 'success' }]);
  });

  it('removes the thread of a run that ended in a later process', async () => {
    const gate = join(home.folder, 'gate');
    await client.crons.create('gated', { schedule: '0 0 1 1 *', input: { gate } });
    await server.kill();
    missFor(MINUTE);
    await start();
    // It may have been started before the server said that it is ready.
    const text = 'a cron started its run';
    const line = server.program.lines.find((one) => one.includes(text)) ?? (await server.program.line(text));
    const { thread_id: threadId } = JSON.parse(line) as { thread_id: string };
    await server.kill();
    await start();
    expect(await client.threads.get(threadId)).toMatchObject({ status: 'busy' });
    const gone = server.program.line('a temporary thread is removed');
    writeFileSync(gate, '');
    await gone;
    await expect(client.threads.get(threadId)).rejects.toMatchObject({ status: 404 });
  });
});
