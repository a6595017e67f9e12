import { setImmediate as nextTurn } from 'node:timers/promises';
import { matchesSubscription } from '@langchain/langgraph/stream';
import type { EventDraft } from '../src/storage/log/event-draft.js';
import { type LogServer, startLogServer } from './support/log-server.js';
import { RandomChoices, SEED } from './support/random-choices.js';
import { SseReader } from './support/sse-reader.js';
import { type StoredEnvelope, storedEnvelopes } from './support/stored-envelopes.js';
import { draftOf } from './support/temporary-log.js';

const THREADS = ['first', 'second', 'third'];
const READERS_PER_THREAD = 8;
/** Writers go on until readers came back this often, within these bounds. */
const MIN_RETURNS = 100;
const MIN_EVENTS = 400;
const MAX_EVENTS = 5_000;

const SEGMENTS = ['a', 'b:1', 'b:2', 'c:1'];
const METHODS = ['values', 'messages', 'tools', 'lifecycle', 'custom', 'updates', 'input.requested'];

interface Filter {
  channels: string[];
  namespaces?: string[][];
  depth?: number;
}

/** The last event of each thread, which every filter matches: what comes after it, or twice before it, is seen. */
const FENCE = draftOf({ name: 'fence' }, { name: 'fence', namespace: ['fence:1'] });

class Fire extends RandomChoices {
  returns = 0;

  draft(): EventDraft {
    const method = this.pick(METHODS);
    const name = method === 'custom' && this.chance(0.5) ? this.pick(['x', 'y']) : null;
    const filler = 'ü'.repeat(this.pick([0, 10, 10, 500, 6_000]));
    return draftOf(name ? { name, filler } : { filler }, { method, name, namespace: this.namespace(), at: Date.now() });
  }

  filter(): Filter {
    const channel = (): string =>
      this.pick(['values', 'messages', 'tools', 'lifecycle', 'custom', 'input', 'custom:x']);
    const filter: Filter = { channels: [...this.list(1, 4, channel), 'custom:fence'] };
    if (this.chance(0.5)) filter.namespaces = [...this.list(1, 3, () => this.namespace()), ['fence']];
    if (this.chance(0.5)) filter.depth = this.between(0, 2);
    return filter;
  }

  private namespace(): string[] {
    return this.list(0, 3, () => this.pick(SEGMENTS));
  }
}

describe('a stream', () => {
  let server: LogServer;
  beforeAll(async () => {
    // Small pages and buffers, so that readers change between the log and live all the time.
    server = await startLogServer({ READ_PAGE_BYTES: 3_000, READ_PAGE_ROWS: 40, MAX_SUBSCRIBER_BUFFER_BYTES: 8_000 });
  });
  afterAll(() => server.close());

  async function write(fire: Fire, threadId: string, goOn: () => boolean): Promise<void> {
    for (let events = 0; events < MIN_EVENTS || (events < MAX_EVENTS && goOn()); ) {
      const drafts = fire.list(1, 6, () => fire.draft());
      events += drafts.length;
      const stored = server.log.append(threadId, drafts);
      if (fire.chance(0.5)) await stored;
      for (let turns = fire.between(0, 8); turns > 0; turns -= 1) await nextTurn();
    }
    await server.log.append(threadId, [FENCE]);
  }

  /** One of the three ways to say where the reader stands. */
  function cursor(
    fire: Fire,
    since: number,
    last: StoredEnvelope | undefined,
  ): { body: object; headers: Record<string, string> } {
    const way = fire.between(0, 3);
    if (way === 1) return { body: {}, headers: { 'last-event-id': String(since) } };
    if (way === 2 && last) return { body: {}, headers: { 'last-event-id': last.event_id } };
    if (way === 3 && last) return { body: { since_event_id: last.event_id }, headers: {} };
    return { body: { since }, headers: {} };
  }

  /** Joins, reads a while, leaves, comes back where it was, until the fence. */
  async function read(fire: Fire, threadId: string, filter: Filter, start: number): Promise<StoredEnvelope[]> {
    const got: StoredEnvelope[] = [];
    while (got.at(-1)?.params.namespace[0] !== 'fence:1') {
      const { body, headers } = cursor(fire, got.at(-1)?.seq ?? start, got.at(-1));
      const reader = await SseReader.open(server.url, threadId, { ...filter, ...body }, headers);
      expect(reader.headers['threadlog-missed']).toBeUndefined();
      const patience = fire.between(1, 120);
      await reader.until(
        ({ frames }) => frames.length >= patience || (frames.at(-1)?.data.includes('"fence:1"') ?? false),
      );
      reader.close();
      for (const { data, id, event } of reader.frames) {
        const envelope = JSON.parse(data) as StoredEnvelope;
        expect([envelope.seq, envelope.method]).toEqual([id, event]);
        got.push(envelope);
      }
      fire.returns += 1;
      for (let turns = fire.pick([0, 0, 5, 50]); turns > 0; turns -= 1) await nextTurn();
    }
    return got;
  }

  it(`gives each reader filter(log), once, in order, while events commit and readers join, leave and resume (TEST_SEED=${SEED})`, async () => {
    const fire = new Fire();
    for (const threadId of THREADS) await server.log.append(threadId, fire.list(50, 50, () => fire.draft()));
    const writing = THREADS.map((threadId) => write(fire, threadId, () => fire.returns < MIN_RETURNS));
    const reading = THREADS.flatMap((threadId) =>
      fire.list(READERS_PER_THREAD, READERS_PER_THREAD, async () => {
        for (let turns = fire.between(0, 200); turns > 0; turns -= 1) await nextTurn();
        const filter = fire.filter();
        const since = fire.between(0, server.log.head(threadId)?.lastSeq ?? 0);
        return { threadId, filter, since, got: await read(fire, threadId, filter, since) };
      }),
    );
    await Promise.all(writing);
    for (const { threadId, filter, since, got } of await Promise.all(reading)) {
      const log = storedEnvelopes(server.database, threadId);
      const expected = log.filter((envelope) => matchesSubscription(envelope as never, { ...filter, since } as never));
      expect({ threadId, filter, since, seqs: got.map(({ seq }) => seq) }).toEqual({
        threadId, filter, since, seqs: expected.map(({ seq }) => seq),
      });
      expect(got).toEqual(expected);
    }
    expect(fire.returns).toBeGreaterThanOrEqual(MIN_RETURNS);
  });
});
