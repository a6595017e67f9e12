import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { randomUUID } from 'node:crypto';
import { SocketReader } from '../support/socket-reader.js';
import { SseReader } from '../support/sse-reader.js';
import { TestServer } from '../support/running-server.js';
import { isTerminal, type ThreadEvent } from '../support/thread-probe.js';

const HEAD = 'POST /threads HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';

describe('REQUEST_TIMEOUT_MS', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start(undefined, { REQUEST_TIMEOUT_MS: 300 });
  });
  afterAll(() => server.close());

  /** Sends the beginning of a request, and waits for the server to end the connection. */
  const abandoned = async (beginning: string): Promise<string> => {
    const { hostname, port } = new URL(server.url);
    const socket: Socket = connect(Number(port), hostname);
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text)).on('error', () => undefined);
    socket.write(beginning);
    await once(socket, 'close');
    return answer;
  };

  it.each([
    ['a body that stops', `${HEAD}content-length: 1000\r\n\r\n{"metadata":`],
    ['a body in chunks that stops', `${HEAD}transfer-encoding: chunked\r\n\r\n5\r\n{"met\r\n`],
    ['headers that stop', 'POST /threads HTTP/1.1\r\nhost: localhost\r\n'],
    ['a request line that stops', 'POST /thr'],
  ])('ends %s, with 408', async (_what, beginning) => {
    const answer = await abandoned(beginning);
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(answer).toContain('x-content-type-options: nosniff');
    expect(JSON.parse(answer.split('\r\n\r\n')[1] as string)).toMatchObject({
      message: expect.stringContaining('REQUEST_TIMEOUT_MS'),
      error: 'request_timeout',
    });
  });

  it('ends any number of them', async () => {
    const answers = await Promise.all(
      Array.from({ length: 150 }, () => abandoned(`${HEAD}content-length: 1000\r\n\r\n{`)),
    );
    expect(answers.every((answer) => answer.startsWith('HTTP/1.1 408'))).toBe(true);
  });

  it('ends no stream, no socket and no answer that takes its time', async () => {
    const threadId = randomUUID();
    const stream = await SseReader.open(server.url, threadId, { channels: ['lifecycle'] });
    const socket = await SocketReader.open(server.url, threadId);
    await socket.subscribe(['lifecycle']);
    // What is answered 408 tells that the limit has passed for everybody.
    for (let times = 0; times < 3; times += 1) await abandoned('POST /thr');
    const input = { messages: [{ role: 'user', content: 'hello' }], delayMs: 0 };
    await socket.command('run.start', { assistant_id: 'agent', input });
    await socket.untilEvent(isTerminal);
    await stream.until(({ frames }) => frames.some(({ data }) => isTerminal(JSON.parse(data) as ThreadEvent)));
    stream.close();
    socket.close();
  });
});
