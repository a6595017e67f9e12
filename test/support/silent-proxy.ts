import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that is right in all but one thing: a stream that is opened without `since` says nothing, ever. */
export class SilentProxy {
  private constructor(private readonly server: Server) {}

  static async start(target: string): Promise<SilentProxy> {
    const server = createServer((incoming, response) => void forward(target, incoming, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new SilentProxy(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

async function forward(target: string, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const part of incoming.setEncoding('utf8')) body += String(part);
  const isSilent = /\/stream(\/events)?$/.test(incoming.url ?? '') && !/"since/.test(body);
  const { method, headers } = incoming;
  const upstream = request(`${target}${incoming.url}`, { method, headers, agent: false }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers).flushHeaders();
    if (isSilent) answer.resume();
    else answer.pipe(response);
    answer.on('error', () => response.destroy());
  });
  upstream.on('error', () => response.destroy());
  response.on('close', () => upstream.destroy());
  upstream.end(body);
}
