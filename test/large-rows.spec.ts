import { join } from 'node:path';
import { PROJECT } from './built-program.js';
import { gate } from './support/gate.js';
import { type LogServer, startLogServer } from './support/log-server.js';
import { idOf, rootLives, ThreadProbe } from './support/thread-probe.js';
import { post } from './support/run-commands.js';

const ASKING = join(PROJECT, 'test/fixtures/asking/langgraph.json');
const LIMIT = 2_000;

describe('large JSON in rows', () => {
  let server: LogServer;
  let thread: ThreadProbe;

  beforeAll(async () => {
    server = await startLogServer({ MAX_METADATA_BYTES: LIMIT }, undefined, { config: ASKING });
  });
  beforeEach(() => {
    thread = new ThreadProbe(server);
  });
  afterEach(() => thread.close());
  afterAll(() => server.close());

  /** Whoever reads these after that fails. */
  const spoil = (table: string, column: string): void => {
    server.database.handle.exec(`UPDATE ${table} SET ${column} = 'no JSON'`);
  };

  it('lies in no table whose searches read the rows that they pass', () => {
    const clustered = server.database.handle.prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%WITHOUT ROWID%'",
    );
    // Labels are short, whatever the metadata.
    expect(clustered.pluck().all().sort()).toEqual(['assistant_labels', 'events', 'thread_labels']);
  });

  it('is not read when a run starts, ends and is streamed on a thread with much metadata', async () => {
    expect(
      (await post(`${server.url}/threads`, { thread_id: thread.threadId, metadata: { notes: 'x'.repeat(1_000) } }))
        .status,
    ).toBe(200);
    await thread.ended(await thread.start('ask', { question: 1 }));
    spoil('thread_documents', 'metadata_json');
    const id = idOf(await thread.asked());
    const answering = await thread.respond(id, 'yes');
    expect((await thread.ended(answering)).params.data.event).toBe('completed');
    expect(await thread.values()).toMatchObject({ answer: 'yes' });
    expect((await fetch(`${thread.url}`)).status).toBe(500);
  });

  it('is not read of runs that wait, nor of questions that are open, when they are interrupted', async () => {
    const name = `gate of ${thread.threadId}`;
    await thread.ended(await thread.start('ask', { question: 'open' }));
    // New input beside the open question.
    const active = await thread.start(
      'gated',
      { messages: [{ role: 'user', content: 'busy' }], gate: name },
      { config: { configurable: { checkpoint_id: await newest() } } },
    );
    await gate(name).reached;
    const waiting: string[] = [];
    for (let index = 0; index < 20; index += 1) waiting.push(await thread.start('gated', { messages: [] }));
    server.database.handle.exec(`UPDATE run_documents SET kwargs_json = 'no JSON', metadata_json = 'no JSON'
      WHERE position IN (SELECT position FROM runs WHERE status = 'pending')`);
    server.database.handle.exec('ALTER TABLE interrupt_documents RENAME TO far_away');
    gate('last').open();
    const last = await thread.start(
      'gated',
      { messages: [{ role: 'user', content: 'last' }], gate: 'last' },
      { multitask_strategy: 'interrupt' },
    );
    server.database.handle.exec('ALTER TABLE far_away RENAME TO interrupt_documents');
    await thread.ended(last);
    const lives = rootLives(await thread.read()).slice(2);
    expect(lives).toEqual([
      [active, 'running'],
      [active, 'interrupted'],
      ...waiting.map((run) => [run, 'interrupted']),
      [last, 'running'],
      [last, 'completed'],
    ]);
  });

  async function newest(): Promise<string> {
    return (await thread.get<{ checkpoint: { checkpoint_id: string } }>('/state')).checkpoint.checkpoint_id;
  }

  it('of metadata is refused above MAX_METADATA_BYTES, by name, and nothing is stored', async () => {
    const metadata = { notes: 'x'.repeat(LIMIT) };
    const issue = {
      detail: [
        { loc: ['body', 'metadata'], type: 'too_long', msg: expect.stringMatching(/MAX_METADATA_BYTES allows 2000/) },
      ],
    };
    const created = await post(`${server.url}/threads`, { thread_id: thread.threadId, metadata });
    expect([created.status, await created.json()]).toEqual([422, issue]);
    expect(await thread.command('run.start', { assistant_id: 'ask', input: {}, metadata })).toMatchObject({
      type: 'error', error: 'invalid_argument', message: expect.stringMatching(/MAX_METADATA_BYTES allows 2000/),
    });
    expect((await fetch(thread.url)).status).toBe(404);
    expect((await post(`${server.url}/threads`, { thread_id: thread.threadId })).status).toBe(200);
    const run = await post(`${thread.url}/runs`, { assistant_id: 'ask', input: {}, metadata });
    expect([run.status, await run.json()]).toEqual([422, issue]);
    expect(await thread.get('/runs')).toEqual([]);
  });

  it('counts what several requests have gathered', async () => {
    const half = 'x'.repeat(LIMIT / 2);
    expect(
      (await post(`${server.url}/threads`, { thread_id: thread.threadId, metadata: { first: half } })).status,
    ).toBe(200);
    const patch = await fetch(thread.url, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ metadata: { second: half } }),
    });
    expect(patch.status).toBe(422);
    const answer = await thread.command('run.start', {
      assistant_id: 'ask',
      input: { question: 1 },
      metadata: { second: half },
    });
    expect(answer).toMatchObject({ type: 'error', error: 'invalid_argument' });
    await thread.ended(await thread.start('ask', { question: 1 }));
    expect(await thread.get('')).toMatchObject({ metadata: { first: half, graph_id: 'ask' } });
    expect(await thread.get<object[]>('/runs')).toHaveLength(1);
  });
});
