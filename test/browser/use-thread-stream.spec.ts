import type { Browser, Page } from 'playwright-core';
import type { ThreadEvent } from '../../clients/use-thread-stream.js';
import { describeInBrowser, openBrowser, PageServer, textsOf } from '../support/browser.js';
import { CuttingProxy } from '../support/cutting-proxy.js';
import { execute, ExecutionStream } from '../support/execution-stream.js';
import { TestServer } from '../support/running-server.js';

describeInBrowser('useThreadStream in a browser', () => {
  let server: TestServer;
  let pages: PageServer;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    browser = await openBrowser();
    [server, pages] = await Promise.all([TestServer.start(), PageServer.start('thread-monitor.tsx')]);
  });
  beforeEach(async () => {
    page = await browser.newPage();
  });
  afterEach(() => page.close());
  afterAll(() => Promise.all([browser.close(), pages.close(), server.close()]));

  const watch = (execution: string, query: Record<string, string> = {}): Promise<unknown> =>
    page.goto(pages.at({ server: server.url, execution, ...query }));
  const untilEvent = (type: string, thread: string): Promise<unknown> =>
    page.locator(`.event[data-type=${type}][data-thread=${thread}]`).first().waitFor({ state: 'attached' });
  const shown = async (): Promise<ThreadEvent[]> =>
    (await textsOf(page, '.event')).map((text) => JSON.parse(text) as ThreadEvent);
  /** What the server sends, read without a browser. */
  const sent = async (streamUrl: string, thread: string): Promise<unknown[]> => {
    const stream = await ExecutionStream.open(`${server.url}${streamUrl}`);
    const { events } = await stream.untilEvent('thread_completed', thread);
    stream.close();
    return events.map(({ data }) => data);
  };

  it('shows an execution from its first event, each event once, also where React mounts twice', async () => {
    const { id, streamUrl } = await execute(server.url, 'team', 'the moon', {}, 5);
    await watch(id);
    await untilEvent('completed', 'team');
    expect(await page.locator('#status').innerText()).toBe('Connected');
    expect(await shown()).toEqual(await sent(streamUrl, 'team'));
  });

  it('shows only the threads that are asked for', async () => {
    const { id } = await execute(server.url, 'team', 'the moon', {}, 5);
    await watch(id, { threadIds: 'writer' });
    await untilEvent('completed', 'writer');
    const events = await shown();
    expect(new Set(events.map(({ threadId }) => threadId))).toEqual(new Set(['writer']));
    expect(events.map(({ data }) => data.sequence)).toEqual(events.map((_, index) => index + 1));
  });

  it('goes on by itself after the connection was lost, with nothing missed and nothing twice', async () => {
    const proxy = await CuttingProxy.start(server.url);
    try {
      const { id, streamUrl } = await execute(server.url, 'team', 'the moon', {}, 30);
      await watch(id, { server: proxy.url });
      await untilEvent('output', 'team');
      proxy.cut();
      await untilEvent('completed', 'team');
      expect(await page.locator('#status').innerText()).toBe('Connected');
      expect(await shown()).toEqual(await sent(streamUrl, 'team'));
    } finally {
      await proxy.close();
    }
  });

  it('says that it is not connected where there is no such execution', async () => {
    const refused = page.waitForResponse((response) => response.status() === 404);
    await watch('exec-nothing');
    await refused;
    expect([await page.locator('#status').innerText(), await shown()]).toEqual(['Disconnected', []]);
  });
});
