import { createHmac } from 'node:crypto';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { WebhookStorage } from '../src/storage/webhook-storage.js';
import { FakeClock } from './support/fake-clock.js';
import { FrameReader } from './support/frame-reader.js';
import { gate } from './support/gate.js';
import { type LogServer, startLogServer } from './support/log-server.js';
import { post } from './support/run-commands.js';
import { GATED } from './support/running-server.js';
import { type Client, SDK_VERSIONS } from './support/sdk-versions.js';
import { ServerHome } from './support/server-process.js';
import { type Received, WebhookReceiver } from './support/webhook-receiver.js';

const SECRET = 'whsec_c2VjcmV0LW9mLWEtdGVzdA==';
const LOCAL = { WEBHOOK_ALLOW_PRIVATE_ADDRESSES: true, WEBHOOK_RETRY_MS: 1 };
const input = { messages: [{ role: 'user', content: 'hello' }], delayMs: 0 };

const signatureOf = ({ headers, text }: Received, key: Buffer): string =>
  createHmac('sha256', key).update(`${headers['webhook-id'] as string}.${headers['webhook-timestamp'] as string}.${text}`)
    .digest('base64');

describe('webhooks', () => {
  let receiver: WebhookReceiver;
  let server: LogServer;
  let client: Client;

  const serve = async (...given: Parameters<typeof startLogServer>): Promise<void> => {
    const [settings, prepare] = given;
    server = await startLogServer({ ...LOCAL, ...settings }, prepare, { config: GATED });
    client = new SDK_VERSIONS[0]!.Client({ apiUrl: server.url, callerOptions: { maxRetries: 0 } });
  };
  const startRun = async (
    webhook = receiver.url(), fields: object = {},
  ): Promise<{ run_id: string; thread_id: string }> => {
    const { thread_id: threadId } = await client.threads.create();
    return client.runs.create(threadId, 'agent', { input, webhook, ...fields });
  };
  /** Resolves when nothing is left to be sent. */
  const settled = async (): Promise<void> => {
    const storage = server.app.get(WebhookStorage, { strict: false });
    if ((await storage.nextDueAt()) === null) return;
    const remove = storage.remove.bind(storage);
    await new Promise<void>((resolve) => {
      storage.remove = async (id) => {
        await remove(id);
        if ((await storage.nextDueAt()) === null) resolve();
      };
    });
  };

  beforeEach(async () => {
    receiver = await WebhookReceiver.start();
  });
  afterEach(async () => {
    await server?.close();
    await receiver.close();
  });

  describe.each(SDK_VERSIONS)('of SDK $version', ({ Client: Sdk }) => {
    it('tell the run with its status, its times and its values, once it has ended, signed', async () => {
      await serve({ WEBHOOK_SECRET: SECRET });
      client = new Sdk({ apiUrl: server.url });
      const run = await startRun(receiver.url('/hook?token=1'), { metadata: { team: 'red' } });
      const [told] = await receiver.first(1);
      const stored = await client.runs.get(run.thread_id, run.run_id);
      expect(stored.status).toBe('success');
      const { values } = await client.threads.getState(run.thread_id);
      expect(told).toMatchObject({ path: '/hook?token=1', headers: { 'content-type': 'application/json' } });
      expect(told!.body).toEqual({
        ...stored, values, error: null, run_started_at: expect.any(String), run_ended_at: stored.updated_at,
        webhook_sent_at: expect.any(String),
      });
      const times = ['created_at', 'run_started_at', 'run_ended_at', 'webhook_sent_at'].map((key) => told!.body[key]);
      expect([...times].sort()).toEqual(times);
      expect(Date.parse(told!.body.webhook_sent_at as string) / 1_000 - Number(told!.headers['webhook-timestamp']))
        .toBeLessThan(1);
      const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64');
      expect(told!.headers['webhook-signature']).toBe(`v1,${signatureOf(told!, key)}`);
      expect(told!.headers['webhook-id']).toMatch(/^msg_/);
      await settled();
      expect(receiver.received).toHaveLength(1);
    });

    it('tell runs of crons, also of those whose threads go', async () => {
      const clock = new FakeClock(Date.parse('2027-03-01T12:00:00Z'));
      await serve({}, clock.install);
      client = new Sdk({ apiUrl: server.url });
      const cron = await client.crons.create('agent', { schedule: '* * * * *', input, webhook: receiver.url() });
      await clock.advanceTo(clock.time + 60_000);
      const [told] = await receiver.first(1);
      expect(told!.body).toMatchObject({
        status: 'success', metadata: { cron_id: cron.cron_id }, values: { messages: expect.any(Array) },
      });
    });
  });

  it('tell a run that failed, with its error', async () => {
    await serve();
    await startRun(receiver.url(), { config: { recursion_limit: 1 } });
    const [told] = await receiver.first(1);
    expect(told!.body).toMatchObject({ status: 'error', error: { error: 'GraphRecursionError', message: expect.any(String) } });
    expect(told!.headers['webhook-signature']).toBeUndefined();
  });

  it('tell runs that were cancelled, be it while they waited or ran, and one that was rolled back', async () => {
    await serve();
    const { thread_id: threadId } = await client.threads.create();
    const webhook = receiver.url();
    const name = `webhook-${threadId}`;
    const held = await client.runs.create(threadId, 'gated', { input: { ...input, gate: name }, webhook });
    const waiting = await client.runs.create(threadId, 'gated', { input, webhook, multitaskStrategy: 'enqueue' });
    await gate(name).reached;
    await client.runs.cancel(threadId, waiting.run_id);
    await client.runs.cancel(threadId, held.run_id, false, 'rollback');
    const told = await receiver.first(2);
    expect(new Map(told.map(({ body }) => [body.run_id, [body.status, body.run_started_at === null]]))).toEqual(
      new Map([[held.run_id, ['interrupted', false]], [waiting.run_id, ['interrupted', true]]]),
    );
  });

  it('come from commands too', async () => {
    await serve();
    const { thread_id: threadId } = await client.threads.create();
    const params = { assistant_id: 'agent', input, webhook: receiver.url() };
    await post(`${server.url}/threads/${threadId}/commands`, { id: 1, method: 'run.start', params });
    expect((await receiver.first(1))[0]!.body).toMatchObject({ thread_id: threadId, status: 'success' });
  });

  it('are sent again, under the same id, until they are taken', async () => {
    await serve();
    const statuses = [500, 302, 404, 200];
    receiver.answer = (_, response) =>
      response.writeHead(statuses[receiver.received.length - 1] as number, { location: '/elsewhere' }).end();
    await startRun();
    const told = await receiver.first(4);
    await settled();
    expect(receiver.received).toHaveLength(4);
    expect(new Set(told.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(told.map(({ path }) => path))).toEqual(new Set(['/hook']));
  });

  it('wait longer before each attempt, and are given up after the last', async () => {
    const clock = new FakeClock(Date.now() + 60_000);
    await serve({ WEBHOOK_RETRY_MS: 1_000, WEBHOOK_RETRY_MAX_MS: 3_000, WEBHOOK_MAX_ATTEMPTS: 5 }, clock.install);
    receiver.answer = (_, response) => response.writeHead(503).end();
    const storage = server.app.get(WebhookStorage, { strict: false });
    const postpone = storage.postpone.bind(storage);
    const waits: number[] = [];
    storage.postpone = async (id, dueAt) => {
      waits.push(dueAt - clock.time);
      await postpone(id, dueAt);
      // Not before it has let go of the webhook, which looks what is due by itself.
      clock.time = dueAt;
    };
    await startRun();
    await receiver.first(1);
    await settled();
    expect(waits).toEqual([1_000, 2_000, 3_000, 3_000]);
    expect(receiver.received).toHaveLength(5);
  });

  it('are not sent again once the receiver says that it is gone', async () => {
    await serve();
    receiver.answer = (_, response) => response.writeHead(410).end();
    await startRun();
    await receiver.first(1);
    await settled();
    expect(receiver.received).toHaveLength(1);
  });

  it('do not wait for a receiver that never answers', async () => {
    await serve({ WEBHOOK_TIMEOUT_MS: 50, WEBHOOK_MAX_ATTEMPTS: 2 });
    receiver.answer = null;
    await startRun();
    await receiver.first(2);
    await settled();
  });

  it('are sent a few at once', async () => {
    await serve({ MAX_CONCURRENT_WEBHOOKS: 2 });
    const open: (() => void)[] = [];
    let most = 0;
    let now = 0;
    receiver.answer = (_, response) => {
      most = Math.max(most, (now += 1));
      open.push(() => ((now -= 1), response.end()));
    };
    const { thread_id: threadId } = await client.threads.create();
    for (let index = 0; index < 5; index += 1)
      await client.runs.create(threadId, 'agent', { input, webhook: receiver.url(), multitaskStrategy: 'enqueue' });
    for (let count = 1; count <= 5; count += 1) {
      await receiver.first(count);
      open.shift()?.();
    }
    await settled();
    expect(most).toBeLessThanOrEqual(2);
  });

  describe('go nowhere else', () => {
    const refused = [
      'http://127.0.0.1:1/', 'http://2130706433/', 'http://0x7f.1/', 'http://[::1]/', 'http://[::ffff:10.0.0.1]/',
      'http://169.254.169.254/latest/meta-data', 'http://10.1.2.3/', 'https://192.168.0.1/', 'http://[fd00::1]/',
      'http://[fe80::1]/', 'http://[64:ff9b::7f00:1]/', 'http://0.0.0.0/', 'http://100.64.0.1/',
      'ftp://example.com/', 'file:///etc/passwd', 'https://user:password@example.com/', 'example.com', '/hook',
      `https://example.com/${'x'.repeat(3_000)}`,
    ];
    it.each(refused)('than to public addresses: %s is refused when the run is made', async (webhook) => {
      await serve({ WEBHOOK_ALLOW_PRIVATE_ADDRESSES: false });
      const { thread_id: threadId } = await client.threads.create();
      const response = await post(`${server.url}/threads/${threadId}/runs`, { assistant_id: 'agent', input, webhook });
      expect([response.status, await response.json()]).toMatchObject([422, { detail: [{ loc: ['body', 'webhook'] }] }]);
      const cron = await post(`${server.url}/runs/crons`, { assistant_id: 'agent', schedule: '@daily', webhook });
      expect(cron.status).toBe(422);
      const command = await post(`${server.url}/threads/${threadId}/commands`, {
        id: 1, method: 'run.start', params: { assistant_id: 'agent', input, webhook },
      });
      expect(await command.json()).toMatchObject({ type: 'error', error: 'invalid_argument' });
      expect(await client.runs.list(threadId)).toEqual([]);
    });

    it('when a name leads to a private address: no connection is made', async () => {
      await serve({ WEBHOOK_ALLOW_PRIVATE_ADDRESSES: false });
      const sockets: unknown[] = [];
      const listener = createServer((socket) => sockets.push(socket));
      listener.listen(0, '127.0.0.1');
      await once(listener, 'listening');
      const { port } = listener.address() as AddressInfo;
      const { thread_id: threadId } = await startRun(`http://localhost:${port}/`);
      await FrameReader.read(server.url, threadId, (frames) =>
        frames.some(({ method, data, namespace }) =>
          method === 'lifecycle' && namespace.length === 0 && data.event === 'completed'));
      await settled();
      expect(sockets).toEqual([]);
      listener.close();
    });

    it('when what ends a run is cut off: the run ends all the same', async () => {
      await serve({ WEBHOOK_MAX_ATTEMPTS: 1 });
      receiver.answer = (_, response) => void response.destroy();
      const { thread_id: threadId, run_id: runId } = await startRun();
      await receiver.first(1);
      await settled();
      expect(await client.runs.get(threadId, runId)).toMatchObject({ status: 'success' });
    });
  });

  it('are not lost with the process: what was not taken is sent after the next start', async () => {
    const home = new ServerHome('test/fixtures/crash-graphs/langgraph.json', {
      WEBHOOK_ALLOW_PRIVATE_ADDRESSES: 'true', WEBHOOK_TIMEOUT_MS: '1000',
    });
    try {
      receiver.answer = null;
      let one = await home.start();
      const { thread_id: threadId } = (await (await post(`${one.url}/threads`, {})).json()) as { thread_id: string };
      const path = join(home.folder, 'gate');
      writeFileSync(path, '');
      const body = { assistant_id: 'gated', input: { gate: path }, webhook: receiver.url() };
      const run = (await (await post(`${one.url}/threads/${threadId}/runs`, body)).json()) as { run_id: string };
      const [lost] = await receiver.first(1);
      await one.kill();
      const seen = receiver.received.length;
      receiver.answer = (_, response) => response.end();
      one = await home.start();
      const told = (await receiver.first(seen + 1)).at(-1);
      expect(told!.body).toMatchObject({ run_id: run.run_id, status: 'success', values: { done: true } });
      expect(told!.headers['webhook-id']).toBe(lost!.headers['webhook-id']);
      // It may have been sent before the server said that it is ready.
      if (!one.program.lines.some((line) => line.includes('webhook sent'))) await one.program.line('webhook sent');
    } finally {
      await home.dispose();
    }
  });
});
