import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Logger, type LoggerService } from '@nestjs/common';
import { ExecutionStream } from './support/execution-stream.js';
import { gate } from './support/gate.js';
import { type LogServer, startLogServer } from './support/log-server.js';
import { post, startRun } from './support/run-commands.js';
import { GATED } from './support/running-server.js';
import { TestSession } from './support/session-requests.js';
import { SessionStream } from './support/session-stream.js';
import { SocketReader } from './support/socket-reader.js';
import { SseReader } from './support/sse-reader.js';
import { isTerminal } from './support/thread-probe.js';

/** The header with which a reader of this test asks for a socket of its own that the test can break. */
const MARK = 'x-breakable';
const BUG = 'a bug that only this reader has';
const INPUT = { messages: [{ role: 'user', content: 'hello' }] };

/** Two readers of one thing: what breaks the first must not be seen by the second. */
interface Pair {
  readonly threadId: string;
  /** Makes events that both are to get. */
  readonly speak: () => Promise<unknown>;
  /** Waits until the first is told that it was cut. */
  readonly cut: () => Promise<unknown>;
  /** Waits until the second has got what was spoken. */
  readonly heard: () => Promise<unknown>;
  readonly close: () => void;
}

describe('a reader whose stream throws while it is live', () => {
  const sockets = new Map<string, Socket>();
  const logged: unknown[][] = [];
  let server: LogServer;

  beforeAll(async () => {
    server = await startLogServer({}, (app) => {
      const remember = ({ headers, socket }: IncomingMessage): void => {
        if (typeof headers[MARK] === 'string') sockets.set(headers[MARK], socket);
      };
      app.getHttpServer().prependListener('request', remember).prependListener('upgrade', remember);
    }, { config: GATED });
    const quiet = (): void => undefined;
    const logger: LoggerService = {
      log: quiet,
      warn: quiet,
      debug: quiet,
      error: (...given: unknown[]) => void logged.push(given),
    };
    Logger.overrideLogger(logger);
  });
  afterAll(async () => {
    Logger.overrideLogger(false);
    await server.close();
  });

  /** From now on the next write to that socket throws, as a bug in what makes its frames would. */
  const breakNextWrite = (name: string): void => {
    const socket = sockets.get(name) as Socket;
    const write = socket.write.bind(socket) as Socket['write'];
    socket.write = () => {
      socket.write = write;
      // `ws` holds writes back until it has made a whole frame.
      socket.uncork();
      throw new Error(BUG);
    };
  };

  const surfaces: Record<string, () => Promise<Pair>> = {
    'server-sent events of a thread': async () => {
      const threadId = 'sse';
      const body = { channels: ['lifecycle', 'values'] };
      const [broken, whole] = [
        await SseReader.open(server.url, threadId, body, { [MARK]: threadId }),
        await SseReader.open(server.url, threadId, body),
      ];
      return {
        threadId,
        speak: () => startRun(server.url, threadId, 'gated', INPUT),
        cut: () => expect(broken.until(() => false)).rejects.toThrow('the stream was cut'),
        heard: () =>
          whole.until(({ frames }) =>
            frames.some(({ data }) => data.includes('"event":"completed"') && data.includes('"namespace":[]')),
          ),
        close: () => whole.close(),
      };
    },
    'a WebSocket': async () => {
      const threadId = 'socket';
      const broken = await SocketReader.open(server.url, threadId, { headers: { [MARK]: threadId } });
      const whole = await SocketReader.open(server.url, threadId);
      for (const socket of [broken, whole]) await socket.subscribe(['lifecycle', 'values']);
      return {
        threadId,
        speak: () => startRun(server.url, threadId, 'gated', INPUT),
        // Half a frame may be out, so that a close frame can be of no use any more.
        cut: async () => expect([1006, 1012]).toContain((await broken.closed())[0]),
        heard: () => whole.untilEvent(isTerminal),
        close: () => whole.close(),
      };
    },
    'the stream of a session': async () => {
      const session = await TestSession.create(server.url, 'gated');
      const url = session.url('/events/stream', '/anthropic');
      const [broken, whole] = [await SessionStream.open(url, { [MARK]: session.id }), await SessionStream.open(url)];
      return {
        threadId: session.id.replace(/^sess_(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
        speak: () => session.send({ type: 'user.message', content: [{ type: 'text', text: 'hello' }] }),
        cut: () => broken.end(),
        heard: () => whole.untilType('session.status_idle'),
        close: () => whole.close(),
      };
    },
    'the stream of an execution': async () => {
      const answer = await post(`${server.url}/api/executions`, {
        patternName: 'gated',
        input: { ...INPUT, gate: 'execution' },
      });
      const { id, streamUrl } = (await answer.json()) as { id: string; streamUrl: string };
      await gate('execution').reached;
      const url = `${server.url}${streamUrl}`;
      const [broken, whole] = [await ExecutionStream.open(url, { [MARK]: id }), await ExecutionStream.open(url)];
      for (const stream of [broken, whole])
        await stream.until(({ frames }) => frames.some(({ event }) => event === 'connected'));
      const threadId = server.database.handle
        .prepare<[string], string>('SELECT thread_id FROM runs WHERE run_id = ?')
        .pluck()
        .get(id.replace('exec-', ''));
      return {
        threadId: threadId ?? id,
        speak: async () => gate('execution').open(),
        cut: () => expect(broken.until(() => false)).rejects.toThrow('the stream was cut'),
        heard: () => whole.until(({ frames }) => frames.some(({ event }) => event === 'thread_completed')),
        close: () => whole.close(),
      };
    },
  };

  it.each(Object.keys(surfaces))('is cut and logged with its ids, and everybody else goes on: %s', async (surface) => {
    const pair = await (surfaces[surface] as () => Promise<Pair>)();
    logged.length = 0;
    breakNextWrite([...sockets.keys()].at(-1) as string);
    await pair.speak();
    await Promise.all([pair.cut(), pair.heard()]);
    pair.close();
    const err = expect.objectContaining({ message: BUG }) as unknown;
    const fields = { thread_id: pair.threadId, stream_id: expect.stringMatching(/^req/) as unknown, err };
    expect(logged).toEqual([[fields, 'a stream is cut', 'Delivery']]);
    expect((await fetch(`${server.url}/ready`)).status).toBe(200);
  });
});
