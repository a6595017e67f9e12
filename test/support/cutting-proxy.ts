import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A TCP proxy between a client and a server that can take the network away: `cut` resets every connection at once, and
 * after `hold` new ones are accepted but reach the server only with `release`.
 */
export class CuttingProxy {
  private readonly sockets = new Set<Socket>();
  private readonly clients = new Set<Socket>();
  private waiting: (() => void)[] | null = null;
  private constructor(private readonly server: Server, private readonly target: { host: string; port: number }) {
    server.on('connection', (socket) => this.accept(socket));
  }

  /** @param targetUrl what to forward to, as `http://host:port` */
  static async start(targetUrl: string): Promise<CuttingProxy> {
    const { hostname, port } = new URL(targetUrl);
    const server = createServer();
    const proxy = new CuttingProxy(server, { host: hostname, port: Number(port) });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Resets every connection. Returns how many clients lost theirs. */
  cut(): number {
    const lost = this.clients.size;
    for (const socket of this.sockets) {
      // One that has begun to end cannot be reset: its handle would stay, and the process would spin when it exits.
      if (socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
    return lost;
  }

  hold(): void {
    this.waiting ??= [];
  }

  release(): void {
    const waiting = this.waiting ?? [];
    this.waiting = null;
    for (const forward of waiting) forward();
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.cut();
    await closed;
  }

  private accept(client: Socket): void {
    this.track(client);
    this.clients.add(client);
    client.once('close', () => this.clients.delete(client));
    if (this.waiting) this.waiting.push(() => this.forward(client));
    else this.forward(client);
  }

  private forward(client: Socket): void {
    if (client.destroyed) return;
    const upstream = connect(this.target);
    this.track(upstream);
    client.pipe(upstream).pipe(client);
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.destroy());
  }

  private track(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.sockets.delete(socket));
  }
}
