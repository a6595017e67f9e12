import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Settings } from '../src/config/settings.js';
import { PROJECT } from './built-program.js';
import { TestServer } from './support/running-server.js';
import { SocketReader } from './support/socket-reader.js';

let folder: string;
let server: TestServer;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'threadlog-headers-'));
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function serve(configurableHeaders?: object, settings: Partial<Settings> = {}): Promise<void> {
  const path = join(folder, 'langgraph.json');
  const graphs = { heard: join(PROJECT, 'test/fixtures/header-graphs/heard.mjs:graph') };
  const http = configurableHeaders && { configurable_headers: configurableHeaders };
  await writeFile(path, JSON.stringify({ graphs, ...(http ? { http } : {}) }));
  server = await TestServer.start(path, settings);
}

const CREDENTIALS = {
  authorization: 'Bearer secret',
  'proxy-authorization': 'Basic secret',
  cookie: 'session=secret',
  'x-api-key': 'secret',
  'x-auth-token': 'secret',
  'x-auth-scheme': 'secret',
  'x-service-key': 'secret',
  'x-tenant-id': 'secret',
  'x-forwarded-for': '10.1.2.3',
  'x-forwarded-user': 'secret',
  'x-real-ip': '10.1.2.3',
};
const SENT = { ...CREDENTIALS, 'X-User-Id': 'ada', 'x-team': 'red', 'user-agent': 'tester', accept: 'x/y' };

type Heard = Record<string, string>;

const post = (path: string, body: object, headers: object = SENT): Promise<Response> =>
  fetch(`${server.url}${path}`, {
    method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body),
  });

const body = (configurable?: object): object => ({
  assistant_id: 'heard', input: { input: 1 }, ...(configurable ? { config: { configurable } } : {}),
});

/** What a graph hears, without what the server says itself. */
function heardOf({ configurable }: { configurable: Heard }): Heard {
  const own = /^(?:run_id|thread_id|graph_id|assistant_id|checkpoint_.*|langgraph_.*|__pregel_.*)$/;
  return Object.fromEntries(Object.entries(configurable).filter(([key]) => !own.test(key)));
}

async function wait(path: string, configurable?: object, headers: object = SENT): Promise<Heard> {
  const response = await post(path, body(configurable), headers);
  return heardOf((await response.json()) as { configurable: Heard });
}

/** The same of a run that a command has started. */
async function afterCommand(threadId: string, runId: string): Promise<Heard> {
  const joined = await fetch(`${server.url}/threads/${threadId}/runs/${runId}/join`);
  return heardOf((await joined.json()) as { configurable: Heard });
}

describe('the headers of requests', () => {
  it('that begin with x- reach the graph over REST, on a thread and without one; credentials never do', async () => {
    await serve();
    const { thread_id: threadId } = (await (await post('/threads', {})).json()) as { thread_id: string };
    for (const path of [`/threads/${threadId}/runs/wait`, '/runs/wait'])
      expect(await wait(path)).toEqual({ 'x-user-id': 'ada', 'x-team': 'red' });
    const created = (await (await post(`/threads/${threadId}/runs`, body())).json()) as { run_id: string };
    expect(await afterCommand(threadId, created.run_id)).toEqual({ 'x-user-id': 'ada', 'x-team': 'red' });
    const [batched] = (await (await post('/runs/batch', [{ ...body(), on_completion: 'keep' }])).json()) as [
      { run_id: string; thread_id: string },
    ];
    expect(await afterCommand(batched.thread_id, batched.run_id)).toEqual({ 'x-user-id': 'ada', 'x-team': 'red' });
  });

  it('reach the graph with run.start, input.inject and state.fork over HTTP', async () => {
    await serve();
    const threadId = randomUUID();
    const command = async (method: string, params: object): Promise<Heard> => {
      const answer = await post(`/threads/${threadId}/commands`, { id: 1, method, params });
      const { result } = (await answer.json()) as { result: { run_id: string } };
      return afterCommand(threadId, result.run_id);
    };
    expect(await command('run.start', body())).toEqual({ 'x-user-id': 'ada', 'x-team': 'red' });
    const state = await (await fetch(`${server.url}/threads/${threadId}/state`)).json();
    const { checkpoint_id: checkpointId } = (state as { checkpoint: { checkpoint_id: string } }).checkpoint;
    expect(await command('state.fork', { checkpoint_id: checkpointId, input: { input: 2 } })).toEqual({
      'x-user-id': 'ada', 'x-team': 'red',
    });
  });

  it('of the upgrade reach the graph with the runs of a WebSocket', async () => {
    await serve();
    const threadId = randomUUID();
    const socket = await SocketReader.open(server.url, threadId, { headers: SENT });
    const { result } = await socket.command('run.start', body() as Record<string, unknown>);
    expect(await afterCommand(threadId, result.run_id as string)).toEqual({ 'x-user-id': 'ada', 'x-team': 'red' });
    socket.close();
  });

  it('count less than what the body says', async () => {
    await serve();
    expect(await wait('/runs/wait', { 'x-team': 'blue', tone: 'warm' })).toEqual({
      'x-user-id': 'ada', 'x-team': 'blue', tone: 'warm',
    });
  });

  it.each([
    [{ includes: ['x-user-*', 'User-Agent'] }, { 'x-user-id': 'ada', 'user-agent': 'tester' }],
    [{ include: ['x-team'] }, { 'x-team': 'red' }],
    [{ excludes: ['x-te*'] }, { 'x-user-id': 'ada' }],
    [{ includes: ['x-*', 'user-agent'], excludes: ['x-*'] }, { 'user-agent': 'tester' }],
    [{ includes: [] }, {}],
  ])('are those that langgraph.json names: %j', async (section, expected) => {
    await serve(section);
    expect(await wait('/runs/wait')).toEqual(expected);
  });

  it('that are credentials, or name what is the server’s to say, are never copied, whatever is included', async () => {
    await serve({ includes: ['*', ...Object.keys(CREDENTIALS)] });
    const heard = await wait('/runs/wait', undefined, { ...SENT, langgraph_auth_user_id: 'eve', checkpoint_id: 'c' });
    expect(heard).toMatchObject({ 'x-user-id': 'ada', 'user-agent': 'tester', accept: 'x/y' });
    for (const name of Object.keys(CREDENTIALS)) expect(heard).not.toHaveProperty(name);
    expect(JSON.stringify(heard)).not.toMatch(/secret|10\.1\.2\.3|eve/);
  });

  it('are refused beyond MAX_CONFIGURABLE_HEADER_BYTES, over every surface, and nothing is run', async () => {
    await serve(undefined, { MAX_CONFIGURABLE_HEADER_BYTES: 20 });
    const threadId = randomUUID();
    const large = { 'x-large': 'x'.repeat(14) };
    expect(await wait('/runs/wait', undefined, { 'x-large': 'x'.repeat(13) })).toEqual({ 'x-large': 'x'.repeat(13) });
    const refused = await post('/runs/wait', body(), large);
    expect([refused.status, await refused.text()]).toEqual([
      422, expect.stringContaining('MAX_CONFIGURABLE_HEADER_BYTES'),
    ]);
    const expected = { type: 'error', error: 'invalid_argument' };
    const command = await post(`/threads/${threadId}/commands`, { id: 1, method: 'run.start', params: body() }, large);
    expect(await command.json()).toMatchObject(expected);
    const socket = await SocketReader.open(server.url, threadId, { headers: large });
    expect(await socket.command('run.start', body() as Record<string, unknown>)).toMatchObject(expected);
    socket.close();
    expect((await fetch(`${server.url}/threads/${threadId}`)).status).toBe(404);
  });
});
