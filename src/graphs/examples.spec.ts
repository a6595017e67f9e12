import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, type Interrupt, type ProtocolEvent } from '@langchain/langgraph';
import type { CompiledGraph } from './loading/compiled-graph.js';
import { SqliteCheckpointer } from '../storage/sqlite/checkpoints/sqlite-checkpointer.js';
import { readLanggraphConfig } from './loading/config/langgraph-config.js';

type Input = Record<string, unknown> | Command;

const say = (content: string, more: Record<string, unknown> = {}) => ({
  messages: [{ role: 'user', content }],
  delayMs: 0,
  ...more,
});

let folder: string;
let checkpointer: SqliteCheckpointer;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'examples-'));
  checkpointer = SqliteCheckpointer.open(join(folder, 'checkpoints.db'));
});

afterAll(() => {
  checkpointer.close();
  rmSync(folder, { recursive: true });
});

async function example(name: string): Promise<CompiledGraph> {
  const { graph } = (await import(`../../examples/${name}.js`)) as { graph: CompiledGraph };
  graph.checkpointer = checkpointer;
  return graph;
}

async function play(graph: CompiledGraph, thread: string, input: Input): Promise<ProtocolEvent[]> {
  const events: ProtocolEvent[] = [];
  for await (const event of await graph.streamEvents(input, { version: 'v3', configurable: { thread_id: thread } }))
    events.push(event);
  return events;
}

const dataOf = (events: ProtocolEvent[], method: string): Record<string, unknown>[] =>
  events.filter((event) => event.method === method).map((event) => event.params.data as Record<string, unknown>);

const deltas = (events: ProtocolEvent[]): string[] =>
  dataOf(events, 'messages').flatMap(({ delta }) => (delta as { text?: string } | undefined)?.text ?? []);

it('are all listed in langgraph.json, with a file each', () => {
  const { graphs } = readLanggraphConfig('examples/langgraph.json');
  expect(graphs.map(({ id }) => id)).toEqual(['agent', 'firehose', 'research', 'approval', 'team']);
  expect(graphs.map(({ path }) => path)).toEqual(graphs.map(({ id }) => `./${id}.ts:graph`));
});

it('of agents are all listed in a langgraph.json of their own, which needs packages that only tests need', () => {
  const { graphs } = readLanggraphConfig('examples/agents/langgraph.json');
  const files = readdirSync('examples/agents').filter((name) => name.endsWith('.ts')).sort();
  expect(graphs.map(({ path }) => path).sort()).toEqual(files.map((file) => `./${file}:graph`));
});

it('agent streams text, calls a tool and streams the answer, on every turn and with new ids', async () => {
  const graph = await example('agent');
  const ids: unknown[] = [];
  for (const [said, city] of [['How is it in Paris?', 'Paris'], ['And in Rome?', 'Rome']]) {
    const events = await play(graph, 'agent', say(said!));
    const text = deltas(events).join('');
    expect(text).toMatch(
      new RegExp(`^Let me look at the weather in ${city}\\.You said "${said!.replace('?', '\\?')}"\\. .*${city}: `),
    );
    const call = dataOf(events, 'messages').find(
      ({ content }) => (content as { type?: string } | undefined)?.type === 'tool_call',
    );
    expect(call?.content).toMatchObject({ name: 'get_weather', args: { city } });
    expect(dataOf(events, 'tools').map(({ event }) => event)).toEqual(['tool-started', 'tool-finished']);
    expect(dataOf(events, 'custom')).toEqual(
      [50, 100].map((percent) => ({ name: 'progress', payload: { step: 'weather', city, percent } })),
    );
    ids.push(...dataOf(events, 'messages').flatMap((data) => (data.event === 'message-start' ? [data.id] : [])));
  }
  const { values } = await graph.getState({ configurable: { thread_id: 'agent' } });
  const messages = (values as { messages: { id: string; type: string }[] }).messages;
  expect(messages.map(({ type }) => type)).toEqual(['human', 'ai', 'tool', 'ai', 'human', 'ai', 'tool', 'ai']);
  expect(messages.filter(({ type }) => type === 'ai').map(({ id }) => id)).toEqual(ids);
  expect(new Set(ids).size).toBe(4);
});

it('firehose streams as many chunks and custom events as it is asked for', async () => {
  const events = await play(await example('firehose'), 'firehose', say('go', { tokens: 250, custom: 250 }));
  expect(deltas(events)).toEqual(Array.from({ length: 250 }, (_, i) => `tok${i} `));
  expect(dataOf(events, 'custom')).toEqual(
    Array.from({ length: 250 }, (_, i) => ({ payload: { i, payload: 'x'.repeat(64) } })),
  );
  const silent = await play(await example('firehose'), 'silent', say('go', { tokens: 0, custom: 0 }));
  expect([deltas(silent), dataOf(silent, 'custom')]).toEqual([[], []]);
});

it('research fans out, and every level streams', async () => {
  const events = await play(await example('research'), 'research', say('tea'));
  const spoke = events.filter(
    ({ method, params }) => method === 'messages' && (params.data as { event: string }).event === 'message-start',
  );
  const depths = spoke.map(({ params }) => params.namespace.map((segment) => segment.split(':')[0]).join('/')).sort();
  const branch = ['investigate/check/compare', 'investigate/read'].flatMap((name) => [name, name, name]);
  expect(depths).toEqual([...branch, 'plan', 'summarize']);
  expect(new Set(spoke.map(({ params }) => params.namespace.join())).size).toBe(8);
  for (const part of ['history', 'present', 'future'])
    expect(deltas(events.slice(-40)).join('')).toContain(`the ${part} of tea`);
});

it('approval has two interrupts pending at once, one of them in a subgraph, then a third, and records the answers', async () => {
  const graph = await example('approval');
  const config = { configurable: { thread_id: 'approval' } };
  const pending = async (): Promise<Map<string, Interrupt>> => {
    const { tasks } = await graph.getState(config);
    return new Map(
      tasks.flatMap((task) =>
        (task.interrupts as Interrupt[]).map((one) => [(one.value as { role: string }).role, one]),
      ),
    );
  };
  await play(graph, 'approval', say('a party'));
  const asked = await pending();
  expect([...asked.keys()].sort()).toEqual(['budget', 'legal']);
  for (const { value } of asked.values()) expect(value).toMatchObject({ question: expect.stringMatching(/\?$/) });
  await play(graph, 'approval', new Command({ resume: { [asked.get('legal')!.id!]: 'approve' } }));
  expect((await graph.getState(config)).next).toContain('budget');
  await play(graph, 'approval', new Command({ resume: { [asked.get('budget')!.id!]: 'reject' } }));
  const third = await pending();
  expect([...third.keys()]).toEqual(['release']);
  const events = await play(graph, 'approval', new Command({ resume: { [third.get('release')!.id!]: 'later' } }));
  const answers = { budget: 'reject', legal: 'approve', release: 'later' };
  expect((await graph.getState(config)).values).toMatchObject({ answers });
  expect(deltas(events).join('')).toContain('"release":"later"');
});

it('team names its subagents and says which tool call started each', async () => {
  const events = await play(await example('team'), 'team', say('a poem'));
  const started = dataOf(events, 'tools').filter(({ event }) => event === 'tool-started');
  const causes = dataOf(events, 'lifecycle').filter(({ event, cause }) => event === 'started' && cause !== undefined);
  expect(started.map(({ tool_name }) => tool_name)).toEqual(['task', 'task']);
  expect(causes.map(({ graph_name, cause }) => [graph_name, cause])).toEqual(
    ['researcher', 'writer'].map((name, i) => [name, { type: 'toolCall', tool_call_id: started[i]!.tool_call_id }]),
  );
  for (const name of ['researcher', 'writer']) {
    const own = dataOf(events, 'lifecycle').filter(({ graph_name }) => graph_name === name);
    expect(own.map(({ event }) => event)).toEqual(['started', 'completed']);
  }
  const inside = events.filter(({ method, params }) => method === 'messages' && params.namespace.length === 2);
  expect(new Set(inside.map(({ params }) => params.namespace[0]!.split(':')[0]))).toEqual(new Set(['tools']));
  expect(deltas(events).join('')).toContain('The team is done.');
});
