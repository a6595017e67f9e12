import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import type { SqliteCheckpointer } from '../src/storage/sqlite/checkpoints/sqlite-checkpointer.js';
import { Checkpointer } from '../src/storage/checkpointer.js';
import { PROJECT } from './built-program.js';
import { type LogServer, startLogServer } from './support/log-server.js';
import { post } from './support/run-commands.js';
import { idOf, ThreadProbe } from './support/thread-probe.js';

const ASKING = join(PROJECT, 'test/fixtures/asking/langgraph.json');
/** More than the pages that a small database has to spare. */
const BIG = 'x'.repeat(300_000);

describe('runs, while the file of the checkpoints has no room', () => {
  let server: LogServer;
  let checkpointer: SqliteCheckpointer;
  let thread: ThreadProbe;
  beforeEach(async () => {
    server = await startLogServer({ STORAGE_RETRY_MS: 5, ABORT_WAIT_MS: 2_000 }, undefined, { config: ASKING });
    checkpointer = server.app.get<SqliteCheckpointer>(Checkpointer, { strict: false });
    thread = new ThreadProbe(server);
  });
  afterEach(async () => {
    makeRoom();
    thread.close();
    await server.close();
  });

  const pragma = (text: string): unknown => checkpointer.db.pragma(text, { simple: true });
  // In SQLite's own eyes the disk is full from here on.
  const fillDisk = (): unknown => pragma(`max_page_count = ${pragma('page_count') as number}`);
  const makeRoom = (): unknown => pragma('max_page_count = 1000000');

  /** Resolves when the checkpointer has found out `times` from now on that it cannot write. */
  function refusals(times: number): Promise<void> {
    const failed = checkpointer.health.failed.bind(checkpointer.health);
    return new Promise((resolve) => {
      checkpointer.health.failed = (error) => {
        failed(error);
        if ((times -= 1) === 0) resolve();
      };
    });
  }

  const ready = async (): Promise<number> => (await fetch(`${server.url}/ready`)).status;

  it('wait, and end well by themselves once there is room', async () => {
    fillDisk();
    const run = await thread.start('ask', { question: BIG });
    await refusals(3);
    expect([await ready(), (await fetch(`${server.url}/ok`)).status]).toEqual([503, 200]);
    expect(await thread.get(`/runs/${run}`)).toMatchObject({ status: 'running' });
    makeRoom();
    expect((await thread.ended(run)).params.data.event).toBe('interrupted');
    expect(await ready()).toBe(200);
    await thread.ended(await thread.respond(idOf(await thread.asked()), 'yes'));
    expect(await thread.values()).toMatchObject({ question: BIG, answer: 'yes' });
  });

  it('can be cancelled, and store nothing afterwards', async () => {
    fillDisk();
    const run = await thread.start('ask', { question: BIG });
    await refusals(2);
    expect((await post(`${thread.url}/runs/${run}/cancel?wait=1`, {})).status).toBe(204);
    expect((await thread.ended(run)).params.data.event).toBe('interrupted');
    makeRoom();
    expect(await thread.values()).toEqual({});
    await thread.ended(await thread.start('ask', { question: 'small' }));
    expect(await thread.values()).toEqual({ question: 'small' });
  });

  it('that give answers can be cancelled, and the question waits for another answer', async () => {
    await thread.ended(await thread.start('ask', { question: 'which?' }));
    const question = idOf(await thread.asked());
    fillDisk();
    const run = await thread.respond(question, BIG);
    await refusals(2);
    expect((await post(`${thread.url}/runs/${run}/cancel?wait=1`, {})).status).toBe(204);
    makeRoom();
    await thread.ended(await thread.respond(question, 'a small answer'));
    expect(await thread.values()).toMatchObject({ answer: 'a small answer' });
  });

  it('do not hold up a stop, and go on after the next start', async () => {
    fillDisk();
    const run = await thread.start('ask', { question: BIG });
    await refusals(2);
    await server.stop();
    const stored = new BetterSqlite(server.database.path, { readonly: true });
    expect(stored.prepare('SELECT status FROM runs WHERE run_id = ?').pluck().get(run)).toBe('running');
    stored.close();
  });

  it('are not what an update of the state is: that is refused at once', async () => {
    await thread.ended(await thread.start('ask', { question: 'which?' }));
    fillDisk();
    const refused = await post(`${thread.url}/state`, { values: { question: BIG } });
    expect([refused.status, await ready()]).toEqual([503, 503]);
    makeRoom();
    expect((await post(`${thread.url}/state`, { values: { question: BIG } })).status).toBe(200);
    expect(await ready()).toBe(200);
  });
});
