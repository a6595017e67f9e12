import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PROJECT } from './built-program.js';
import { TestServer } from './support/running-server.js';
import { DESK, TestSession } from './support/session-requests.js';

const PYTHON = join(PROJECT, '.venv/bin/python');
const hasSdk = spawnSync(PYTHON, ['-c', 'import anthropic, httpx']).status === 0;
const run = promisify(execFile);

if (!hasSdk && process.env['REQUIRE_ALL_CLIENTS'] !== '1') {
  console.warn(
    'The tests of the Anthropic SDK for Python are skipped: .venv has no package anthropic (test/python/requirements.txt).',
  );
}

(hasSdk || process.env['REQUIRE_ALL_CLIENTS'] === '1' ? describe : describe.skip)('clients in Python', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start(DESK);
  });
  afterAll(() => server.close());

  async function linesOf(name: string, session = ''): Promise<string[]> {
    const { stdout } = await run(PYTHON, [join(PROJECT, 'test/python/sessions.py'), name, server.url, session]);
    return stdout.trim().split('\n');
  }

  it('the sample with the SDK reads a session to the end of its turn', async () => {
    const { id } = await TestSession.create(server.url, 'desk', 'hello');
    expect(await linesOf('sdk', id)).toEqual(['Heard: hello', '[done: end_turn]']);
  });

  it('the sample that reads lines gets every event', async () => {
    const session = await TestSession.create(server.url, 'desk', 'hello');
    const lines = await linesOf('httpx', session.id);
    expect(lines).toEqual((await session.story()).map(({ type }) => type as string));
  });

  it('the SDK plays two turns on live streams and pages through what happened', async () => {
    expect(await linesOf('live')).toEqual([
      'Heard: one',
      'end_turn',
      'Heard: two',
      'end_turn',
      '16 events, 16 ids',
      'not_found_error',
    ]);
  });
});
