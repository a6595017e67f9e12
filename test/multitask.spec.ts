import { join } from 'node:path';
import { PROJECT } from './built-program.js';
import { gate } from './support/gate.js';
import { TestServer } from './support/running-server.js';
import {
  accepted,
  isRoot,
  isTerminal,
  rootLives,
  runIdOf,
  type ThreadEvent,
  ThreadProbe,
} from './support/thread-probe.js';

const ASKING = join(PROJECT, 'test/fixtures/asking/langgraph.json');

interface Message {
  readonly content: string | { text: string }[];
}

describe('a run.start on a busy thread', () => {
  let server: TestServer;
  let thread: ThreadProbe;
  let names = 0;

  beforeAll(async () => {
    server = await TestServer.start(ASKING);
  });
  beforeEach(() => {
    thread = new ThreadProbe(server);
  });
  afterEach(() => thread.close());
  afterAll(() => server.close());

  const newGate = (): string => `${thread.threadId} ${(names += 1)}`;
  const openGate = (): string => {
    const name = newGate();
    gate(name).open();
    return name;
  };
  const says = (content: string, name = openGate()): object => ({ messages: [{ role: 'user', content }], gate: name });

  /** Starts a run that stops in the middle of its reply, and waits until it is there. */
  async function busy(content = 'busy'): Promise<{ run: string; name: string }> {
    const name = newGate();
    const run = await thread.start('gated', says(content, name));
    await gate(name).reached;
    return { run, name };
  }

  async function said(): Promise<string[]> {
    const { messages = [] } = (await thread.values()) as { messages?: Message[] };
    return messages.map(({ content }) =>
      typeof content === 'string' ? content : content.map(({ text }) => text).join(''),
    );
  }

  const answerTo = (question: string): string[] => [question, `This is the whole answer to ${question}`];

  it.each([[{}], [{ multitask_strategy: 'enqueue' }], [{ multitaskStrategy: 'enqueue' }]])(
    'waits its turn with %p',
    async (strategy) => {
      const { run: first, name } = await busy('first');
      const second = await thread.start('gated', says('second'), strategy);
      const third = await thread.start('gated', says('third'), strategy);
      expect(await thread.get(`/runs/${second}`)).toMatchObject({ status: 'pending', multitask_strategy: 'enqueue' });
      expect(rootLives(await thread.read())).toEqual([[first, 'running']]);
      gate(name).open();
      await thread.ended(third);
      expect(rootLives(await thread.read())).toEqual(
        [first, second, third].flatMap((run) => [
          [run, 'running'],
          [run, 'completed'],
        ]),
      );
      expect(await said()).toEqual(['first', 'second', 'third'].flatMap(answerTo));
    },
  );

  it.each(['multitask_strategy', 'multitaskStrategy'])(
    'is refused by reject (%s), and leaves no trace',
    async (field) => {
      const { run, name } = await busy();
      const before = await thread.read();
      const answer = await thread.command('run.start', { assistant_id: 'gated', input: says('x'), [field]: 'reject' });
      expect(answer).toMatchObject({
        type: 'error',
        error: 'invalid_argument',
        message: expect.stringContaining('reject'),
      });
      expect(await thread.read()).toEqual(before);
      expect(await thread.get<unknown[]>('/runs')).toHaveLength(1);
      gate(name).open();
      await thread.ended(run);
      await thread.ended(await thread.start('gated', says('free again'), { [field]: 'reject' }));
      expect(await said()).toEqual([...answerTo('busy'), ...answerTo('free again')]);
    },
  );

  it('starts one of a hundred that reject', async () => {
    const name = newGate();
    const params = { assistant_id: 'gated', input: says('x', name), multitask_strategy: 'reject' };
    const answers = await Promise.all(Array.from({ length: 100 }, () => thread.command('run.start', params)));
    const won = answers.filter(({ type }) => type === 'success');
    expect(won).toHaveLength(1);
    expect(answers.filter(({ error }) => error === 'invalid_argument')).toHaveLength(99);
    gate(name).open();
    await thread.ended(accepted(won[0]!));
    expect(rootLives(await thread.read())).toHaveLength(2);
    expect(await thread.get<unknown[]>('/runs?limit=1000')).toHaveLength(1);
  });

  it.each(['multitask_strategy', 'multitaskStrategy'])(
    'interrupts those before it (%s): answered at once, old terminals first, their state kept',
    async (field) => {
      const { run: active } = await busy('stopped');
      const queued = await thread.start('gated', says('never run'));
      const last = await thread.start('gated', says('last'), { [field]: 'interrupt' });
      await thread.ended(last);
      expect(rootLives(await thread.read())).toEqual([
        [active, 'running'],
        [active, 'interrupted'],
        [queued, 'interrupted'],
        [last, 'running'],
        [last, 'completed'],
      ]);
      for (const run of [active, queued])
        expect(await thread.get(`/runs/${run}`)).toMatchObject({ status: 'interrupted' });
      expect(await thread.get(`/runs/${last}`)).toMatchObject({ status: 'success', multitask_strategy: 'interrupt' });
      expect(await said()).toEqual(['stopped', ...answerTo('last')]);
    },
  );

  it.each(['multitask_strategy', 'multitaskStrategy'])(
    'rolls back those before it (%s): rows and checkpoints go, events stay, each has its terminal',
    async (field) => {
      await thread.ended(await thread.start('gated', says('kept')));
      const state = await thread.get<{ checkpoint_id: string }>('/state');
      const { run: active } = await busy('rolled back');
      const queued = await thread.start('gated', says('never run'));
      expect(await said()).toContain('rolled back');
      const seen = await thread.read();
      const last = await thread.start('gated', says('last'), { [field]: 'rollback' });
      await thread.ended(last);

      const log = await thread.read();
      expect(log.slice(0, seen.length)).toEqual(seen);
      expect(rootLives(log).slice(2)).toEqual([
        [active, 'running'],
        [active, 'interrupted'],
        [queued, 'interrupted'],
        [last, 'running'],
        [last, 'completed'],
      ]);
      expect(await said()).toEqual([...answerTo('kept'), ...answerTo('last')]);
      const history = await fetch(`${thread.url}/history`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"limit":100}',
      });
      expect(JSON.stringify(await history.json())).not.toContain('rolled back');
      expect((await fetch(`${thread.url}/runs/${active}`)).status).toBe(404);
      expect((await fetch(`${thread.url}/state/${state.checkpoint_id}`)).status).toBe(200);
    },
  );

  it.each(['interrupt', 'rollback'])(
    'is answered before the busy run has ended, also when that hears no signal (%s)',
    async (strategy) => {
      const active = await thread.start('deaf', { gate: newGate() });
      const reader = await thread.open({ since: 0 });
      await reader.until(({ method }) => method === 'tasks');
      const last = await thread.start('deaf', { gate: openGate() }, { multitask_strategy: strategy });
      await thread.ended(last);
      expect(rootLives(await thread.read())).toEqual([
        [active, 'running'],
        [active, 'interrupted'],
        [last, 'running'],
        [last, 'completed'],
      ]);
    },
  );

  it('reads the first spelling when both are given, and refuses what is no strategy', async () => {
    const { run, name } = await busy();
    const both = { multitask_strategy: 'enqueue', multitaskStrategy: 'interrupt' };
    const second = await thread.start('gated', says('second'), both);
    for (const strategy of ['Reject', '', 7, {}]) {
      expect(
        await thread.command('run.start', { assistant_id: 'gated', input: null, multitask_strategy: strategy }),
      ).toMatchObject({ error: 'invalid_argument' });
    }
    expect(rootLives(await thread.read())).toEqual([[run, 'running']]);
    gate(name).open();
    await thread.ended(second);
    expect((await thread.ended(run)).params.data.event).toBe('completed');
  });

  it.each(['enqueue', 'interrupt', 'rollback'])(
    'lets no two runs interleave when many come at once (%s)',
    async (strategy) => {
      const runs = await Promise.all(
        Array.from({ length: 12 }, (_, n) =>
          thread.start('agent', { ...says(String(n)), delayMs: 0 }, { multitask_strategy: strategy }),
        ),
      );
      await Promise.all(runs.map((run) => thread.ended(run)));
      const log = await thread.read();
      expect(log.filter(isTerminal).map(runIdOf).sort()).toEqual([...runs].sort());
      expect(faults(log)).toEqual([]);
      expect(log.at(-1)).toMatchObject({ params: { data: { event: 'completed' } } });
    },
  );
});

/** Root lifecycles that interleave, and events outside a run. */
function faults(log: readonly ThreadEvent[]): string[] {
  let active: string | null = null;
  return log.flatMap((event) => {
    if (!isRoot(event)) return active === null ? [`${event.seq}: ${event.method} outside a run`] : [];
    const run = runIdOf(event);
    const running = event.params.data.event === 'running';
    const wrong = running ? active !== null : active !== null && active !== run;
    active = running ? run : active === run ? null : active;
    return wrong ? [`${event.seq}: ${String(event.params.data.event)} of ${run} amid another run`] : [];
  });
}
