import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from './built-program.js';
import { gate } from './support/gate.js';
import { TestServer } from './support/running-server.js';
import { ServerHome, type ServerProcess } from './support/server-process.js';
import { idOf, rootLives, story, type ThreadEvent, ThreadProbe } from './support/thread-probe.js';

const ASKING = join(PROJECT, 'test/fixtures/asking/langgraph.json');

const isRequest = ({ method }: ThreadEvent): boolean => method === 'input.requested';

describe('a question whose answer did not get through', () => {
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

  async function ask(assistantId: string, input: unknown): Promise<string> {
    await thread.ended(await thread.start(assistantId, input));
    return idOf(await thread.asked());
  }

  async function cancel(runId: string, query = ''): Promise<void> {
    const response = await fetch(`${thread.url}/runs/${runId}/cancel?wait=1${query}`, { method: 'POST' });
    expect(response.status).toBe(204);
  }

  async function listed(): Promise<string[]> {
    return (await thread.get<{ interrupts: { id: string }[] }>('/state')).interrupts.map(({ id }) => id);
  }

  it.each(['twice', 'nested'])(
    'hides no second question under the same id behind the first answer (%s)',
    async (graph) => {
      const id = await ask(graph, {});
      await thread.ended(await thread.respond(id, 'one'));
      expect(story(await thread.read({}))).toEqual(['running', `asked ${id}`, 'interrupted']);
      expect(story(await thread.read())).toEqual([
        'running',
        `asked ${id}`,
        'interrupted',
        'running',
        `answered ${id}`,
        `asked ${id}`,
        'interrupted',
      ]);
      expect((await thread.asked(2)).params.data.value).toBe('second');
      expect(await listed()).toEqual([id]);

      await thread.ended(await thread.respond(id, 'two'));
      expect(await thread.values()).toEqual({ answers: ['one', 'two'] });
      expect(story(await thread.read({}))).toEqual(['running', `answered ${id}`, 'completed']);
      expect(await listed()).toEqual([]);
    },
  );

  it.each([
    ['cancelled', ''],
    ['rolled back', '&action=rollback'],
  ])('is asked again before the terminal of a %s run, and a new answer counts', async (_, query) => {
    const id = await ask('ask', { question: '?', gate: thread.threadId });
    const answering = await thread.respond(id, 'old');
    await gate(thread.threadId).reached;
    await cancel(answering, query);
    expect(story(await thread.read()).slice(3)).toEqual(['running', `answered ${id}`, `asked ${id}`, 'interrupted']);
    expect(story(await thread.read({}))).toEqual(['running', `asked ${id}`, 'interrupted']);
    expect(await listed()).toEqual([id]);
    expect((await thread.get<{ status: string }>('')).status).toBe('interrupted');

    gate(thread.threadId).open();
    await thread.ended(await thread.respond(id, 'new'));
    expect((await thread.values()).answer).toBe('new');
    expect(await listed()).toEqual([]);
  });

  it.each(['ask', 'pair'])(
    'is asked again before the terminal of a failed run, and a new answer counts (%s)',
    async (graph) => {
      await thread.ended(await thread.start(graph, { question: '?' }));
      const id = idOf((await thread.read()).find(({ params }) => isQuestion(params.data.value))!);
      const terminal = await thread.ended(await thread.respond(id, 'fail'));
      expect(terminal.params.data).toMatchObject({ event: 'failed', error: 'the answer was fail' });
      const told = story(await thread.read());
      expect(told.slice(told.lastIndexOf('running'))).toEqual(
        expect.arrayContaining(['running', `answered ${id}`, `asked ${id}`, 'failed']),
      );
      expect(told.at(-1)).toBe('failed');
      expect(story(await thread.read({}))).not.toContain(`answered ${id}`);
      expect(await listed()).toContain(id);
      await thread.ended(await thread.respond(id, 'good'));
      expect(JSON.stringify(await thread.values())).toContain('"good"');
    },
  );

  it('is asked again when the answer does not fit its schema', async () => {
    const id = await ask('ask', { question: '?', wantsNumber: true });
    expect((await thread.ended(await thread.respond(id, 'many'))).params.data.event).toBe('failed');
    await thread.ended(await thread.respond(id, 7));
    expect((await thread.values()).answer).toBe(7);
  });

  it.each(['twice', 'nested'])(
    'keeps the first of two answers when the run of the second fails (%s)',
    async (graph) => {
      const id = await ask(graph, {});
      await thread.ended(await thread.respond(id, 'one'));
      await thread.ended(await thread.respond(id, 'fail'));
      expect((await thread.asked(3)).params.data.value).toBe('second');
      await thread.ended(await thread.respond(id, 'two'));
      expect(await thread.values()).toMatchObject({ answers: ['one', 'two'] });
    },
  );

  it('is asked again when its run is cancelled before it started: first running, then the question', async () => {
    const first = await thread.start('beside', { gate: thread.threadId });
    const id = idOf(await thread.asked());
    const answering = await thread.respond(id, 'unheard');
    expect(await listed()).toEqual([]);
    await cancel(answering);
    expect(await listed()).toEqual([id]);
    expect(await thread.get(`/runs/${answering}`)).toMatchObject({ status: 'interrupted' });
    expect(rootLives(await thread.read())).toEqual([[first, 'running']]);
    gate(thread.threadId).open();
    await thread.ended(answering);
    const log = await thread.read();
    expect(rootLives(log)).toEqual([
      [first, 'running'],
      [first, 'interrupted'],
      [answering, 'running'],
      [answering, 'interrupted'],
    ]);
    expect(story(log).slice(-3)).toEqual(['running', `asked ${id}`, 'interrupted']);
    await thread.ended(await thread.respond(id, 'heard'));
    expect(await thread.values()).toMatchObject({ done: ['answer heard', 'slow'] });
  });

  it('is answered by a server that was started later', async () => {
    const id = await ask('ask', { question: '?' });
    const before = await thread.read();
    await server.restart();
    expect(await thread.read()).toEqual(before);
    expect(await listed()).toEqual([id]);
    await thread.ended(await thread.respond(id, 'late'));
    expect((await thread.values()).answer).toBe('late');
  });
});

const isQuestion = (value: unknown): boolean => value === '?' || value === 'left';

describe('kill -9 in the middle of a run that answers', () => {
  const home = new ServerHome(ASKING);
  const file = join(home.folder, 'go');
  const probes: ThreadProbe[] = [];
  let server: ServerProcess;
  let taken: Record<string, AnsweredThread>;
  let waiting: Record<string, AnsweredThread>;
  let late: AnsweredThread;

  const newThread = (): ThreadProbe => {
    const thread = new ThreadProbe({ get url() { return server.url; } });
    probes.push(thread);
    return thread;
  };

  // All of them at once, since a start of the real server is slow.
  beforeAll(async () => {
    server = await home.start();
    taken = { flat: await answerTaken(newThread(), 'flat', file), deep: await answerTaken(newThread(), 'deep', file) };
    waiting = {
      flat: await answerWaits(newThread(), 'flat', file),
      deep: await answerWaits(newThread(), 'deep', file),
    };
    late = await answerInHand(newThread(), file);
    await server.kill();
    for (const probe of probes) probe.close();
    server = await home.start();
    writeFileSync(file, '');
  });
  afterAll(async () => {
    for (const probe of probes) probe.close();
    await home.dispose();
  });

  it.each(['flat', 'deep'])(
    'applies the first answer and its update once, and asks the second question again (%s)',
    async (graph) => {
      const { thread, id, answering } = taken[graph]!;
      await thread.ended(answering);
      const log = await thread.read();
      expect(log.filter(isRequest).at(-1)!.params.data.value).toBe('second');
      expect(rootLives(log).filter(([run]) => run === answering)).toEqual([
        [answering, 'running'],
        [answering, 'running'],
        [answering, 'interrupted'],
      ]);
      await thread.ended(await thread.respond(id, 'two'));
      expect(await thread.values()).toMatchObject({ answers: ['one', 'two'], notes: ['noted'] });
    },
  );

  it.each(['flat', 'deep'])(
    'starts an answer that still waited, though the question was asked again meanwhile (%s)',
    async (graph) => {
      const { thread, id, asking, answering } = waiting[graph]!;
      await thread.ended(answering);
      expect(rootLives(await thread.read())).toEqual([
        [asking, 'running'],
        [asking, 'running'],
        [asking, 'interrupted'],
        [answering, 'running'],
        [answering, 'interrupted'],
      ]);
      await thread.ended(await thread.respond(id, 'two'));
      expect(await thread.values()).toMatchObject({ answers: ['one', 'two'], notes: ['noted'] });
    },
  );

  it('gives an answer again that its task had not kept, and its update once', async () => {
    await late.thread.ended(late.answering);
    expect(await late.thread.values()).toMatchObject({ answers: ['one'], notes: ['noted'] });
  });
});

interface AnsweredThread {
  readonly thread: ThreadProbe;
  readonly id: string;
  readonly asking: string;
  readonly answering: string;
}

const ANSWER = { update: { notes: ['noted'] } };

/** The node has taken the first answer and asked its second question; the node beside it still waits. */
async function answerTaken(thread: ThreadProbe, graph: string, file: string): Promise<AnsweredThread> {
  const asking = await thread.start(graph, { file });
  const id = idOf(await thread.asked());
  // So that the node beside waits again in the run that answers.
  await fetch(`${thread.url}/runs/${asking}/cancel?wait=1`, { method: 'POST' });
  const answering = await thread.respond(id, 'one', ANSWER);
  const reader = await thread.open({ channels: ['input'], since: 0 });
  await reader.until((event) => isRequest(event) && event.params.data.value === 'second');
  return { thread, id, asking, answering };
}

/** The run that asked is still active, the answer waits for its end. */
async function answerWaits(thread: ThreadProbe, graph: string, file: string): Promise<AnsweredThread> {
  const asking = await thread.start(graph, { file });
  const id = idOf(await thread.asked());
  return { thread, id, asking, answering: await thread.respond(id, 'one', ANSWER) };
}

/** The node has the answer and waits; the checkpointer does not know it yet. */
async function answerInHand(thread: ThreadProbe, file: string): Promise<AnsweredThread> {
  const asking = await thread.start('late', { file });
  await thread.ended(asking);
  const id = idOf(await thread.asked());
  const answering = await thread.respond(id, 'one', ANSWER);
  const reader = await thread.open({ since: 0 });
  const answered = await reader.until(({ method }) => method === 'input.answered');
  await reader.until(({ method, seq }) => method === 'tasks' && seq > answered.seq);
  return { thread, id, asking, answering };
}
