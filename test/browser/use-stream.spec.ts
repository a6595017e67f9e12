import { randomUUID } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { describeInBrowser, openBrowser, PageServer, textsOf } from '../support/browser.js';
import { TestServer } from '../support/running-server.js';

const SDK = '@langchain/langgraph-sdk';
/** `useStream` stands on the SDK that it brings; the other releases are put in its place. */
const RELEASES: [release: string, alias: Record<string, string>][] = [
  ['1.11.0, its own', {}],
  ['1.12.4', { [SDK]: SDK }],
  ['1.15.0', { [SDK]: 'langgraph-sdk-1-15' }],
];
const QUESTION = 'How is it in Oslo?';
const FIRST_REPLY = 'Let me look at the weather in Oslo.';
const LAST_REPLY = 'You said "How is it in Oslo?". Here is what I found: Oslo: sunny, 14 degrees.';
const WHOLE_CHAT = [['human', QUESTION], ['ai', FIRST_REPLY], ['tool', 'Oslo: sunny, 14 degrees'], ['ai', LAST_REPLY]];

describeInBrowser('useStream of @langchain/react in a browser', () => {
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
      pages = await PageServer.start('chat.tsx', alias);
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
      page.goto(pages.at({ server: server.url, assistant, thread: randomUUID(), ...query }));
    const message = (text: string): Promise<void> => page.locator('.message', { hasText: text }).first().waitFor();
    const idle = (): Promise<void> => page.locator('#loading', { hasText: 'false' }).waitFor();
    const messages = (): Promise<unknown> =>
      page
        .locator('.message')
        .evaluateAll((all) => all.map((each) => [each.getAttribute('data-type'), each.textContent]));

    it('shows a chat with a tool call', async () => {
      await chat('agent');
      await page.click('#say');
      await message(LAST_REPLY);
      await idle();
      expect(await messages()).toEqual(WHOLE_CHAT);
      expect(await textsOf(page, '.tool')).toEqual(['get_weather']);
    });

    it('shows questions, and goes on when they are answered', async () => {
      await chat('approval');
      await page.click('#say');
      await page.locator('.interrupt', { hasText: 'budget' }).click();
      await page.locator('.interrupt', { hasText: 'budget' }).waitFor({ state: 'detached' });
      await page.locator('.interrupt', { hasText: 'legal' }).click();
      await page.locator('.interrupt', { hasText: 'release' }).click();
      await message('Thank you.');
      await idle();
      expect(await textsOf(page, '.interrupt')).toEqual([]);
    });

    it('goes on where it was when the page is loaded again in the middle of a run', async () => {
      await chat('agent', { delayMs: '60' });
      await page.click('#say');
      await message('Let me look');
      await page.reload();
      await message(LAST_REPLY);
      await idle();
      expect(await messages()).toEqual(WHOLE_CHAT);
    });
  });
});
