/**
 * The whole story in a minute, with the stock SDK against a real server process: start, filter, drop the connection,
 * resume, interrupt, answer, `kill -9`, restart, resume. Run it with `npm run demo`.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@langchain/langgraph-sdk';
import { DemoServer } from './demo-server.js';
import { type DemoEvent, follow } from './demo-stream.js';

const ALL = ['messages', 'tools', 'lifecycle', 'input', 'custom', 'values'];
const say = (line: string): void => console.log(line);
const step = (title: string): void => say(`\n── ${title}`);

const isEnd = ({ method, params }: DemoEvent): boolean =>
  method === 'lifecycle' && params.namespace.length === 0 && params.data.event !== 'running';
const textOf = ({ params }: DemoEvent): string => (params.data.delta as { text?: string } | undefined)?.text ?? '';

function summary(events: DemoEvent[]): string {
  const [first, last] = [events[0]?.seq, events.at(-1)?.seq];
  return `${events.length} events, seq ${first} to ${last}`;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'threadlog-demo-'));
  const database = join(folder, 'threadlog.db');
  let server = await DemoServer.start(database);
  say(`Server at ${server.url}, log in ${database}`);
  try {
    step('1. Start a run, and read only its text: channel messages');
    const thread = randomUUID();
    let client = new Client({ apiUrl: server.url });
    let stream = client.threads.stream(thread, { assistantId: 'agent' });
    const { run_id: runId } = await stream.run.start({
      input: { messages: [{ role: 'user', content: 'Is it warm in Rome?' }] },
    });
    for await (const message of stream.messages) {
      process.stdout.write('   ');
      for await (const piece of message.text) process.stdout.write(piece);
      process.stdout.write('\n');
    }
    await stream.close();
    say(`   run ${runId} has ended`);

    step('2. Read it all, drop the connection after 12 events, come back with since');
    const before = await follow(server.url, thread, { channels: ALL, since: 0 }, (_, seen) => seen.length === 12);
    const cursor = before.at(-1)!.seq;
    const after = await follow(server.url, thread, { channels: ALL, since: cursor }, isEnd);
    say(`   before the drop: ${summary(before)}`);
    say(`   after it:        ${summary(after)}; nothing twice, nothing missing`);

    step('3. A graph that asks two people at once');
    const approval = randomUUID();
    stream = client.threads.stream(approval, { assistantId: 'approval' });
    await stream.run.start({ input: { messages: [{ role: 'user', content: 'We are open on Sundays' }] } });
    const asked = (await follow(server.url, approval, { channels: ['input', 'lifecycle'] }, isEnd)).filter(
      ({ method }) => method === 'input.requested',
    );
    for (const { params } of asked) say(`   asks: ${(params.data.value as { question: string }).question}`);
    await stream.close();

    step('4. kill -9 in the middle of the answer');
    const answer = (id: unknown, response: string): Promise<void> =>
      client.threads
        .stream(approval, { assistantId: 'approval' })
        .respondInput({ namespace: [], interrupt_id: String(id), response });
    await answer(asked[0]!.params.data.interrupt_id, 'approve');
    const head = (await follow(server.url, approval, { channels: ALL, since: 0 }, isEnd)).at(-1)!.seq;
    const long = randomUUID();
    stream = client.threads.stream(long, { assistantId: 'agent' });
    await stream.run.start({ input: { messages: [{ role: 'user', content: 'Tell me slowly' }], delayMs: 60 } });
    await stream.close();
    const seen = await follow(server.url, long, { channels: ALL, since: 0 }, (_, events) => events.length === 14);
    say(`   the agent is talking: "${seen.map(textOf).join('')}…"`);
    await server.kill();
    say(`   killed after seq ${seen.at(-1)!.seq}`);

    step('5. Restart on the same database: the run goes on by itself');
    server = await DemoServer.start(database);
    client = new Client({ apiUrl: server.url });
    const rest = await follow(server.url, long, { channels: ALL, since: seen.at(-1)!.seq }, isEnd);
    say(`   ${summary(rest)}; the run ended ${String(rest.at(-1)!.params.data.event)}, in one terminal`);
    const state = await client.threads.getState<{ messages: { type: string }[] }>(long);
    say(`   its state: ${state.values.messages.map(({ type }) => type).join(', ')}; nothing doubled`);

    step('6. The other question survived as well; answer it, and the last one');
    let open = (await client.threads.getState(approval)).tasks.flatMap(({ interrupts }) => interrupts);
    let from = head;
    while (open.length > 0) {
      say(`   still asks: ${(open[0]!.value as { question: string }).question}  → approve`);
      await answer(open[0]!.id, 'approve');
      from = (await follow(server.url, approval, { channels: ['lifecycle'], since: from }, isEnd)).at(-1)!.seq;
      open = (await client.threads.getState(approval)).tasks.flatMap(({ interrupts }) => interrupts);
    }
    const done = await client.threads.getState<{ answers: object }>(approval);
    say(`   answers: ${JSON.stringify(done.values.answers)}`);
    say('\nEvery event you saw is still in the log, under the same seq.');
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
// The SDK's streams reconnect to the server that was killed; the story is over.
process.exit(0);
