import WebSocket from 'ws';
import { Arrivals } from './arrivals.js';
import { Failure } from './conformance-case.js';
import type { ProtocolEvent } from './protocol-event.js';
import type { Answer } from './thread-client.js';

/** One WebSocket of a thread. */
export class EventSocket {
  /** Every frame, parsed, in order. */
  readonly messages: Record<string, unknown>[] = [];
  readonly arrivals = new Arrivals();
  closed: number | null = null;
  pongs: string[] = [];
  private commands = 0;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer, isBinary) => {
      this.messages.push(isBinary ? { binary: true } : (parse(data.toString()) as Record<string, unknown>));
      this.arrivals.changed();
    });
    socket.on('pong', (data) => {
      this.pongs.push(data.toString());
      this.arrivals.changed();
    });
    socket.on('close', (code) => {
      this.closed = code;
      this.arrivals.changed();
    });
  }

  static open(url: string, headers: Record<string, string>, limitMs = 8_000): Promise<EventSocket> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url.replace(/^http/, 'ws'), { headers, handshakeTimeout: limitMs });
      const open = new EventSocket(socket);
      socket.once('open', () => resolve(open));
      socket.on('error', (error) => reject(new Failure(`the upgrade was refused: ${error.message}`)));
    });
  }

  get events(): ProtocolEvent[] {
    return this.messages.filter(({ type }) => type === 'event') as unknown as ProtocolEvent[];
  }

  get answers(): Answer[] {
    return this.messages.filter(({ type }) => type === 'success' || type === 'error') as unknown as Answer[];
  }

  /** Sends a command and waits for its answer. */
  async command(method: string, params: Record<string, unknown> = {}, limitMs?: number): Promise<Answer> {
    return this.answerTo(this.post(method, params), method, limitMs);
  }

  /** Sends a command; returns its id. */
  post(method: string, params: Record<string, unknown> = {}): number {
    const id = (this.commands += 1);
    this.socket.send(JSON.stringify({ id, method, params }));
    return id;
  }

  answerTo(id: number | null, what: string, limitMs = 4_000): Promise<Answer> {
    return this.arrivals.until(() => this.answers.find((answer) => answer.id === id), `the answer to ${what}`, limitMs);
  }

  /** Subscribes; returns the id of the subscription. @throws unless it is answered with one */
  async subscribe(params: Record<string, unknown>): Promise<string> {
    const { type, result, message } = await this.command('subscription.subscribe', params);
    if (type !== 'success' || typeof result?.subscription_id !== 'string')
      throw new Failure(`subscribe was answered ${type}: ${message}`);
    return result.subscription_id;
  }

  /** Sends a subscription, then a `run.start`; returns the id of the subscription. @throws unless both are accepted */
  async run(filter: Record<string, unknown>, graph: string, input: unknown): Promise<string> {
    const subscribing = this.post('subscription.subscribe', filter);
    await this.start(graph, input);
    const { result, message } = await this.answerTo(subscribing, 'subscription.subscribe');
    if (typeof result?.subscription_id !== 'string') throw new Failure(`subscribe was refused: ${message}`);
    return result.subscription_id;
  }

  /** Sends `run.start`; returns the run's id. @throws unless it is accepted */
  async start(graph: string, input: unknown): Promise<string> {
    const { result, message } = await this.command('run.start', { assistant_id: graph, input });
    if (typeof result?.run_id !== 'string') throw new Failure(`run.start was refused: ${message}`);
    return result.run_id;
  }

  until(fits: (event: ProtocolEvent) => boolean, what: string, count = 1, limitMs?: number): Promise<ProtocolEvent> {
    return this.arrivals.until(() => {
      const found = this.events.filter(fits);
      if (found.length >= count) return found[count - 1];
      if (this.closed !== null) throw new Failure(`the socket was closed (${this.closed}) before ${what}`);
      return undefined;
    }, `${what} (${this.events.length} events came)`, limitMs);
  }

  async exactly(count: number): Promise<ProtocolEvent[]> {
    await this.arrivals
      .until(() => (this.events.length >= count ? true : undefined), `${count} events`, 5_000)
      .catch(() => undefined);
    await this.arrivals.quiet(count === 0 ? 500 : 250);
    return this.events;
  }

  close(): void {
    this.socket.on('error', () => undefined);
    this.socket.terminate();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { unparsed: text };
  }
}
