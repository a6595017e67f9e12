import { join } from 'node:path';
import { PROJECT } from './built-program.js';
import { TestServer } from './support/running-server.js';
import { idOf, story, ThreadProbe } from './support/thread-probe.js';

const ASKING = join(PROJECT, 'test/fixtures/asking/langgraph.json');
const LIMIT = 1_000;

describe('MAX_INTERRUPT_BYTES', () => {
  let server: TestServer;
  let thread: ThreadProbe;

  beforeAll(async () => {
    server = await TestServer.start(ASKING, { MAX_INTERRUPT_BYTES: LIMIT });
  });
  beforeEach(() => {
    thread = new ThreadProbe(server);
  });
  afterEach(() => thread.close());
  afterAll(() => server.close());

  it('lets a question of just so many bytes through', async () => {
    const question = 'x'.repeat(LIMIT - 2);
    await thread.ended(await thread.start('ask', { question }));
    expect((await thread.asked()).params.data).toEqual({
      interrupt_id: expect.any(String),
      payload: question,
      value: question,
    });
  });

  it('fails a run whose graph asks with more, by its name; its state is kept, and its thread goes on', async () => {
    const question = 'x'.repeat(LIMIT - 1);
    const run = await thread.start('ask', { question });
    expect((await thread.ended(run)).params.data).toEqual({
      event: 'failed', graph_name: 'ask', error_type: 'InterruptTooLargeError',
      error: expect.stringMatching(/1001 bytes.*1000 that MAX_INTERRUPT_BYTES allows/),
    });
    expect(await thread.get(`/runs/${run}`)).toMatchObject({
      status: 'error', error_type: 'InterruptTooLargeError', error: expect.stringContaining('MAX_INTERRUPT_BYTES'),
    });
    expect(await thread.values()).toMatchObject({ question });

    await thread.ended(await thread.start('ask', { question: 'short' }));
    const id = idOf(await thread.asked());
    await thread.ended(await thread.respond(id, 'good'));
    expect(await thread.values()).toMatchObject({ answer: 'good' });
    expect(story(await thread.read())).toEqual([
      'running',
      'failed',
      'running',
      `asked ${id}`,
      'interrupted',
      'running',
      `answered ${id}`,
      'completed',
    ]);
  });
});
