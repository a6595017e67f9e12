import { join } from 'node:path';
import { assistantIdOf } from '../src/graphs/assistant-resolver.js';
import { PROJECT } from './built-program.js';
import { gate } from './support/gate.js';
import { post } from './support/run-commands.js';
import { TestServer } from './support/running-server.js';
import { idOf, ThreadProbe } from './support/thread-probe.js';

interface State {
  readonly values: { readonly heard?: string[] };
  readonly next: string[];
  readonly checkpoint_id: string;
  readonly metadata: Record<string, unknown>;
  readonly tasks: {
    readonly name: string;
    readonly interrupts: unknown[];
    readonly checkpoint: object | null;
    readonly state: State | null;
  }[];
}

let server: TestServer;
let thread: ThreadProbe;

beforeAll(async () => {
  server = await TestServer.start(join(PROJECT, 'test/fixtures/config-graphs/langgraph.json'));
});
beforeEach(() => {
  thread = new ThreadProbe(server);
});
afterEach(() => thread.close());
afterAll(() => server.close());

async function history(body: object = {}): Promise<State[]> {
  const response = await post(`${thread.url}/history`, { limit: 100, ...body });
  expect(response.status).toBe(200);
  return (await response.json()) as State[];
}

const as = (role: string, tone?: string): object => ({ config: { configurable: { role, ...(tone ? { tone } : {}) } } });
const play = async (input: object, params: object): Promise<string> => {
  const run = await thread.start('made', input, params as Record<string, unknown>);
  expect((await thread.ended(run)).params.data).toMatchObject({ event: 'completed' });
  return run;
};
const update = (body: object): Promise<Response> => post(`${thread.url}/state`, body);

describe('the factory of a graph', () => {
  it('gets the config of the run when its question is looked up, shown and answered', async () => {
    const asking = await thread.start('made', { question: 'why?' }, as('assistant', 'warm') as Record<string, unknown>);
    const asked = await thread.asked();
    expect((await thread.ended(asking)).params.data).toMatchObject({ event: 'interrupted' });
    const state = await thread.get<State>('/state?subgraphs=true');
    expect(state.next).toEqual(['assistant']);
    expect(state.tasks[0]).toMatchObject({
      name: 'assistant',
      interrupts: [{ value: 'why?' }],
      state: { next: ['listen'] },
    });
    expect((await history())[0]?.next).toEqual(['assistant']);
    await thread.ended(await thread.respond(idOf(asked), 'because'));
    expect((await thread.get<State>('/state')).values.heard).toEqual(['warm: because']);
  });

  it('gets the config of the newest run when a state is changed', async () => {
    await play({}, as('assistant'));
    const response = await update({ values: { heard: ['told'] }, as_node: 'assistant' });
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('checkpoint_id')]);
    expect((await thread.get<State>('/state')).values.heard).toEqual(['plain: nothing', 'told']);
    await play({}, as('critic'));
    expect((await update({ values: { heard: [] }, as_node: 'assistant' })).status).toBe(400);
    expect((await update({ values: { heard: [] }, as_node: 'critic' })).status).toBe(200);
  });

  it('gets nothing of a run that ended while it waited, nor of one of another graph', async () => {
    await play({}, as('assistant'));
    gate(thread.threadId);
    const active = await thread.start('gated', { gate: thread.threadId });
    await gate(thread.threadId).reached;
    const waiting = await thread.start('made', {}, as('critic') as Record<string, unknown>);
    expect((await post(`${thread.url}/runs/${waiting}/cancel`, {})).status).toBe(202);
    gate(thread.threadId).open();
    await thread.ended(active);
    await thread.ended(waiting);
    expect((await update({ values: { heard: ['told'] }, as_node: 'assistant' })).status).toBe(200);
  });

  it('gets the id of a thread that has had no run', async () => {
    await post(`${server.url}/threads`, { thread_id: thread.threadId, metadata: { graph_id: 'made' } });
    expect((await update({ values: { heard: ['first'] }, as_node: 'nobody' })).status).toBe(200);
    expect((await thread.get<State>('/state')).values.heard).toEqual(['first']);
  });
});

describe('the metadata of a run', () => {
  const told = {
    metadata: { topic: 'bees', shared: 'run' },
    config: { metadata: { tenant: { id: 7 }, shared: 'config' }, configurable: { role: 'a' } },
  };

  it('is in its checkpoints, with that of its config and its ids, so that a history can be filtered by it', async () => {
    const first = await play({}, told);
    const second = await play({}, as('a'));
    const of = async (metadata: object): Promise<unknown[]> =>
      [...new Set((await history({ metadata })).map((state) => state.metadata.run_id))];
    for (const metadata of [
      { topic: 'bees' },
      { tenant: { id: 7 } },
      { shared: 'run' },
      { topic: 'bees', run_id: first },
    ]) {
      expect([metadata, await of(metadata)]).toEqual([metadata, [first]]);
    }
    expect(await of({ run_id: second })).toEqual([second]);
    expect(await of({ graph_id: 'made' })).toEqual([second, first]);
    expect(await of({ topic: 'wasps' })).toEqual([]);
    const [newest] = await history({ metadata: { topic: 'bees' } });
    expect(newest?.metadata).toMatchObject({
      topic: 'bees', tenant: { id: 7 }, shared: 'run', run_id: first, thread_id: thread.threadId, graph_id: 'made',
      assistant_id: assistantIdOf('made'), source: 'loop',
    });
  });

  it('is in the checkpoints of its subgraphs too, without what LangGraph says of a task', async () => {
    const run = await thread.start(
      'research',
      { messages: [{ role: 'user', content: 'tea' }], delayMs: 0 },
      { metadata: { topic: 'tea' } },
    );
    await thread.ended(run);
    const { namespace } = (await thread.read()).find(
      ({ method, params }) => method === 'checkpoints' && params.namespace.length === 1,
    )!.params;
    const inside = await history({ checkpoint: { checkpoint_ns: namespace.join('|') }, metadata: { topic: 'tea' } });
    expect(inside.length).toBeGreaterThan(0);
    for (const { metadata } of [...inside, ...(await history())]) {
      expect(metadata).toMatchObject({ topic: 'tea', run_id: run });
      expect(Object.keys(metadata).filter((name) => /^(langgraph|checkpoint|__)/.test(name))).toEqual([]);
    }
  });

  it('cannot say what is LangGraph\'s or the server\'s to say', async () => {
    const forged = {
      run_id: 'r',
      thread_id: 't',
      graph_id: 'g',
      assistant_id: 'x',
      step: 77,
      source: 'fork',
      parents: { a: 'b' },
      writes: {},
      counters_since_delta_snapshot: { heard: 1 },
      checkpoint_ns: 'n',
      langgraph_step: 5,
      __proto__x: 1,
    };
    const run = await play({}, { metadata: forged, config: { metadata: forged, configurable: { role: 'a' } } });
    const states = await history();
    expect(states.map(({ metadata }) => [metadata.step, metadata.source])).toEqual([
      [1, 'loop'],
      [0, 'loop'],
      [-1, 'input'],
    ]);
    for (const { metadata } of states) {
      expect(metadata).toMatchObject({
        run_id: run,
        thread_id: thread.threadId,
        graph_id: 'made',
        assistant_id: assistantIdOf('made'),
        parents: {},
      });
      expect(Object.keys(metadata).filter((name) => /writes|counters|checkpoint|langgraph|__/.test(name))).toEqual([]);
    }
    await play({}, as('a'));
  });

  it('reaches the nodes, and comes back as it was', async () => {
    const lc = {
      lc: 1,
      type: 'constructor',
      id: ['langchain_core', 'messages', 'HumanMessage'],
      kwargs: { content: 'x' },
    };
    const metadata = {
      topic: 'bees',
      'with.dot': [1, null, { a: 'ü' }],
      nothing: null,
      empty: {},
      constructor: 'mine',
      lc,
    };
    await play({}, { metadata, config: { configurable: { role: 'a' } } });
    const state = await thread.get<State>('/state');
    expect(state.values.heard).toEqual(['plain: bees']);
    expect(Object.entries(state.metadata)).toEqual(expect.arrayContaining(Object.entries(metadata)));
  });

  it('can be asked for by names and values of many forms', async () => {
    const metadata = { 'with.dot': [1, null, { a: 'ü' }], "it's": 1, '$[0]': 3, '#-1': 4, lc: { lc: 1, id: ['x'] } };
    await play({}, { metadata, config: { configurable: { role: 'a' } } });
    for (const [name, value] of Object.entries(metadata)) {
      expect([name, (await history({ metadata: { [name]: value } })).length]).toEqual([name, 3]);
      expect([name, (await history({ metadata: { [name]: 'other' } })).length]).toEqual([name, 0]);
    }
  });
});

it('a task tells where its subgraph keeps its checkpoints, and nothing more', async () => {
  const run = await thread.start('made', { question: 'why?' }, as('a') as Record<string, unknown>);
  await thread.ended(run);
  for (const query of ['', '?subgraphs=true']) {
    const [task] = (await thread.get<State>(`/state${query}`)).tasks;
    expect(task?.checkpoint).toEqual({ thread_id: thread.threadId, checkpoint_ns: expect.stringMatching(/^a:/) });
  }
});
