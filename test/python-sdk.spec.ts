import { jest } from '@jest/globals';
import { join } from 'node:path';
import { PROJECT } from './built-program.js';
import { CuttingProxy } from './support/cutting-proxy.js';
import { gate } from './support/gate.js';
import { type Answer, pythonCases, PythonWorker } from './support/python-worker.js';
import { startRun } from './support/run-commands.js';
import { TestServer } from './support/running-server.js';
import { SseReader } from './support/sse-reader.js';

const CONFIG = join(PROJECT, 'test/fixtures/python/langgraph.json');
const SECOND_CONFIG = join(PROJECT, 'test/fixtures/python/second-server.json');
const HOUR_MS = 3_600_000;
/** Async and sync. */
const CLIENTS = 2;
/**
 * Python processes, which play one case after the other. Not several at once in one: the sync client closes sockets
 * under the threads that read from them, and another connection that gets the same descriptor keeps those waiting.
 */
const PROCESSES = 4;
/** Longer than any pause of a busy machine between the start of a run and its watcher, shorter than HOUR_MS. */
const WATCHER_GRACE_MS = 600_000;
const { cases, transports, missing } = pythonCases();
const runs = transports.flatMap((transport) => cases.map((name) => ({ transport, name })));

if (missing !== null) {
  console.warn(`The tests of the Python SDK cannot run: ${missing} (CONTRIBUTING.md, Tests).`);
  const required = process.env.REQUIRE_ALL_CLIENTS === '1';
  (required ? describe : describe.skip)(`the stock Python SDK (skipped: ${missing})`, () => {
    it('is installed', () => expect(missing).toBeNull());
  });
} else {
  describe('the stock Python SDK', () => {
    let server: TestServer;
    let withoutGrace: TestServer;
    let workers: PythonWorker[] = [];
    const agedThreads: string[] = [];
    const results = new Map<string, Promise<unknown>>();

    beforeAll(async () => {
      withoutGrace = await TestServer.start(SECOND_CONFIG, { WATCHER_GRACE_MS: 0 });
      server = await startWithOldThreads(agedThreads, CLIENTS * transports.length);
      workers = Array.from({ length: PROCESSES }, () => new PythonWorker());
      startAll();
    });

    afterAll(async () => {
      await Promise.all(workers.map((worker) => worker.close()));
      await server?.close();
      await withoutGrace?.close();
    });

    /** Gives every case to a process; what went wrong is told by the test of the case. */
    function startAll(): void {
      const lanes = workers.map((worker) => ({ worker, last: Promise.resolve() as Promise<unknown> }));
      runs.forEach(({ transport, name }, index) => {
        const lane = lanes[index % lanes.length] as (typeof lanes)[0];
        lane.last = lane.last.then(() => play(lane.worker, name, transport)).catch((error: unknown) => error);
        results.set(`${transport} ${name}`, lane.last);
      });
    }

    async function play(worker: PythonWorker, name: string, transport: string): Promise<void> {
      const needs = new Needs(server, withoutGrace, agedThreads);
      try {
        await worker.run({ case: name, url: server.url, transport }, needs.answers(`${transport} ${name}`));
      } finally {
        await needs.close();
      }
    }

    describe.each(transports)('over %s', (transport) => {
      it.each(cases)('%s', async (name) => {
        const error = await results.get(`${transport} ${name}`);
        if (error !== undefined) throw error as Error;
      });
    });
  });
}

/** What one case may ask of this test (`test/python/case.py`, Context.ask). */
class Needs {
  private proxy: CuttingProxy | null = null;

  constructor(
    private readonly server: TestServer,
    private readonly withoutGrace: TestServer,
    private readonly agedThreads: string[],
  ) {}

  answers(name: string): Record<string, Answer> {
    let gates = 0;
    return {
      /** The name of a new gate. */
      gate: () => `${name} ${++gates}`,
      /** Waits until a graph stands at the newest gate. */
      reached: () => gate(`${name} ${gates}`).reached,
      open: () => gate(`${name} ${gates}`).open(),
      /** The URL of a proxy before the server. */
      proxy: async () => (this.proxy = await CuttingProxy.start(this.server.url)).url,
      /** Resets all connections through it. */
      cut: () => this.proxy?.cut(),
      /** [server, thread with a finished run]: one run an hour ago, or just now where there is no grace. */
      history: async (about) => {
        if ((about as { aged: boolean }).aged) return [this.server.url, this.agedThreads.pop()];
        return [this.withoutGrace.url, await finishedThread(this.withoutGrace.url)];
      },
      /** The messages, custom events and values of a finished thread. */
      log: (threadId) => logOf(this.server.url, threadId as string),
    };
  }

  async close(): Promise<void> {
    await this.proxy?.close();
  }
}

/** A server whose clock stood an hour back while it made some threads with a finished run. */
async function startWithOldThreads(threads: string[], count: number): Promise<TestServer> {
  const now = Date.now;
  const clock = jest.spyOn(Date, 'now').mockImplementation(() => now() - HOUR_MS);
  const server = await TestServer.start(CONFIG, { WATCHER_GRACE_MS });
  for (let made = 0; made < count; made += 1) threads.push(await finishedThread(server.url));
  clock.mockRestore();
  return server;
}

async function finishedThread(url: string): Promise<string> {
  const threadId = crypto.randomUUID();
  await startRun(url, threadId, 'gated', { messages: [{ role: 'user', content: 'old' }], delayMs: 0 });
  await logOf(url, threadId);
  return threadId;
}

async function logOf(url: string, threadId: string): Promise<unknown[]> {
  const reader = await SseReader.open(url, threadId, {
    channels: ['messages', 'custom', 'values', 'lifecycle'],
    since: 0,
  });
  await reader.until(({ frames }) => frames.some(({ data }) => /"namespace":\[\],.*"event":"completed"/.test(data)));
  reader.close();
  return reader.frames.filter(({ event }) => event !== 'lifecycle').map(({ data }) => JSON.parse(data) as unknown);
}
