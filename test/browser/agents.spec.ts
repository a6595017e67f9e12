import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { PROJECT } from '../built-program.js';
import { describeInBrowser, openBrowser, PageServer, textsOf } from '../support/browser.js';
import { TestServer } from '../support/running-server.js';

const SDK = '@langchain/langgraph-sdk';
/** `useStream` stands on the SDK that it brings; the other releases are put in its place. */
const RELEASES: [release: string, alias: Record<string, string>][] = [
  ['1.11.0, its own', {}],
  ['1.12.4', { [SDK]: SDK }],
  ['1.15.0', { [SDK]: 'langgraph-sdk-1-15' }],
];

const FARES = 'A flight to Oslo costs 120 euros';
const ASKED = [
  ['human', 'A flight to Oslo'],
  ['ai', 'I look for flights to Oslo.'],
  ['tool', FARES],
  ['ai', `${FARES}. Shall I book it?`],
];
const FINDINGS = 'Findings: Three sources speak of bees.';
const REPORT = [
  ['human', 'bees'], ['ai', 'I send the researcher.'], ['tool', FINDINGS], ['ai', 'I write the report.'],
  ['tool', expect.stringContaining('/report.md')], ['ai', 'The report is ready.'],
];
const PUBLISHED = [...REPORT, ['tool', 'Published "bees"'], ['ai', 'Finished: Published "bees".']];
const INSIDE = ['human: bees', 'ai: I go to the library.', 'tool: Three sources speak of bees', `ai: ${FINDINGS}`];

describeInBrowser('agents of langchain and deepagents in useStream', () => {
  let server: TestServer;
  let browser: Browser;

  beforeAll(async () => {
    browser = await openBrowser();
    server = await TestServer.start(join(PROJECT, 'examples/agents/langgraph.json'));
  });
  afterAll(() => Promise.all([browser.close(), server.close()]));

  describe.each(RELEASES)('on SDK %s', (_, alias) => {
    let pages: PageServer;
    let page: Page;
    let faults: string[];

    beforeAll(async () => {
      pages = await PageServer.start('agents.tsx', alias);
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

    const open = async (assistant: string, say: string): Promise<void> => {
      await page.goto(pages.at({ server: server.url, assistant, say, thread: randomUUID() }));
      await page.click('#say');
    };
    const asked = (tool: string): Promise<void> => page.locator('.question', { hasText: tool }).waitFor();
    const idle = (): Promise<void> => page.locator('#loading', { hasText: 'false' }).waitFor();
    const message = (text: string): Promise<void> => page.locator('.message', { hasText: text }).last().waitFor();
    const messages = (): Promise<unknown> =>
      page
        .locator('.message')
        .evaluateAll((all) => all.map((each) => [each.getAttribute('data-type'), each.textContent]));
    const mostSteps = (): Promise<number> =>
      page
        .locator('.message[data-type=ai]')
        .evaluateAll((all) => Math.max(...all.map((each) => Number(each.getAttribute('data-steps')))));

    it('an agent of createAgent streams, calls tools, asks, and goes on when it is answered', async () => {
      await open('langchain-agent', 'A flight to Oslo');
      await asked('book_flight');
      await idle();
      expect(await messages()).toEqual(ASKED);
      expect(await mostSteps()).toBeGreaterThan(1);
      expect(await textsOf(page, '.tool')).toContain('get_fares: finished');
      await page.click('.approve');
      await message('Done: Booked 1 to Oslo.');
      await idle();
      expect(await messages()).toEqual([...ASKED, ['tool', 'Booked 1 to Oslo'], ['ai', 'Done: Booked 1 to Oslo.']]);
      expect([await textsOf(page, '.tool'), await textsOf(page, '.interrupt')]).toEqual([
        ['get_fares: finished', 'book_flight: finished'],
        [],
      ]);
    });

    it('an agent of createAgent takes a refusal, also on a page that was loaded again', async () => {
      await open('langchain-agent', 'A flight to Oslo');
      await asked('book_flight');
      await page.reload();
      await asked('book_flight');
      expect(await messages()).toEqual(ASKED);
      await page.click('.reject');
      await message('Done: Not today.');
      await idle();
      expect(await messages()).toEqual([...ASKED, ['tool', 'Not today'], ['ai', 'Done: Not today.']]);
    });

    it('an agent of createDeepAgent shows its subagent at work, asks, and is the same when the page is loaded again', async () => {
      await open('deep-agent', 'bees');
      await page.locator('.subagent[data-status=running]').waitFor();
      await page.locator('.inside', { hasText: FINDINGS }).waitFor();
      await asked('publish');
      expect(await messages()).toEqual(REPORT);
      expect(await textsOf(page, '.subagent h2')).toEqual(['researcher: bees']);
      expect(await textsOf(page, '.inside')).toEqual(INSIDE);
      await page.click('.approve');
      await message('Finished:');
      await idle();
      const tools = ['task: finished', 'write_file: finished', 'publish: finished'];
      expect([await messages(), await textsOf(page, '.tool')]).toEqual([PUBLISHED, tools]);
      await page.reload();
      await message('Finished:');
      await page.locator('.subagent[data-status=complete]').waitFor();
      expect(await messages()).toEqual(PUBLISHED);
      expect(await textsOf(page, '.subagent h2')).toEqual(['researcher: bees']);
    });

    it('an agent of createDeepAgent goes on where it was when the page is loaded again while its subagent works', async () => {
      await open('deep-agent', 'bees');
      await page.locator('.subagent[data-status=running]').waitFor();
      await page.reload();
      await asked('publish');
      await page.locator('.inside', { hasText: FINDINGS }).waitFor();
      expect([await messages(), await textsOf(page, '.inside')]).toEqual([REPORT, INSIDE]);
    });
  });
});
