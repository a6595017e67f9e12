import { randomUUID } from 'node:crypto';
import { Client } from '@langchain/langgraph-sdk/client';
import { envelopes, replay } from './support/replay.js';
import { GATED, TestServer } from './support/running-server.js';

describe('the replay of a thread', () => {
  let server: TestServer;
  const threadId = randomUUID();

  /** Runs to the end; returns the run's id. */
  const run = async (assistantId: string, input: object): Promise<string> => {
    const thread = new Client({ apiUrl: server.url }).threads.stream(threadId, { assistantId });
    const { run_id } = await thread.run.start({ input });
    await thread.output;
    await thread.close();
    return run_id!;
  };
  const say = (content: string): object => ({ messages: [{ role: 'user', content }], delayMs: 1 });

  beforeAll(async () => {
    server = await TestServer.start(GATED, { HEARTBEAT_INTERVAL_MS: 600_000 });
  });
  afterAll(() => server.close());

  it('is byte for byte the same after a restart, and a later run only adds to it', async () => {
    const first = await run('agent', say('How is it in Oslo?'));
    const ofFirst = await replay(server.url, threadId, { since: 0 });
    const second = await run('approval', say('a party'));
    const [whole, newest] = [await replay(server.url, threadId, { since: 0 }), await replay(server.url, threadId)];
    expect(whole.startsWith(ofFirst)).toBe(true);
    expect(whole.endsWith(newest)).toBe(true);
    expect(newest.length).toBe(whole.length - ofFirst.length);

    await server.restart();
    expect(await replay(server.url, threadId, { since: 0 })).toBe(whole);
    expect(await replay(server.url, threadId)).toBe(newest);

    await run('gated', say('more'));
    expect((await replay(server.url, threadId, { since: 0 })).startsWith(whole)).toBe(true);

    const events = envelopes(whole);
    expect(events[0]!.seq).toBe(2);
    const seqs = events.map(({ seq }) => seq);
    expect([seqs[0], seqs]).toEqual([2, [...new Set(seqs)].sort((one, other) => one - other)]);
    expect(new Set(events.map(({ event_id }) => event_id)).size).toBe(events.length);
    expect(events.map(({ params }) => params.timestamp)).toEqual(
      events.map(({ params }) => params.timestamp).sort((a, b) => a - b),
    );
    const ends = events.filter(
      ({ event_id, params }) => event_id.startsWith('synth:') && params.data['event'] !== 'running',
    );
    expect(ends.map(({ event_id, params }) => [event_id.split(':')[1], params.data['event']])).toEqual([
      [first, 'completed'],
      [second, 'interrupted'],
    ]);
  });
});
