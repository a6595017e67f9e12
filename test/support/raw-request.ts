import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';

/** An answer, read to its end or to where it was cut. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends a request with exactly these headers (`fetch` refuses some that a browser sends). */
export async function rawRequest(
  url: string, method: string, headers: Record<string, string> = {}, body?: string | Buffer,
): Promise<RawAnswer> {
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const sent = request(url, {
    method,
    headers: { ...length, ...headers },
    agent: false,
    setHost: !('host' in headers),
  });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(response, 'close');
  return { status: response.statusCode as number, headers: response.headers, body: Buffer.concat(chunks).toString() };
}

/** Sends an upgrade; the status of the answer is 101 when the socket was opened. */
export async function rawUpgrade(
  url: string, path: string, headers: Record<string, string> = {}, method = 'GET',
): Promise<RawAnswer> {
  const upgrade = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  const sent = request(`${url}${path}`, {
    method,
    headers: { ...upgrade, ...headers },
    agent: false,
    setHost: !('host' in headers),
  });
  sent.end();
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    sent.on('response', resolve).on('error', reject).on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response);
    });
  });
  const response = await answered;
  if (response.statusCode === 101) return { status: 101, headers: response.headers, body: '' };
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(response, 'close');
  return { status: response.statusCode as number, headers: response.headers, body: Buffer.concat(chunks).toString() };
}
