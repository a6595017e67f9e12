import { join } from 'node:path';
import { PROJECT } from './built-program.js';
import { gate } from './support/gate.js';
import { TestServer } from './support/running-server.js';
import { accepted, idOf, isRoot, isTerminal, rootLives, runIdOf, story, ThreadProbe } from './support/thread-probe.js';

const ASKING = join(PROJECT, 'test/fixtures/asking/langgraph.json');

let server: TestServer;
let thread: ThreadProbe;

beforeAll(async () => {
  server = await TestServer.start(ASKING);
});
beforeEach(() => {
  thread = new ThreadProbe(server);
});
afterEach(() => thread.close());
afterAll(() => server.close());

/** Runs a graph until it waits for answers. Returns the ids of its questions by their value. */
async function ask(assistantId: string, input: unknown = {}): Promise<Record<string, string>> {
  await thread.ended(await thread.start(assistantId, input));
  return questions();
}

async function questions(): Promise<Record<string, string>> {
  const requests = (await thread.read()).filter(({ method }) => method === 'input.requested');
  return Object.fromEntries(requests.map((request) => [JSON.stringify(request.params.data.value), idOf(request)]));
}

/** The interrupts that the state lists, by id. */
async function pending(): Promise<string[]> {
  const { interrupts } = await thread.get<{ interrupts: { id: string }[] }>('/state');
  return interrupts.map(({ id }) => id);
}

describe('input.requested', () => {
  it('carries the payload, the same as value, and the schema of the answer', async () => {
    const question = { ask: 'how many?', deep: [{ a_b: 1, aB: null }] };
    await ask('ask', { question, wantsNumber: true });
    const { method, params } = await thread.asked();
    expect(method).toBe('input.requested');
    expect(params.namespace).toEqual([]);
    expect(params.data).toEqual({
      interrupt_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      payload: question,
      value: question,
      response_schema: expect.objectContaining({ type: 'number' }),
    });
  });

  it('has no response_schema when the graph gives none', async () => {
    await ask('ask', { question: null });
    expect((await thread.asked()).params.data).toEqual({
      interrupt_id: expect.any(String),
      payload: null,
      value: null,
    });
  });

  it('keeps the call of a headless tool byte for byte', async () => {
    const question = {
      type: 'tool',
      toolCall: {
        id: 'call_1',
        name: 'openDoor',
        args: { doorId: 7, door_id: '8', Nested: { aB_c: [1.5, null, '\u0000ü'] } },
      },
    };
    await ask('ask', { question });
    const { payload, value } = (await thread.asked()).params.data;
    expect(JSON.stringify(payload)).toBe(JSON.stringify(question));
    expect(JSON.stringify(value)).toBe(JSON.stringify(question));
    const { interrupts } = await thread.get<{ interrupts: { value: unknown }[] }>('/state');
    expect(JSON.stringify(interrupts[0]!.value)).toBe(JSON.stringify(question));
  });

  it('comes once for each interrupt, at the namespace that raised it, all before the one interrupted', async () => {
    const run = await thread.start('approval', { messages: [{ role: 'user', content: 'x' }], delayMs: 0 });
    await thread.ended(run);
    const log = await thread.read();
    expect(story(log)).toEqual([
      'running',
      expect.stringMatching(/^asked/),
      expect.stringMatching(/^asked/),
      'interrupted',
    ]);
    const requests = log.filter(({ method }) => method === 'input.requested');
    expect(requests.map(({ params }) => [(params.data.value as { role: string }).role, params.namespace])).toEqual(
      expect.arrayContaining([['budget', []], ['legal', [expect.stringMatching(/^legal:/)]]]),
    );
    expect(new Set(requests.map(idOf)).size).toBe(2);
    expect(isTerminal(log.at(-1)!)).toBe(true);
  });

  it('leaves its subgraph interrupted, not completed', async () => {
    await ask('approval', { messages: [{ role: 'user', content: 'x' }], delayMs: 0 });
    const lives = (await thread.read()).filter(
      ({ method, params }) => method === 'lifecycle' && params.namespace[0]?.startsWith('legal:'),
    );
    expect(lives.map(({ params }) => params.data.event)).toEqual(['started', 'interrupted']);
  });

  it('is in the state by the time it is seen', async () => {
    const reader = await thread.open({ channels: ['input'] });
    void thread.start('approval', { messages: [{ role: 'user', content: 'x' }], delayMs: 0 });
    const second = await reader.until(({ method }) => method === 'input.requested', 2);
    expect(await pending()).toContain(idOf(second));
  });
});

describe('input.respond', () => {
  it('answers one; the other is asked again in the next run, and answered by another', async () => {
    const { '"left"': left, '"right"': right } = await ask('pair') as Record<string, string>;
    expect((await pending()).sort()).toEqual([left, right].sort());
    await thread.ended(await thread.respond(left!, 'L'));
    expect(await pending()).toEqual([right]);
    await thread.ended(await thread.respond(right!, 'R'));
    expect(await thread.values()).toEqual({ answers: { left: 'L', right: 'R' } });
    expect(story(await thread.read()).slice(4)).toEqual([
      'running', `answered ${left}`, `asked ${right}`, 'interrupted', 'running', `answered ${right}`, 'completed',
    ]);
    expect(await pending()).toEqual([]);
  });

  it('answers several at once: one input.answered each, at the root, directly after running', async () => {
    const { '"left"': left, '"right"': right } = await ask('pair') as Record<string, string>;
    const run = accepted(
      await thread.command('input.respond', {
        responses: [
          { interrupt_id: left, response: 1, namespace: [] },
          { interrupt_id: right, response: { two: 2 }, namespace: [] },
        ],
      }),
    );
    await thread.ended(run);
    const log = await thread.read();
    const running = log.findIndex((event) => isRoot(event) && runIdOf(event) === run);
    expect(
      log.slice(running + 1, running + 3).map(({ method, params }) => [method, params.namespace, params.data]),
    ).toEqual(expect.arrayContaining([left, right].map((id) => ['input.answered', [], { interrupt_ids: [id] }])));
    expect(log.filter(({ method }) => method === 'input.answered')).toHaveLength(2);
    expect(await thread.values()).toEqual({ answers: { left: 1, right: { two: 2 } } });
  });

  it.each([[null], [false], [0], [''], [{ a: [1] }]])('hands the answer %p to the graph as it is', async (answer) => {
    const { '"?"': id } = await ask('ask', { question: '?' });
    await thread.ended(await thread.respond(id!, answer));
    expect((await thread.values()).answer).toEqual(answer);
  });

  it('changes the state by update, as an object and as pairs', async () => {
    const { '"?"': id } = await ask('ask', { question: '?' });
    await thread.ended(await thread.respond(id!, 'yes', { update: { question: 'changed' } }));
    expect(await thread.values()).toMatchObject({ question: 'changed', answer: 'yes' });
    const other = new ThreadProbe(server);
    await other.ended(await other.start('ask', { question: '?' }));
    await other.ended(await other.respond(idOf(await other.asked()), 'yes', { update: [['question', 'in pairs']] }));
    expect(await other.values()).toMatchObject({ question: 'in pairs', answer: 'yes' });
  });

  it('goes where goto says', async () => {
    const { '"?"': id } = await ask('ask', { question: '?' });
    await thread.ended(await thread.respond(id!, 'yes', { goto: 'elsewhere' }));
    const nodes = (await thread.read()).filter(({ method }) => method === 'updates').map(({ params }) => params.node);
    expect(nodes).toContain('elsewhere');
  });

  it('goes on with the config of the run that asked, changed by its own, and keeps its metadata with the run', async () => {
    await thread.ended(
      await thread.start('ask', { question: '?' }, { config: { configurable: { tenant: 'old', kept: 1 } } }),
    );
    const run = await thread.respond(idOf(await thread.asked()), 'yes', {
      config: { configurable: { tenant: 'new' } },
      metadata: { who: 'me' },
    });
    await thread.ended(run);
    expect((await thread.values()).seen).toBe('new');
    expect(await thread.get(`/runs/${run}`)).toMatchObject({
      metadata: { who: 'me' },
      kwargs: { config: { configurable: { tenant: 'new', kept: 1 } } },
    });
  });

  it('refuses an unknown id, one that was answered, and a batch that has such a one, and changes nothing', async () => {
    const { '"left"': left, '"right"': right } = await ask('pair') as Record<string, string>;
    await thread.ended(await thread.respond(left!, 'L'));
    const before = await thread.read();
    for (const id of ['deadbeef', 'f'.repeat(32), left]) {
      expect(await thread.command('input.respond', { interrupt_id: id, response: 1 })).toMatchObject({
        type: 'error',
        error: 'no_such_interrupt',
      });
    }
    const responses = [{ interrupt_id: right, response: 1 }, { interrupt_id: left, response: 2 }];
    expect(await thread.command('input.respond', { responses })).toMatchObject({
      type: 'error',
      error: 'no_such_interrupt',
    });
    expect(await thread.read()).toEqual(before);
    expect(await pending()).toEqual([right]);
  });

  it('refuses a thread without runs, and parameters that make no sense', async () => {
    expect(await thread.command('input.respond', { interrupt_id: 'x', response: 1 })).toMatchObject({
      type: 'error',
      error: 'no_such_run',
    });
    const { '"?"': id } = await ask('ask', { question: '?' });
    const wrong = [
      {},
      { interrupt_id: '' },
      { interrupt_id: 7 },
      { responses: [] },
      { responses: [{}] },
      { interrupt_id: id, responses: [{ interrupt_id: id }] },
      { responses: [{ interrupt_id: id }, { interrupt_id: id }] },
      { interrupt_id: id, update: 'x' },
      { interrupt_id: id, update: ['x'] },
      { interrupt_id: id, goto: 5 },
      { interrupt_id: id, config: 'x' },
      { interrupt_id: id, metadata: [] },
      { interrupt_id: id, strict_resume: 'yes' },
    ];
    for (const params of wrong) {
      expect([params, await thread.command('input.respond', params)]).toEqual([
        params,
        expect.objectContaining({ type: 'error', error: 'invalid_argument' }),
      ]);
    }
    expect(await pending()).toEqual([id]);
  });

  it('lets one of a hundred answers win; all others get no_such_interrupt', async () => {
    const { '"?"': id } = await ask('ask', { question: '?' });
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) => thread.command('input.respond', { interrupt_id: id, response: n })),
    );
    const won = answers.flatMap(({ type }, n) => (type === 'success' ? [n] : []));
    expect(won).toHaveLength(1);
    expect(answers.filter(({ error }) => error === 'no_such_interrupt')).toHaveLength(99);
    await thread.ended(accepted(answers[won[0]!]!));
    expect((await thread.values()).answer).toBe(won[0]);
    expect(story(await thread.read())).toEqual([
      'running',
      `asked ${id}`,
      'interrupted',
      'running',
      `answered ${id}`,
      'completed',
    ]);
  });

  it('is accepted on sight of the question, beside a slow node, and runs before what was queued', async () => {
    const asking = await thread.start('beside', { gate: thread.threadId });
    const id = idOf(await thread.asked());
    const queued = await thread.start('ask', { question: '?' });
    const answering = await thread.respond(id, 'yes');
    expect(await pending()).toEqual([]);
    expect(rootLives(await thread.read())).toEqual([[asking, 'running']]);
    gate(thread.threadId).open();
    await thread.ended(queued);
    expect(rootLives(await thread.read())).toEqual([
      [asking, 'running'],
      [asking, 'interrupted'],
      [answering, 'running'],
      [answering, 'completed'],
      [queued, 'running'],
      [queued, 'interrupted'],
    ]);
    expect((await thread.read()).map(({ params }) => params.data.done)).toContainEqual(['answer yes', 'slow']);
  });

  it('counts a visible question as answered in the next applied_through_seq', async () => {
    const { '"?"': id } = await ask('ask', { question: '?' });
    const request = await thread.asked();
    await thread.ended(await thread.respond(id!, 'yes'));
    const { meta } = await thread.command('run.start', { assistant_id: 'ask', input: { question: 'next' } });
    expect(meta.applied_through_seq).toBeGreaterThanOrEqual(request.seq);
  });
});

describe('strict_resume', () => {
  it('refuses with a root failed that says what is open, runs nothing and leaves the thread as it was', async () => {
    const { '"?"': id } = await ask('ask', { question: '?' });
    const [before, state] = [await thread.read(), await thread.get('/state')];
    const run = accepted(
      await thread.command('input.respond', { interrupt_id: 'f'.repeat(32), response: 1, strict_resume: true }),
    );
    const terminal = await thread.ended(run);
    expect(terminal.params.data).toEqual({
      event: 'failed',
      graph_name: 'ask',
      error: expect.any(String),
      reason: expect.any(String),
      interrupt_ids: ['f'.repeat(32)],
      pending_ids: [id],
    });
    expect(await thread.read()).toEqual([...before, terminal]);
    expect(await thread.get('/state')).toEqual(state);
    expect((await thread.get<{ status: string }>('')).status).toBe('interrupted');
    await thread.ended(await thread.respond(id!, 'yes', { strict_resume: true }));
    expect((await thread.values()).answer).toBe('yes');
  });

  it('gives no other failure a reason', async () => {
    const { '"?"': id } = await ask('ask', { question: '?' });
    expect((await thread.ended(await thread.respond(id!, 'fail'))).params.data).not.toHaveProperty('reason');
  });
});

describe('run.start with input, on a thread that waits', () => {
  it('answers every question with the input', async () => {
    const { '"left"': left, '"right"': right } = await ask('pair') as Record<string, string>;
    await thread.ended(await thread.start('pair', 'both'));
    expect(await thread.values()).toEqual({ answers: { left: 'both', right: 'both' } });
    const told = story(await thread.read()).slice(4);
    expect(told).toEqual([
      'running',
      expect.stringMatching(/^answered/),
      expect.stringMatching(/^answered/),
      'completed',
    ]);
    expect(told).toEqual(expect.arrayContaining([`answered ${left}`, `answered ${right}`]));
  });

  it('asks again for null, with the same id', async () => {
    const { '"?"': id } = await ask('ask', { question: '?' });
    await thread.ended(await thread.start('ask', null));
    expect(story(await thread.read())).toEqual([
      'running',
      `asked ${id}`,
      'interrupted',
      'running',
      `asked ${id}`,
      'interrupted',
    ]);
    expect(await pending()).toEqual([id]);
  });

  it('is new input when it names a checkpoint', async () => {
    await ask('ask', { question: '?' });
    const history = await fetch(`${thread.url}/history`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    const states = (await history.json()) as { checkpoint_id: string }[];
    const config = { configurable: { checkpoint_id: states.at(-1)!.checkpoint_id } };
    await thread.ended(await thread.start('ask', { question: 'another' }, { config }));
    expect((await thread.asked(2)).params.data.value).toBe('another');
    expect(story(await thread.read()).some((word) => word.startsWith('answered'))).toBe(false);
    expect(await pending()).toEqual([idOf(await thread.asked(2))]);
  });
});
