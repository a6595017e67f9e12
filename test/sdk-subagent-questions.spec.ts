import { join } from 'node:path';
import { PROJECT } from './built-program.js';
import { FrameReader } from './support/frame-reader.js';
import { TestServer } from './support/running-server.js';
import { type Client, SDK_VERSIONS, type StreamController } from './support/sdk-versions.js';
import { untilState } from './support/store-state.js';
import { faultsOf, haveEnded } from './support/thread-history.js';

type Snapshot = ReturnType<StreamController['rootStore']['getSnapshot']>;
type Interrupt = Snapshot['interrupts'][number];

const now = (page: StreamController): Snapshot => page.rootStore.getSnapshot();
const queryOf = ({ value }: Interrupt): string =>
  (value as { actionRequests: [{ args: { query: string } }] }).actionRequests[0].args.query;
const asksAbout = (...queries: string[]) => ({ interrupts, isLoading }: Snapshot): boolean =>
  !isLoading && interrupts.map(queryOf).sort().join() === queries.join();

describe.each(SDK_VERSIONS)(
  'questions of subagents of deepagents with SDK $version',
  ({ Client, StreamController }) => {
    let server: TestServer;
    let client: Client;
    const pages: StreamController[] = [];

    beforeAll(async () => {
      server = await TestServer.start(join(PROJECT, 'test/fixtures/agents/langgraph.json'));
      client = new Client({ apiUrl: server.url });
    });
    afterEach(() => Promise.all(pages.splice(0).map((page) => page.dispose())));
    afterAll(() => server.close());

    const openPage = async (threadId: string | null): Promise<StreamController> => {
      const page = new StreamController<object>({ assistantId: 'careful', client, threadId });
      pages.push(page);
      await page.hydrate();
      return page;
    };
    const answer = (page: StreamController, query: string, decision: object): Promise<void> =>
      page.respond(
        { decisions: [decision] },
        { interruptId: now(page).interrupts.find((one) => queryOf(one) === query)!.id! },
      );

    it('are asked side by side, shown to who comes later, and answered one by one', async () => {
      const page = await openPage(null);
      await page.submit({ messages: [{ type: 'human', content: 'insects' }] });
      await untilState(page.rootStore, asksAbout('bees', 'wasps'));
      const later = await openPage(now(page).threadId!);
      await untilState(later.rootStore, asksAbout('bees', 'wasps'));
      await answer(later, 'wasps', { type: 'reject', message: 'No wasps' });
      await untilState(later.rootStore, asksAbout('bees'));
      await answer(later, 'bees', { type: 'approve' });
      const end = 'Heard Report: No wasps. Report: Sources on bees.';
      await untilState(later.rootStore, ({ messages, isLoading }) => !isLoading && messages.at(-1)?.text === end);
      expect(now(later).interrupts).toEqual([]);
      const runs = (await client.runs.list(now(page).threadId!)).map(({ run_id }) => run_id).reverse();
      const frames = await FrameReader.read(server.url, now(page).threadId!, (read) => haveEnded(read, runs));
      expect(faultsOf(frames, runs)).toEqual([]);
    });
  },
);
