import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { builtProgram, PROJECT } from './built-program.js';
import { ChildProgram } from './child-program.js';
import { ALL_CASES } from './conformance/all-cases.js';
import { freePort } from './conformance/local-server.js';
import { untilReady } from './conformance/restart-command.js';
import { type CaseResult, groupOf } from './conformance/run-kit.js';
import { SilentProxy } from './support/silent-proxy.js';

const GROUPS = [...new Set(ALL_CASES.map(({ id }) => groupOf(id)))];
const WHOLE_RUN_MS = 300_000;

/** A server process on a port of its own, with a script that ends it by `kill -9` and starts it on the same data. */
class RestartableServer {
  private readonly folder = mkdtempSync(join(tmpdir(), 'threadlog-conformance-'));
  readonly script = join(this.folder, 'restart.sh');
  private readonly pidFile = join(this.folder, 'pid');

  private constructor(readonly url: string) {}

  static async start(environment: Record<string, string> = {}): Promise<RestartableServer> {
    const port = await freePort();
    const server = new RestartableServer(`http://127.0.0.1:${port}`);
    const settings = {
      PORT: String(port),
      DATABASE_URL: `sqlite://${server.folder}/threadlog.db`,
      LOG_LEVEL: 'error',
      NODE_OPTIONS: '',
      ...environment,
    };
    const exports = Object.entries(settings).map(([name, value]) => `export ${name}='${value}'`);
    const program = `'${process.execPath}' '${await builtProgram()}' start --config examples/langgraph.json`;
    const lines = [
      '#!/bin/sh', `cd '${PROJECT}'`, ...exports,
      `[ -f '${server.pidFile}' ] && kill -9 "$(cat '${server.pidFile}')"`,
      `${program} >> '${server.folder}/log' 2>&1 < /dev/null &`, `echo $! > '${server.pidFile}'`,
    ];
    writeFileSync(server.script, `${lines.join('\n')}\n`, { mode: 0o755 });
    spawnSync(server.script, { stdio: 'ignore' });
    return server;
  }

  stop(): void {
    process.kill(Number(readFileSync(this.pidFile, 'utf8')), 'SIGKILL');
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

const kit = (...args: string[]): ChildProgram =>
  new ChildProgram(process.execPath, ['--import', 'tsx', 'test/conformance/main.ts', ...args], { cwd: PROJECT });

describe('The conformance kit', () => {
  it('has at least 150 cases, each with an id of its own, a sentence, a rule and its source', () => {
    expect(ALL_CASES.length).toBeGreaterThanOrEqual(150);
    expect(new Set(ALL_CASES.map(({ id }) => id)).size).toBe(ALL_CASES.length);
    for (const { id, says, rule } of ALL_CASES) {
      expect(id).toMatch(/^[a-z-]+\/[a-z0-9-]+$/);
      expect([says, rule.text, rule.source].every((text) => text.length > 10)).toBe(true);
    }
  });

  it('has the groups that its documentation names', () => {
    expect(GROUPS).toEqual([
      'framing',
      'filters',
      'cursors',
      'replay',
      'lifecycle',
      'commands',
      'human-in-the-loop',
      'concurrency',
      'websocket',
      'restart',
    ]);
  });

  it('ends with 1 and tells the rule and its source for a server that fails', async () => {
    const server = createServer((_request, response) => void response.writeHead(404).end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const run = kit(
      '--url',
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      '--case',
      'framing/content-type',
    );
    expect(await run.ended).toBe(1);
    expect(run.lines.join('\n')).toMatch(
      /FAILED framing\/content-type\n.*\n {2}found: {2}the stream was answered with HTTP 404\n {2}rule: .*\n {2}source: WHATWG HTML/,
    );
    server.close();
  });
});

describe('Threadlog keeps the rules of', () => {
  let server: RestartableServer;
  let results: CaseResult[];

  beforeAll(async () => {
    server = await RestartableServer.start();
    await untilReady({ url: server.url, headers: {} });
    const json = `${server.script}.json`;
    await kit('--url', server.url, '--restart-command', server.script, '--json', json).ended;
    results = JSON.parse(readFileSync(json, 'utf8')) as CaseResult[];
  }, WHOLE_RUN_MS);

  afterAll(() => server.stop());

  it.each(GROUPS)('%s', (name) => {
    const group = results.filter(({ group: of }) => of === name);
    expect(group.filter(({ outcome }) => outcome === 'failed').map(({ id, why }) => `${id}: ${why}`)).toEqual([]);
    expect(group.filter(({ outcome }) => outcome === 'passed').length).toBeGreaterThan(10);
  });

  it.each(['replay/no-old-terminal', 'replay/reopened', 'replay/settles'])(
    '%s, which a server that says nothing does not',
    async (name) => {
      const silent = await SilentProxy.start(server.url);
      const json = `${server.script}.silent.json`;
      await kit('--url', silent.url, '--case', name, '--json', json).ended;
      silent.close();
      const silentResults = JSON.parse(readFileSync(json, 'utf8')) as CaseResult[];
      expect(silentResults.map(({ id, outcome }) => [id, outcome])).toEqual(
        silentResults.map(({ id }) => [id, 'failed']),
      );
      expect(silentResults.length).toBeGreaterThan(0);
    },
  );
});

describe('With an API key', () => {
  it('a stream on a thread that does not exist idles and then delivers', async () => {
    const server = await RestartableServer.start({ AUTH_API_KEYS: 'ann:secret' });
    await untilReady({ url: server.url, headers: { 'x-api-key': 'secret' } });
    const run = kit('--url', server.url, '--header', 'x-api-key: secret', '--case', 'framing/unknown-thread');
    const status = await run.ended;
    server.stop();
    expect([status, run.lines.filter((line) => line.startsWith('total'))]).toEqual([
      0,
      [expect.stringMatching(/^total +2 +0 +0$/)],
    ]);
  });
});
