import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { PROJECT } from './built-program.js';
import { drain } from './support/collect.js';
import { TestServer } from './support/running-server.js';
import { type Client, SDK_VERSIONS, type StreamController } from './support/sdk-versions.js';
import { untilState } from './support/store-state.js';

const INPUT = { messages: [{ type: 'human', content: 'bees' }], delayMs: 1 };

describe.each(SDK_VERSIONS)(
  'subgraphs and subagents with SDK $version',
  ({ Client, StreamController, messagesProjection, toolCallsProjection }) => {
    let server: TestServer;
    let client: Client;
    const closers: (() => unknown)[] = [];

    beforeAll(async () => {
      server = await TestServer.start(join(PROJECT, 'test/fixtures/asking/langgraph.json'));
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

    /** The texts of the messages of one namespace, once there are as many as wanted and the last one is whole. */
    const textsAt = async (
      page: StreamController,
      namespace: readonly string[],
      isWhole: (texts: string[]) => boolean,
    ): Promise<string[]> => {
      const { store, release } = page.registry.acquire(messagesProjection(namespace));
      closers.push(release);
      const texts = (messages: { text: string }[]): string[] => messages.map(({ text }) => text);
      return texts(await untilState(store, (messages) => isWhole(texts(messages))));
    };

    it('finds the subgraphs of both levels, with their nodes and ends', async () => {
      const page = await openPage('research');
      await page.submit(INPUT);
      const found = await untilState(
        page.subgraphStore,
        (map) => map.size >= 6 && [...map.values()].every(({ status }) => status === 'complete'),
      );
      const nodes = [...found.values()].map(({ nodeName, namespace }) => [nodeName, namespace.length]);
      expect(nodes.sort()).toEqual([...Array(3).fill(['check', 2]), ...Array(3).fill(['investigate', 1])]);
    });

    it('gives each subgraph its own messages', async () => {
      const page = await openPage('research');
      await page.submit(INPUT);
      const found = await untilState(page.subgraphStore, (map) => map.size >= 6);
      const checks = [...found.values()].filter(({ nodeName }) => nodeName === 'check');
      const said = await Promise.all(
        checks.map(({ namespace }) => textsAt(page, namespace, (texts) => texts.some((text) => text.endsWith('.')))),
      );
      expect(said.flat().sort()).toEqual(
        ['future', 'history', 'present'].map(
          (part) => `Two sources agree: Much has been written about the ${part} of bees.`,
        ),
      );
    });

    it('finds named subagents, what they were asked, what they said and how they ended', async () => {
      const page = await openPage('team');
      await page.submit(INPUT);
      const found = await untilState(
        page.subagentStore,
        (map) => map.size === 2 && [...map.values()].every(({ status }) => status === 'complete'),
      );
      const agents = [...found.values()].sort((a, b) => a.name.localeCompare(b.name));
      expect(agents.map(({ name, depth, parentId, error }) => ({ name, depth, parentId, error }))).toEqual(
        ['researcher', 'writer'].map((name) => ({ name, depth: expect.any(Number), parentId: null, error: undefined })),
      );
      expect(agents.every(({ taskInput }) => (taskInput ?? '').includes('bees'))).toBe(true);
      const said = await Promise.all(
        agents.map(({ namespace }) => textsAt(page, namespace, (texts) => /[a-z]$|\.$/.test(texts.at(-1) ?? ''))),
      );
      expect(said.map((texts) => texts.at(-1))).toEqual([
        expect.stringMatching(/^I read everything about this: /),
        expect.stringMatching(/^I wrote three fine sentences about this: /),
      ]);
    });

    it('shows the calls of the supervisor at the root, and none of the subagents', async () => {
      const page = await openPage('team');
      await page.submit(INPUT);
      const { toolCalls } = await untilState(
        page.rootStore,
        ({ toolCalls: calls }) => calls.length === 2 && calls.every(({ status }) => status === 'finished'),
      );
      expect(
        toolCalls.map(({ name, input }) => [name, (input as { subagent_type: string }).subagent_type]).sort(),
      ).toEqual([
        ['task', 'researcher'],
        ['task', 'writer'],
      ]);
      const [agent] = [...page.subagentStore.getSnapshot().values()];
      const { store, release } = page.registry.acquire(toolCallsProjection(agent!.namespace));
      closers.push(release);
      expect(store.getSnapshot()).toEqual([]);
    });

    it('hands out subgraphs and subagents of a bare ThreadStream', async () => {
      const stream = (assistantId: string) => {
        const thread = client.threads.stream(randomUUID(), { assistantId });
        closers.push(() => thread.close());
        return thread;
      };
      const research = stream('research');
      const subgraphs = drain(research.subgraphs);
      await research.run.start({ input: INPUT });
      expect((await subgraphs).map(({ name }) => name)).toEqual(
        expect.arrayContaining(['investigate', 'investigate', 'investigate']),
      );

      const team = stream('team');
      const subagents = drain(team.subagents);
      await team.run.start({ input: INPUT });
      const agents = await subagents;
      expect(agents.map(({ name }) => name).sort()).toEqual(['researcher', 'writer']);
      expect(await Promise.all(agents.map(({ taskInput }) => taskInput))).toEqual(
        Array(2).fill(expect.stringContaining('bees')),
      );
    });
  },
);
