import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { PROJECT } from './built-program.js';
import { gate } from './support/gate.js';
import { TestServer } from './support/running-server.js';
import { texts } from './support/sdk-events.js';
import { type Client, type Sdk, SDK_VERSIONS, type StreamController } from './support/sdk-versions.js';
import { untilState } from './support/store-state.js';

type Options = ConstructorParameters<Sdk['StreamController']>[0];
type Snapshot = ReturnType<StreamController['rootStore']['getSnapshot']>;
type Interrupt = Snapshot['interrupts'][number];

const INPUT = { messages: [{ type: 'human', content: 'We open in May.' }], delayMs: 0 };

const now = (controller: StreamController): Snapshot => controller.rootStore.getSnapshot();
const until = (controller: StreamController, fits: (snapshot: Snapshot) => boolean): Promise<Snapshot> =>
  untilState(controller.rootStore, fits);
const roleOf = ({ value }: Interrupt): string => (value as { role: string }).role;
const roles = ({ interrupts }: Snapshot): string[] => interrupts.map(roleOf).sort();
const asks = (...expected: string[]) => (snapshot: Snapshot): boolean => roles(snapshot).join() === expected.join();
/**
 * Each answer names its question: without a name the SDK takes the newest one of its other stream, which may not have
 * it yet.
 */
const idOf = (snapshot: Snapshot, role: string): string =>
  snapshot.interrupts.find((interrupt) => roleOf(interrupt) === role)!.id!;
const isOver = ({ interrupts, isLoading, messages }: Snapshot): boolean =>
  interrupts.length === 0 && !isLoading && (messages.at(-1)?.text ?? '').startsWith('Thank you.');

describe.each(SDK_VERSIONS)('questions and answers with SDK $version', ({ version, Client, StreamController }) => {
  let server: TestServer;
  let client: Client;
  const pages: StreamController[] = [];

  beforeAll(async () => {
    server = await TestServer.start(join(PROJECT, 'test/fixtures/asking/langgraph.json'));
    client = new Client({ apiUrl: server.url });
  });
  afterEach(() => Promise.all(pages.splice(0).map((page) => page.dispose())));
  afterAll(() => server.close());

  /** A controller as a page makes one: bound to a thread, which it loads, or to none. */
  const openPage = async (
    assistantId: string,
    threadId: string | null = null,
    options: Partial<Options> = {},
  ): Promise<StreamController> => {
    const page = new StreamController({ assistantId, client, threadId, ...options });
    pages.push(page);
    await page.hydrate();
    return page;
  };
  const threadOf = (page: StreamController): string => now(page).threadId!;

  /** A page that shows the two questions which the example asks at once. */
  const asked = async (): Promise<StreamController> => {
    const page = await openPage('approval');
    await page.submit(INPUT);
    await until(page, asks('budget', 'legal'));
    expect(now(page)).toMatchObject({ isLoading: false, error: undefined });
    return page;
  };
  const answersOf = async (page: StreamController): Promise<unknown> =>
    ((await client.threads.getState<{ answers: unknown }>(threadOf(page))).values).answers;

  it('are answered one by one, each shown until it is', async () => {
    const page = await asked();
    await page.respond('approve', { interruptId: idOf(now(page), 'legal') });
    await until(page, asks('budget'));
    await page.respond('reject', { interruptId: idOf(now(page), 'budget') });
    await until(page, asks('release'));
    await page.respond('approve', { interruptId: idOf(now(page), 'release') });
    await until(page, isOver);
    expect(await answersOf(page)).toEqual({ budget: 'reject', legal: 'approve', release: 'approve' });
  });

  it('are answered all at once', async () => {
    const page = await asked();
    await page.respondAll({ [idOf(now(page), 'budget')]: 1, [idOf(now(page), 'legal')]: { two: 2 } });
    await until(page, asks('release'));
    await page.respond(3, { interruptId: idOf(now(page), 'release') });
    await until(page, isOver);
    expect(await answersOf(page)).toEqual({ budget: 1, legal: { two: 2 }, release: 3 });
  });

  it('are shown to a page that is loaded later, and answered by it', async () => {
    const first = await asked();
    const second = await openPage('approval', threadOf(first));
    await until(second, asks('budget', 'legal'));
    await second.respondAll({ [idOf(now(second), 'budget')]: 'b', [idOf(now(second), 'legal')]: 'l' });
    await until(second, asks('release'));
    // The first page hears of the answers, of the new question and of the end.
    await until(first, (snapshot) => snapshot.interrupts.some((interrupt) => roleOf(interrupt) === 'release'));
    await second.respond('r', { interruptId: idOf(now(second), 'release') });
    await until(second, isOver);
    // SDK 1.12 does not know input.answered: a page that only looks on goes on showing the old questions.
    await until(first, (snapshot) => isOver(version.startsWith('1.12.') ? { ...snapshot, interrupts: [] } : snapshot));
    expect(await answersOf(second)).toEqual({ budget: 'b', legal: 'l', release: 'r' });
  });

  it('are answered after a restart of the server', async () => {
    const page = await asked();
    const threadId = threadOf(page);
    await page.dispose();
    await server.restart();
    client = new Client({ apiUrl: server.url });
    const later = await openPage('approval', threadId);
    await until(later, asks('budget', 'legal'));
    await later.respond('approve', { interruptId: idOf(now(later), 'budget') });
    await until(later, asks('legal'));
  });

  it('reject an answer to what nobody asked, and stay', async () => {
    const page = await asked();
    await expect(page.respond('x', { interruptId: 'f'.repeat(32), namespace: [] })).rejects.toMatchObject({
      code: 'no_such_interrupt',
    });
    expect(roles(now(page))).toEqual(['budget', 'legal']);
  });

  it('come back when the run that answers is stopped, and take another answer', async () => {
    const page = await openPage('ask');
    const name = randomUUID();
    await page.submit({ question: { role: 'gated' }, gate: name });
    await until(page, asks('gated'));
    const responded = page.respond('old', { interruptId: idOf(now(page), 'gated') }).catch(() => undefined);
    await gate(name).reached;
    await until(page, ({ isLoading }) => isLoading);
    await page.stop();
    // SDK 1.12 does not cancel the run of an answer: that page only stops to show it.
    if (version.startsWith('1.12.')) {
      const [run] = await client.runs.list(threadOf(page));
      await client.runs.cancel(threadOf(page), run!.run_id, true);
    }
    await responded;
    const reloaded = await openPage('ask', threadOf(page));
    await until(reloaded, asks('gated'));
    gate(name).open();
    await reloaded.respond('new', { interruptId: idOf(now(reloaded), 'gated') });
    // The page shows neither question nor run for a moment, between its answer and the start of the run.
    await until(reloaded, ({ values }) => (values as { answer?: string }).answer !== undefined);
    await until(reloaded, ({ interrupts, isLoading }) => interrupts.length === 0 && !isLoading);
    expect((await client.threads.getState<{ answer: string }>(threadOf(page))).values.answer).toBe('new');
    expect((await client.runs.list(threadOf(page))).map(({ status }) => status)).toEqual([
      'success',
      'interrupted',
      'success',
    ]);
  });

  it('reach a bare ThreadStream, with payloads and namespaces', async () => {
    const thread = client.threads.stream(randomUUID(), { assistantId: 'approval' });
    await thread.run.start({ input: INPUT });
    await thread.output.catch(() => undefined);
    expect(thread.interrupted).toBe(true);
    expect(
      thread.interrupts.map(({ payload, namespace }) => [(payload as { role: string }).role, namespace.length]),
    ).toEqual(
      expect.arrayContaining([
        ['budget', 0],
        ['legal', 1],
      ]),
    );
    await thread.close();
  });

  it('leave the queue of the server alone: what is queued is listed, cancelled, or runs', async () => {
    const page = await openPage('gated', null, { queue: 'server' });
    const name = randomUUID();
    const says = (content: string): object => ({ messages: [{ type: 'human', content }], gate: name });
    const first = page.submit(says('one'));
    await gate(name).reached;
    const rest = [
      page.submit(says('two'), { multitaskStrategy: 'enqueue' }),
      page.submit(says('three'), { multitaskStrategy: 'enqueue' }),
    ];
    const queued = await untilState(page.queueStore, (entries) => entries.length === 2);
    await untilPending(threadOf(page), 2);
    expect(await page.cancelQueued(queued[0]!.id)).toBe(true);
    gate(name).open();
    await first;
    await Promise.allSettled(rest);
    await untilState(page.queueStore, (entries) => entries.length === 0);
    await until(
      page,
      ({ messages, isLoading }) => !isLoading && messages.at(-1)?.text === 'This is the whole answer to three',
    );
    expect(texts((await client.threads.getState(threadOf(page))).values)).toEqual(
      ['one', 'three'].flatMap((said) => [said, `This is the whole answer to ${said}`]),
    );
  });

  async function untilPending(threadId: string, count: number): Promise<void> {
    while ((await client.runs.list(threadId, { status: 'pending' })).length < count)
      await new Promise((resolve) => setImmediate(resolve));
  }
});
