import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A webhook as it came. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

/** A real HTTP server that keeps what it was sent, and answers each as the test says: 200 unless told otherwise. */
export class WebhookReceiver {
  readonly received: Received[] = [];
  /** Answers one; null never answers. */
  answer: ((received: Received, response: ServerResponse) => void) | null = (_, response) => response.end();
  private readonly listeners = new Set<() => void>();
  private readonly server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => {
      const body = JSON.parse(text) as Record<string, unknown>;
      const received = { path: request.url as string, headers: request.headers, text, body };
      this.received.push(received);
      this.answer?.(received, response);
      for (const listener of this.listeners) listener();
    });
  });

  static async start(port = 0): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver();
    receiver.server.listen(port, '127.0.0.1');
    await once(receiver.server, 'listening');
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  url(path = '/hook'): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /** The first `count`, when they have come. */
  async first(count: number): Promise<Received[]> {
    while (this.received.length < count) await new Promise<void>((resolve) => this.listeners.add(resolve));
    return this.received.slice(0, count);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
