import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { follow } from './follow.js';
import { SseSink } from './sse-sink.js';

const LIMIT = 100_000;

describe('SseSink', () => {
  let server: Server;
  let client: Socket;
  let response: ServerResponse;

  beforeEach(async () => {
    server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    response = (await once(server, 'request'))[1] as ServerResponse;
  });
  afterEach(async () => {
    client.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  /** Sends the headers; from then on the client has them and reads nothing more. */
  async function pauseAfterHeaders(): Promise<void> {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    await once(client, 'data');
    client.pause();
  }

  /** Fills the buffers of both sides until frames wait in the server and go nowhere. */
  async function fill(sink: SseSink): Promise<void> {
    for (let stuck = 0; stuck < 5; stuck += 1) {
      if (sink.room() > 0) stuck = 0;
      while (sink.room() > 0) sink.write(Buffer.alloc(65_536, 'x'));
      await new Promise(setImmediate);
    }
  }

  it('knows how much may still be written, and has room again once the reader reads on', async () => {
    const sink = new SseSink(response, LIMIT);
    await pauseAfterHeaders();
    expect(sink.room()).toBe(LIMIT);
    await fill(sink);
    expect(sink.room()).toBeLessThanOrEqual(0);
    let drained = false;
    const draining = sink.drained().then(() => (drained = true));
    await new Promise(setImmediate);
    expect(drained).toBe(false);
    client.resume();
    await draining;
    expect(sink.room()).toBeGreaterThan(LIMIT / 2);
  });

  it('writes chunks that HTTP clients put together, to readers that share them, and never one that ends the response', async () => {
    const sink = new SseSink(response, LIMIT);
    let received = '';
    client.setEncoding('utf8').on('data', (text: string) => (received += text));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    const shared = Buffer.from('data: \u00fc\n\n');
    sink.write(shared);
    sink.write(Buffer.alloc(0));
    sink.heartbeat();
    sink.write(shared);
    while (received.split('data:').length < 3) await once(client, 'data');
    const chunk = 'a\r\ndata: \u00fc\n\n\r\n';
    expect(received.slice(received.indexOf('\r\n\r\n') + 4)).toMatch(
      new RegExp(`^${chunk}(d\r\n: heartbeat\n\n\r\n)?${chunk}$`),
    );
  });

  it('resolves what waits for room when the reader goes', async () => {
    const sink = new SseSink(response, LIMIT);
    await pauseAfterHeaders();
    await fill(sink);
    const draining = sink.drained();
    client.destroy();
    await draining;
    expect(sink.closed).toBe(true);
    await sink.drained();
  });

  it('sends heartbeats while nothing waits, and none behind frames that do', async () => {
    const sink = new SseSink(response, LIMIT);
    await pauseAfterHeaders();
    sink.heartbeat();
    client.resume();
    const [text] = (await once(client, 'data')) as [Buffer];
    expect(text.toString()).toContain(': heartbeat\n\n');

    client.pause();
    await fill(sink);
    const waiting = response.writableLength;
    sink.heartbeat();
    expect(response.writableLength).toBe(waiting);
  });

  it('cuts without the closing chunk, so that no client takes it for an end', async () => {
    const sink = new SseSink(response, LIMIT);
    const received: Buffer[] = [];
    client.on('data', (data: Buffer) => received.push(data));
    response.writeHead(200);
    sink.write(Buffer.from('data: 1\n\n'));
    await once(client, 'data');
    sink.cut();
    await once(client, 'close');
    const text = Buffer.concat(received).toString();
    expect(text).toContain('data: 1\n\n');
    expect(text).not.toContain('0\r\n\r\n');
  });

  it('calls back when the reader goes, unless that was taken back', async () => {
    const sink = new SseSink(response, LIMIT);
    const called: string[] = [];
    sink.onClose(() => called.push('kept'));
    sink.onClose(() => called.push('taken back'))();
    const gone = once(response, 'close');
    client.destroy();
    await gone;
    expect([called, sink.closed]).toEqual([['kept'], true]);
    sink.heartbeat();
    sink.cut();
  });

  it('is closed from the start, and nothing follows, when the reader had gone before it was made', async () => {
    const gone = once(response, 'close');
    client.destroy();
    await gone;
    const sink = new SseSink(response, LIMIT);
    expect(sink.closed).toBe(true);
    const source = { head: () => 1, read: () => ({ chunk: null, through: 1 }), live: () => () => undefined };
    await follow(source, sink, 1);
  });
});
