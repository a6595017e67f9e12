import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium, type Page } from 'playwright-core';
import { PROJECT } from '../built-program.js';

const EXECUTABLE = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];
const isThere = existsSync(EXECUTABLE);
const isWanted = process.env['REQUIRE_ALL_CLIENTS'] === '1';

/** Tests in a real browser: skipped, and said so, where there is none; with REQUIRE_ALL_CLIENTS=1 they fail instead. */
export function describeInBrowser(name: string, tests: () => void): void {
  if (isThere || isWanted) return void describe(name, tests);
  const reason = `skipped: there is no ${EXECUTABLE}; install chromium, or name it in CHROMIUM`;
  console.warn(`${name}: ${reason}`);
  describe.skip(`${name} (${reason})`, tests);
}

/** Opens a browser with a profile of its own, which goes with it. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: FLAGS, headless: true });
}

/** One page of `test/browser/pages`, bundled and served from an origin of its own. */
export class PageServer {
  private constructor(readonly url: string, readonly close: () => Promise<void>) {}

  /** @param alias packages to take instead of those that the page names */
  static async start(page: string, alias: Record<string, string> = {}): Promise<PageServer> {
    const script = await bundle(page, alias);
    const server = createServer((request, response) => {
      const isScript = request.url === '/page.js';
      response.setHeader('content-type', isScript ? 'text/javascript; charset=utf-8' : 'text/html; charset=utf-8');
      response.end(
        isScript
          ? script
          : '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><body><script type="module" src="/page.js"></script>',
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return new PageServer(`http://127.0.0.1:${port}/`, async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    });
  }

  /** The address of the page with what it is to show. */
  at(query: Record<string, string>): string {
    return `${this.url}?${new URLSearchParams(query).toString()}`;
  }
}

/** The program, not the library: that one looks at globals, which are different ones in a test. */
async function bundle(page: string, alias: Record<string, string>): Promise<string> {
  const args = [
    join('test/browser/pages', page),
    '--bundle',
    '--format=esm',
    '--jsx=automatic',
    '--log-level=error',
    '--define:process.env.NODE_ENV="production"',
    ...Object.entries(alias).map(([name, other]) => `--alias:${name}=${other}`),
  ];
  const { stdout } = await promisify(execFile)(join(PROJECT, 'node_modules/.bin/esbuild'), args, {
    cwd: PROJECT,
    maxBuffer: 2 ** 26,
  });
  return stdout;
}

/** The texts of all elements that match. */
export function textsOf(page: Page, selector: string): Promise<string[]> {
  return page.locator(selector).allInnerTexts();
}
