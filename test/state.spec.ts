import { join } from 'node:path';
import { PROJECT } from './built-program.js';
import { post } from './support/run-commands.js';
import { gate } from './support/gate.js';
import { TestServer } from './support/running-server.js';
import { idOf, story, ThreadProbe } from './support/thread-probe.js';

interface State {
  readonly values: Record<string, unknown>;
  readonly next: string[];
  readonly checkpoint_id: string;
  readonly parent_checkpoint_id: string | null;
  readonly created_at: string;
  readonly checkpoint: { readonly checkpoint_ns: string };
  readonly metadata: { readonly step: number; readonly source: string; readonly parents: Record<string, string> };
  readonly tasks: {
    readonly name: string;
    readonly checkpoint: { readonly checkpoint_ns: string } | null;
    readonly state: State | null;
  }[];
}

let server: TestServer;
let thread: ThreadProbe;

beforeAll(async () => {
  server = await TestServer.start(join(PROJECT, 'test/fixtures/asking/langgraph.json'));
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

async function say(content: string, configurable: object = {}): Promise<void> {
  gate(thread.threadId).open();
  const input = { messages: [{ role: 'user', content }], gate: thread.threadId };
  const run = await thread.start('gated', input, { config: { configurable } });
  expect((await thread.ended(run)).params.data.event).toBe('completed');
}

/** What people said. */
const asked = ({ values }: Pick<State, 'values'>): unknown[] =>
  ((values.messages ?? []) as { type: string; content: unknown }[])
    .filter(({ type }) => type === 'human')
    .map(({ content }) => content);

describe('time travel by run.start', () => {
  it('goes on from the checkpoint that it names, for that run only', async () => {
    await say('one');
    const fork = await thread.get<State>('/state');
    await say('two');
    await say('three', { checkpoint_id: fork.checkpoint_id });
    expect(asked(await thread.get<State>('/state'))).toEqual(['one', 'three']);
    await say('four');
    expect(asked(await thread.get<State>('/state'))).toEqual(['one', 'three', 'four']);
    const children = (await history()).filter(({ parent_checkpoint_id: parent }) => parent === fork.checkpoint_id);
    expect(children).toHaveLength(2);
  });

  it('plays a step again with null input', async () => {
    await say('one');
    const [, before] = await history();
    expect(before!.next).toEqual(['speak']);
    const run = await thread.start('gated', null, {
      config: { configurable: { checkpoint_id: before!.checkpoint_id } },
    });
    await thread.ended(run);
    const state = await thread.get<State>('/state');
    expect(asked(state)).toEqual(['one']);
    expect((state.values.messages as unknown[])).toHaveLength(2);
    expect(
      (await thread.read()).filter(
        ({ method, params }) => method === 'messages' && params.data.event === 'message-start',
      ),
    ).toHaveLength(2);
  });

  it('lets an answer go on from the question, not from where the run that asked began', async () => {
    await thread.ended(await thread.start('ask', { question: 'first' }));
    const start = (await history()).at(-1)!;
    await thread.ended(
      await thread.start(
        'ask',
        { question: 'second' },
        { config: { configurable: { checkpoint_id: start.checkpoint_id, tenant: 'kept' } } },
      ),
    );
    const id = idOf(await thread.asked(2));
    await thread.ended(await thread.respond(id, 'yes'));
    expect(await thread.values()).toMatchObject({ question: 'second', answer: 'yes', seen: 'kept' });
    expect(story(await thread.read()).at(-1)).toBe('completed');
  });

  it('fails on a checkpoint that the thread does not have, and leaves the thread as it was', async () => {
    await say('one');
    const before = await thread.get<State>('/state');
    const config = { configurable: { checkpoint_id: '1ef00000-0000-6000-8000-000000000000' } };
    const answer = await thread.command('run.start', { assistant_id: 'gated', input: null, config });
    if (answer.type === 'success')
      expect((await thread.ended(answer.result.run_id as string)).params.data.event).toBe('failed');
    else expect(answer.error).toBe('no_such_checkpoint');
    expect(await thread.get<State>('/state')).toEqual(before);
    await say('two');
    expect(asked(await thread.get<State>('/state'))).toEqual(['one', 'two']);
  });
});

describe('the state of a thread', () => {
  it('goes back step by step through parents', async () => {
    await say('one');
    await say('two');
    const states = await history();
    expect(states.map(({ metadata }) => metadata.step)).toEqual([4, 3, 2, 1, 0, -1]);
    expect(states.map(({ parent_checkpoint_id: parent }) => parent)).toEqual([
      ...states.slice(1).map(({ checkpoint_id: id }) => id),
      null,
    ]);
    const newest = await thread.get<State>('/state');
    expect(newest).toMatchObject({
      checkpoint_id: states[0]!.checkpoint_id,
      metadata: { step: 4, source: 'loop', parents: {} },
    });
    const announced = (await thread.read()).filter(({ method }) => method === 'checkpoints').at(-1)!;
    expect(announced.params.data).toMatchObject({
      id: newest.checkpoint_id,
      parent_id: newest.parent_checkpoint_id,
      step: 4,
    });
    expect(Date.parse(newest.created_at)).toBeLessThanOrEqual(announced.params.timestamp);
  });

  it('shows its subgraphs when asked, and their history by a namespace joined with NUL', async () => {
    await thread.ended(await thread.start('approval', { messages: [{ role: 'user', content: 'x' }], delayMs: 0 }));
    const flat = await thread.get<State>('/state');
    expect(flat.tasks.every(({ state }) => state === null)).toBe(true);
    const deep = await thread.get<State>('/state?subgraphs=true');
    const legal = deep.tasks.find(({ name }) => name === 'legal')!;
    expect(legal.state).toMatchObject({
      next: ['review'],
      metadata: { parents: { '': deep.checkpoint_id } },
      checkpoint: { checkpoint_ns: legal.checkpoint!.checkpoint_ns },
    });
    const [scoped] = await history({ limit: 1, checkpoint: { checkpoint_ns: legal.checkpoint!.checkpoint_ns } });
    expect(scoped!.checkpoint_id).toBe(legal.state!.checkpoint_id);
  });

  it('finds a namespace two levels deep, joined with NUL', async () => {
    await thread.ended(await thread.start('research', { messages: [{ role: 'user', content: 'x' }], delayMs: 0 }));
    const {
      params: { namespace },
    } = (await thread.read()).find(({ method, params }) => method === 'values' && params.namespace.length === 2)!;
    const states = await history({ checkpoint: { checkpoint_ns: namespace.join('\u0000') } });
    expect(states.length).toBeGreaterThan(1);
    expect(states[0]!.checkpoint.checkpoint_ns).toBe(namespace.join('|'));
    expect(states[0]!.values.topic).toEqual(expect.stringMatching(/ of x$/));
  });
});
