import type { Browser, Page } from 'playwright-core';
import { describeInBrowser, openBrowser, PageServer } from '../support/browser.js';
import { TestServer } from '../support/running-server.js';

const SDK = '@langchain/langgraph-sdk';
const RELEASES: [release: string, alias: Record<string, string>][] = [
  ['1.12.4', {}],
  ['1.15.0', { [SDK]: 'langgraph-sdk-1-15' }],
];
const LAST_REPLY = 'You said "How is it in Oslo?". Here is what I found: Oslo: sunny, 14 degrees.';
const WHOLE_CHAT = [
  ['human', 'How is it in Oslo?'], ['ai', 'Let me look at the weather in Oslo.'], ['tool', 'Oslo: sunny, 14 degrees'],
  ['ai', LAST_REPLY],
];

describeInBrowser('useStream of the SDK itself, on the streams of runs, in a browser', () => {
  let server: TestServer;
  let browser: Browser;

  beforeAll(async () => {
    browser = await openBrowser();
    server = await TestServer.start();
  });
  afterAll(() => Promise.all([browser.close(), server.close()]));

  describe.each(RELEASES)('on SDK %s', (_, alias) => {
    let pages: PageServer;
    let page: Page;
    let faults: string[];

    beforeAll(async () => {
      pages = await PageServer.start('legacy-chat.tsx', alias);
    });
    beforeEach(async () => {
      page = await browser.newPage();
      faults = [];
      page.on('pageerror', (error) => faults.push(error.message));
    });
    afterEach(async () => {
      expect([faults, await page.locator('#error').innerText()]).toEqual([[], '']);
      await page.close();
    });
    afterAll(() => pages.close());

    const chat = (assistant: string, query: Record<string, string> = {}): Promise<unknown> =>
      page.goto(pages.at({ server: server.url, assistant, ...query }));
    const message = (text: string): Promise<void> => page.locator('.message', { hasText: text }).first().waitFor();
    const idle = (): Promise<void> => page.locator('#loading', { hasText: 'false' }).waitFor();
    const messages = (): Promise<unknown> =>
      page
        .locator('.message')
        .evaluateAll((all) => all.map((each) => [each.getAttribute('data-type'), each.textContent]));

    it('shows a chat with a tool call, and the same after a reload', async () => {
      await chat('agent');
      await page.click('#say');
      await message(LAST_REPLY);
      await idle();
      expect(await messages()).toEqual(WHOLE_CHAT);
      await page.reload();
      await message(LAST_REPLY);
      expect(await messages()).toEqual(WHOLE_CHAT);
    });

    it('goes on with a run after a reload in the middle', async () => {
      await chat('agent', { delayMs: '60' });
      await page.click('#say');
      await message('Let me look');
      await page.reload();
      await message(LAST_REPLY);
      await idle();
      expect(await messages()).toEqual(WHOLE_CHAT);
    });

    it('shows a question, and goes on when it is answered', async () => {
      await chat('approval');
      await page.click('#say');
      for (const question of ['money', 'lawful', 'go out']) {
        await page.locator('.interrupt', { hasText: question }).click();
        await page.locator('.interrupt', { hasText: question }).waitFor({ state: 'detached' });
      }
      await message('Thank you.');
      await idle();
    });

    it('stops a run', async () => {
      await chat('agent', { delayMs: '300' });
      await page.click('#say');
      await message('Let me');
      await page.click('#stop');
      await idle();
      expect(await messages()).not.toEqual(WHOLE_CHAT);
    });
  });
});
