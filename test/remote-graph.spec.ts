import { Annotation, END, interrupt, MemorySaver, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph';
import { RemoteGraph } from '@langchain/langgraph/remote';
import type { BaseMessage } from '@langchain/core/messages';
import { type Part, says } from './support/run-parts.js';
import { TestServer } from './support/running-server.js';

const State = Annotation.Root({ ...MessagesAnnotation.spec, delayMs: Annotation<number | undefined>() });
const WEATHER = 'You said "in Rome". Here is what I found: Rome: sunny, 14 degrees.';

describe('RemoteGraph', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start();
  });
  afterAll(() => server.close());

  const remote = (graphId: string): RemoteGraph => new RemoteGraph({ graphId, url: server.url });
  const textOf = ({ messages }: { messages: { content: unknown }[] }): unknown => messages.at(-1)?.content;

  it('is invoked', async () => {
    expect(textOf(await remote('agent').invoke(says('in Rome')))).toBe(WEATHER);
  });

  it('streams what a local graph streams', async () => {
    const chunks = await remote('agent').stream(says('in Rome'), { streamMode: ['updates', 'custom'] });
    const modes: string[] = [];
    for await (const chunk of chunks as AsyncIterable<[string, unknown]>) modes.push(chunk[0]);
    expect(modes).toEqual(['updates', 'custom', 'custom', 'updates', 'updates']);
  });

  it('is a node of a local graph, and streams through it', async () => {
    const graph = new StateGraph(State)
      .addNode('before', () => ({ messages: [{ role: 'user', content: 'in Rome' }] }))
      .addNode('there', remote('agent'))
      .addNode('after', ({ messages }: { messages: BaseMessage[] }) => ({
        messages: [{ role: 'user', content: `Heard ${messages.length} messages` }],
      }))
      .addEdge(START, 'before')
      .addEdge('before', 'there')
      .addEdge('there', 'after')
      .addEdge('after', END)
      .compile();
    const heard: string[] = [];
    const updates: string[] = [];
    const stream = await graph.stream(
      { messages: [], delayMs: 0 },
      { streamMode: ['updates', 'messages', 'values'], subgraphs: true },
    );
    let last: { messages: BaseMessage[] } | null = null;
    for await (const [namespace, mode, chunk] of stream as AsyncIterable<[string[], string, Part['data']]>) {
      if (mode === 'messages' && namespace.length > 0) heard.push(String(chunk[0].content));
      if (mode === 'updates') updates.push(`${namespace.length} ${Object.keys(chunk as object)[0]}`);
      if (mode === 'values' && namespace.length === 0) last = chunk;
    }
    expect(updates.filter((update) => update.startsWith('0'))).toEqual(['0 before', '0 there', '0 after']);
    expect(updates.filter((update) => update.startsWith('1'))).toEqual(['1 agent', '1 tools', '1 agent']);
    expect(heard.join('')).toContain(WEATHER);
    expect(last?.messages.map(({ content }) => content)).toEqual([
      'in Rome', 'Let me look at the weather in Rome.', 'Rome: sunny, 14 degrees', WEATHER, 'Heard 4 messages',
    ]);
  });

  it('asks through a local graph', async () => {
    const graph = new StateGraph(State)
      .addNode('there', remote('approval'))
      .addNode('mine', () => ({ messages: [{ role: 'user', content: String(interrupt('mine?')) }] }))
      .addEdge(START, 'there')
      .addEdge('there', 'mine')
      .addEdge('mine', END)
      .compile({ checkpointer: new MemorySaver() });
    const config = { configurable: { thread_id: 'one' } };
    const asked = (await graph.invoke(says('go') as never, config)) as { __interrupt__?: { value: unknown }[] };
    // RemoteGraph goes by the first question.
    expect(asked.__interrupt__?.map(({ value }) => value)).toMatchObject([{ role: 'budget' }]);
  });

  it('tells the error of a run', async () => {
    await expect(remote('agent').invoke(says('in Rome'), { recursionLimit: 1 })).rejects.toThrow(/Recursion limit/);
  });
});
