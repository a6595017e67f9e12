import { resolve } from 'node:path';
import * as current from 'langgraph-sdk-1-15/client';
import * as pinned from '@langchain/langgraph-sdk/client';
import { LogMaintenance } from '../src/event-log/log-maintenance.js';
import { type LogServer, startLogServer } from './support/log-server.js';
import { startRun, stateValues } from './support/run-commands.js';
import { SseReader } from './support/sse-reader.js';
import type { StoredEnvelope } from './support/stored-envelopes.js';

const THREAD = 'chat';
const CITIES = ['Oslo', 'Rome', 'Bern', 'Kiev', 'Riga', 'Baku', 'Lima', 'Cairo', 'Accra', 'Hanoi'];
const ALL = ['values', 'updates', 'messages', 'tools', 'custom', 'lifecycle', 'input', 'checkpoints', 'tasks'];
const SDKS: [string, typeof pinned][] = [['1.12.4', pinned], ['1.15.0', current as unknown as typeof pinned]];

interface Replay {
  readonly events: StoredEnvelope[];
  readonly bytes: number;
  readonly missed: boolean;
}

let server: LogServer;

/** What a client with this body gets of the thread at rest. */
async function replay(body: object): Promise<Replay> {
  const reader = await SseReader.open(server.url, THREAD, { channels: ALL, ...body });
  await reader.untilSeq(server.log.lastSeq(THREAD));
  reader.close();
  const events = reader.frames.map(({ data }) => JSON.parse(data) as StoredEnvelope);
  const bytes = reader.frames.reduce((sum, { data }) => sum + Buffer.byteLength(data), 0);
  return { events, bytes, missed: reader.headers['threadlog-missed'] === 'true' };
}

/** Starts a run and waits for its terminal. */
async function turn(city: string): Promise<void> {
  const messages = [{ role: 'user', content: `How is it in ${city}?` }];
  const { runId } = await startRun(server.url, THREAD, 'agent', { messages, delayMs: 0 });
  const watcher = await SseReader.open(server.url, THREAD, { channels: ['lifecycle'], since: 0 });
  await watcher.until(({ frames }) =>
    frames.some(({ data }) => data.includes(`synth:${runId}:`) && data.includes('"completed"')),
  );
  watcher.close();
}

/** What the stock SDK's assembler makes of a replay: each message as it is in the end. */
function assembled(sdk: typeof pinned, events: readonly StoredEnvelope[]): unknown[] {
  const assembler = new sdk.MessageAssembler();
  const messages = new Set<unknown>();
  for (const event of events) {
    const update = event.method === 'messages' ? assembler.consume(event as never) : undefined;
    if (update) messages.add(update.message);
  }
  return structuredClone([...messages]);
}

/** The two messages of the newest turn, as the stock SDK's stream without a cursor gives them. */
async function streamed(sdk: typeof pinned): Promise<unknown[]> {
  const thread = new sdk.Client({ apiUrl: server.url }).threads.stream(THREAD, { assistantId: 'agent' });
  const outputs: unknown[] = [];
  for await (const message of thread.messages) {
    outputs.push(JSON.parse(JSON.stringify(await message.output)));
    if (outputs.length === 2) break;
  }
  await thread.close();
  return outputs;
}

const lastState = (events: readonly StoredEnvelope[]): unknown =>
  events.findLast(({ method, params }) => method === 'values' && params.namespace.length === 0);

describe('a chat of ten turns that is compacted', () => {
  let full: Replay;
  let newest: Replay;
  let compacted: Replay;
  const streamedBefore: unknown[][] = [];

  beforeAll(async () => {
    const never = { COMPACT_AFTER_MS: 1, MAINTENANCE_INTERVAL_MS: 2_000_000_000 };
    server = await startLogServer(never, undefined, { config: resolve('examples/langgraph.json') });
    for (const city of CITIES) await turn(city);
    full = await replay({ since: 0 });
    newest = await replay({});
    for (const [, sdk] of SDKS) streamedBefore.push(await streamed(sdk));
    await server.app.get(LogMaintenance, { strict: false }).sweep(Date.now() + 60_000);
    compacted = await replay({ since: 0 });
  });
  afterAll(() => server.close());

  it.each(SDKS)('assembles with SDK %s to the same messages', (_version, sdk) => {
    const before = assembled(sdk, full.events);
    expect(before.length).toBeGreaterThanOrEqual(2 * CITIES.length);
    expect(assembled(sdk, compacted.events)).toEqual(before);
  });

  it.each(SDKS.map(([version, sdk], index) => ({ version, sdk, index })))(
    'streams the same messages with SDK $version',
    async ({ sdk, index }) => {
      expect(streamedBefore[index]).toHaveLength(2);
      expect(JSON.stringify(streamedBefore[index])).toContain('Hanoi: cloudy');
      expect(await streamed(sdk)).toEqual(streamedBefore[index]);
    },
  );

  it('ends in the same state, event for event', async () => {
    expect(lastState(full.events)).toBeDefined();
    expect(lastState(compacted.events)).toEqual(lastState(full.events));
    expect((await stateValues(server.url, THREAD))['messages']).toHaveLength(4 * CITIES.length);
  });

  it('takes less than half of the bytes', () => {
    expect(compacted.bytes).toBeLessThan(full.bytes / 2);
  });

  it('gives only events that were there before, unchanged and in order', () => {
    const kept = new Set(compacted.events.map(({ seq }) => seq));
    expect(compacted.events).toEqual(full.events.filter(({ seq }) => kept.has(seq)));
    for (const method of ['lifecycle', 'tools', 'custom', 'checkpoints', 'updates']) {
      const of = ({ events }: Replay): number => events.filter((event) => event.method === method).length;
      expect([method, of(compacted)]).toEqual([method, of(full)]);
    }
  });

  it('replays the newest run to a stream without a cursor, in fewer events', async () => {
    const now = await replay({});
    expect(now.missed).toBe(false);
    expect(now.events[0]).toEqual(newest.events[0]);
    expect(now.events.at(-1)).toEqual(newest.events.at(-1));
    expect(now.events.length).toBeLessThan(newest.events.length / 1.5);
  });

  it('gives a cursor within it the sign of loss and the kept events above the cursor', async () => {
    for (const { seq } of [full.events[0], full.events[100], full.events.at(-2)] as StoredEnvelope[]) {
      const { events, missed } = await replay({ since: seq });
      expect(missed).toBe(true);
      expect(events).toEqual(compacted.events.filter((event) => event.seq > seq));
    }
    expect(full.missed).toBe(false);
    expect(compacted.missed).toBe(true);
  });

  it('goes on with the thread, exact for a cursor at the end of what was compacted', async () => {
    const end = server.log.lastSeq(THREAD);
    await turn('Quito');
    const { events, missed } = await replay({ since: end });
    expect(missed).toBe(false);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => end + 1 + i));
  });
});
