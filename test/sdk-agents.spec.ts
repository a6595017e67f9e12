import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { PROJECT } from './built-program.js';
import { FrameReader } from './support/frame-reader.js';
import { TestServer } from './support/running-server.js';
import { type Client, SDK_VERSIONS, type StreamController } from './support/sdk-versions.js';
import { untilState } from './support/store-state.js';
import { faultsOf, haveEnded } from './support/thread-history.js';

type Snapshot = ReturnType<StreamController['rootStore']['getSnapshot']>;

/** What LangChain's human-in-the-loop middleware asks. */
interface Question {
  actionRequests: { name: string; args: unknown }[];
}

const says = (content: string): object => ({ messages: [{ type: 'human', content }] });
const now = (page: StreamController): Snapshot => page.rootStore.getSnapshot();
const spoken = ({ messages }: Snapshot): unknown[] => messages.map(({ type, text }) => [type, text]);
const asks = ({ interrupts, isLoading }: Snapshot): boolean => interrupts.length === 1 && !isLoading;
const isOver = (last: string) => ({ interrupts, isLoading, messages }: Snapshot): boolean =>
  interrupts.length === 0 && !isLoading && messages.at(-1)?.text === last;
/** What somebody is asked to approve. */
const requests = ({ interrupts }: Snapshot): unknown =>
  interrupts.map(({ value }) => (value as Question).actionRequests.map(({ name, args }) => [name, args]));
const calls = ({ toolCalls }: Snapshot): unknown[] => toolCalls.map(({ name, status }) => [name, status]);

describe.each(SDK_VERSIONS)('agents with SDK $version', ({ Client, StreamController, messagesProjection }) => {
  let server: TestServer;
  let client: Client;
  const closers: (() => unknown)[] = [];

  beforeAll(async () => {
    server = await TestServer.start(join(PROJECT, 'examples/agents/langgraph.json'));
    client = new Client({ apiUrl: server.url });
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });
  afterAll(() => server.close());

  const openPage = async (assistantId: string, threadId: string | null = null): Promise<StreamController> => {
    const page = new StreamController<object>({ assistantId, client, threadId });
    closers.push(() => page.dispose());
    await page.hydrate();
    return page;
  };
  const threadOf = (page: StreamController): string => now(page).threadId!;

  /** Every text that a message of the page had, in order, while the page went on to the state that fits. */
  const growthOf = async (
    page: StreamController,
    index: number,
    fits: (snapshot: Snapshot) => boolean,
  ): Promise<string[]> => {
    const seen: string[] = [];
    await untilState(page.rootStore, (snapshot) => {
      const text = snapshot.messages[index]?.text;
      if (text !== undefined && text !== seen.at(-1)) seen.push(text);
      return fits(snapshot);
    });
    return seen;
  };
  const answer = (page: StreamController, decision: object): Promise<void> =>
    page.respond({ decisions: [decision] }, { interruptId: now(page).interrupts[0]!.id! });

  describe('made by createAgent of langchain', () => {
    const QUESTION = 'A flight to Oslo, please';
    const FARES = 'A flight to Oslo costs 120 euros';
    const BEFORE = [
      ['human', QUESTION],
      ['ai', 'I look for flights to Oslo.'],
      ['tool', FARES],
      ['ai', `${FARES}. Shall I book it?`],
    ];

    const asked = async (): Promise<StreamController> => {
      const page = await openPage('langchain-agent');
      await page.submit(says(QUESTION));
      await untilState(page.rootStore, asks);
      return page;
    };

    it('stream their text word by word, call tools, and ask before one of them', async () => {
      const page = await openPage('langchain-agent');
      const growth = growthOf(page, 3, asks);
      await page.submit(says(QUESTION));
      expect((await growth).length).toBeGreaterThan(1);
      expect(spoken(now(page))).toEqual(BEFORE);
      expect(requests(now(page))).toEqual([[['book_flight', { city: 'Oslo', seats: 1 }]]]);
      expect(now(page).toolCalls[0]).toMatchObject({ name: 'get_fares', status: 'finished', input: { city: 'Oslo' } });
    });

    it.each([
      ['approved', { type: 'approve' }, 'Booked 1 to Oslo'],
      [
        'edited',
        { type: 'edit', editedAction: { name: 'book_flight', args: { city: 'Bergen', seats: 2 } } },
        'Booked 2 to Bergen',
      ],
      ['rejected', { type: 'reject', message: 'Too expensive' }, 'Too expensive'],
    ])('go on when the call is %s, and show the same to who comes later', async (_, decision, result) => {
      const page = await asked();
      await answer(page, decision);
      await untilState(page.rootStore, isOver(`Done: ${result}.`));
      const whole = [...BEFORE, ['tool', result], ['ai', `Done: ${result}.`]];
      expect(spoken(now(page))).toEqual(whole);
      const later = await openPage('langchain-agent', threadOf(page));
      expect(spoken(await untilState(later.rootStore, isOver(`Done: ${result}.`)))).toEqual(whole);
    });

    it('take their next turn on the same thread', async () => {
      const page = await asked();
      await answer(page, { type: 'approve' });
      await untilState(page.rootStore, isOver('Done: Booked 1 to Oslo.'));
      await page.submit(says('And a flight to Rome'));
      await untilState(page.rootStore, asks);
      expect(requests(now(page))).toEqual([[['book_flight', { city: 'Rome', seats: 1 }]]]);
      expect(now(page).messages).toHaveLength(10);
    });
  });

  it.each([
    ['langchain-agent', 'book_flight', 'Done: Booked 1 to Oslo.'],
    ['deep-agent', 'publish', 'Finished: Published "A flight to Oslo".'],
  ])('run over REST too: %s asks before it calls %s, and ends when it is answered', async (assistantId, tool, last) => {
    const threadId = randomUUID();
    const request = { input: { ...says('A flight to Oslo') }, ifNotExists: 'create' as const };
    const { run_id: runId } = await client.runs.create(threadId, assistantId, request);
    const frames = await FrameReader.read(server.url, threadId, (read) => haveEnded(read, [runId]));
    expect(faultsOf(frames, [runId])).toEqual([]);
    const [asked] = frames.filter(({ method }) => method === 'input.requested');
    expect(JSON.stringify(asked?.data)).toContain(tool);
    const page = await openPage(assistantId, threadId);
    await untilState(page.rootStore, asks);
    await answer(page, { type: 'approve' });
    await untilState(page.rootStore, isOver(last));
    expect(calls(now(page)).at(-1)).toEqual([tool, 'finished']);
  });

  describe('made by createDeepAgent of deepagents', () => {
    const SOURCES = 'Three sources speak of bees';
    const FINDINGS = `Findings: ${SOURCES}.`;
    const END = 'Finished: Published "bees".';
    const WHOLE = [
      ['human', 'bees'],
      ['ai', 'I send the researcher.'],
      ['tool', FINDINGS],
      ['ai', 'I write the report.'],
      ['tool', expect.stringContaining('/report.md')],
      ['ai', 'The report is ready.'],
      ['tool', 'Published "bees"'],
      ['ai', END],
    ];
    const INSIDE = [['human', 'bees'], ['ai', 'I go to the library.'], ['tool', SOURCES], ['ai', FINDINGS]];

    /** The one subagent, once it is done, with what was said in it. */
    const researcherOf = async (page: StreamController): Promise<object> => {
      // From a state alone the SDK knows of a subagent, but not yet its namespace: it takes the id of the call for it.
      const isFound = (map: ReturnType<typeof page.subagentStore.getSnapshot>): boolean =>
        [...map.values()].some(({ status, namespace, id }) => status === 'complete' && !namespace.join().includes(id));
      const [agent] = [...(await untilState(page.subagentStore, isFound)).values()];
      const { store, release } = page.registry.acquire(messagesProjection(agent!.namespace));
      closers.push(release);
      const said = await untilState(store, (all) => all.at(-1)?.text === FINDINGS && all.length === INSIDE.length);
      const { name, taskInput } = agent!;
      return { name, taskInput, said: said.map(({ type, text }) => [type, text]) };
    };
    const RESEARCHER = { name: 'researcher', taskInput: 'bees', said: INSIDE };

    it('stream their text, run a subagent in a namespace of its own, keep files, and ask', async () => {
      const page = await openPage('deep-agent');
      await page.submit(says('bees'));
      expect(await researcherOf(page)).toEqual(RESEARCHER);
      await untilState(page.rootStore, asks);
      expect(requests(now(page))).toEqual([[['publish', { title: 'bees' }]]]);
      expect(spoken(now(page))).toEqual(WHOLE.slice(0, 6));
      await answer(page, { type: 'approve' });
      await untilState(page.rootStore, isOver(END));
      expect(spoken(now(page))).toEqual(WHOLE);
      expect(calls(now(page))).toEqual([['task', 'finished'], ['write_file', 'finished'], ['publish', 'finished']]);
      const { files } = now(page).values as { files: Record<string, { content: unknown }> };
      expect(JSON.stringify(files['/report.md']?.content)).toContain('Three sources speak of bees');
    });

    it('show the same after a restart of the server, and go on there', async () => {
      const page = await openPage('deep-agent');
      await page.submit(says('bees'));
      await untilState(page.rootStore, asks);
      const threadId = threadOf(page);
      await page.dispose();
      await server.restart();
      client = new Client({ apiUrl: server.url });
      const later = await openPage('deep-agent', threadId);
      const loaded = await untilState(later.rootStore, (snapshot) => asks(snapshot) && snapshot.messages.length > 0);
      expect(spoken(loaded)).toEqual(WHOLE.slice(0, 6));
      expect(await researcherOf(later)).toEqual(RESEARCHER);
      await answer(later, { type: 'approve' });
      await untilState(later.rootStore, isOver(END));
      expect(spoken(now(later))).toEqual(WHOLE);
    });

    it('leave a log without a fault, which is replayed as it was', async () => {
      const thread = client.threads.stream(randomUUID(), { assistantId: 'deep-agent' });
      await thread.run.start({ input: says('bees') });
      await thread.output.catch(() => undefined);
      const [run] = await client.runs.list(thread.threadId);
      const frames = await FrameReader.read(server.url, thread.threadId, (read) => haveEnded(read, [run!.run_id]));
      expect(faultsOf(frames, [run!.run_id])).toEqual([]);
      const nodes = (namespace: readonly string[]): string =>
        namespace.map((segment) => segment.split(':')[0]).join('/');
      const spoke = new Set(
        frames.filter(({ method }) => method === 'messages').map(({ namespace }) => nodes(namespace)),
      );
      expect(spoke).toEqual(new Set(['model_request', 'tools/model_request']));
      const deltas = frames.filter(
        ({ namespace, data }) => namespace.length === 2 && data.event === 'content-block-delta',
      );
      const words = deltas.flatMap(({ data }) => (data.delta as { text?: string }).text ?? []);
      expect(words).toEqual([...'I go to the library.'.split(/(?<= )/), ...FINDINGS.split(/(?<= )/)]);
      const started = frames.filter(({ data }) => data.event === 'tool-started');
      const called = started.map(({ namespace, data }) => [nodes(namespace), data.tool_name]);
      expect(called).toEqual([['tools', 'task'], ['tools/tools', 'search'], ['tools', 'write_file']]);
      await thread.close();
      await server.restart();
      client = new Client({ apiUrl: server.url });
      const replayed = await FrameReader.read(server.url, thread.threadId, (read) => haveEnded(read, [run!.run_id]));
      expect(replayed.map(({ text }) => text)).toEqual(frames.map(({ text }) => text));
    });
  });
});
