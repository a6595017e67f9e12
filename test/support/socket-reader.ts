import { once } from 'node:events';
import WebSocket from 'ws';
import type { ThreadEvent } from './thread-probe.js';

/** An answer to a command, as it came. */
export interface SocketAnswer {
  readonly type: 'success' | 'error';
  readonly id: number | null;
  readonly result: Record<string, unknown>;
  readonly error?: string;
  readonly message?: string;
  readonly meta: { readonly thread_id: string; readonly applied_through_seq: number };
}

/** One WebSocket of a test. It waits for what it is asked to wait for, however long it takes. */
export class SocketReader {
  readonly messages: (ThreadEvent | SocketAnswer)[] = [];
  readonly pongs: string[] = [];
  pings = 0;
  /** The close code and reason, once it is closed. */
  end: [number, string] | null = null;
  private commands = 0;
  private readonly waiting = new Set<() => void>();

  constructor(
    url: string,
    threadId: string,
    { headers = {}, path = 'stream/events' }: { headers?: Record<string, string>; path?: string } = {},
  ) {
    this.socket = new WebSocket(`${url.replace(/^http/, 'ws')}/threads/${threadId}/${path}`, { headers });
    this.socket.on('message', (data: Buffer, isBinary) =>
      this.tell(() => {
        if (isBinary) throw new Error('a binary frame came');
        this.messages.push(JSON.parse(data.toString()) as ThreadEvent | SocketAnswer);
      }),
    );
    this.socket.on('ping', () => this.tell(() => (this.pings += 1)));
    this.socket.on('pong', (data) => this.tell(() => this.pongs.push(data.toString())));
    this.socket.on('error', () => undefined);
    this.socket.on('close', (code, reason) => this.tell(() => (this.end = [code, reason.toString()])));
  }

  readonly socket: WebSocket;

  static async open(...given: ConstructorParameters<typeof SocketReader>): Promise<SocketReader> {
    const reader = new SocketReader(...given);
    await once(reader.socket, 'open');
    return reader;
  }

  get events(): ThreadEvent[] {
    return this.messages.filter((message) => !isAnswer(message)) as ThreadEvent[];
  }

  get answers(): SocketAnswer[] {
    return this.messages.filter(isAnswer);
  }

  /** Sends a command without waiting; returns its id. */
  post(method: string, params: Record<string, unknown> = {}): number {
    this.commands += 1;
    this.socket.send(JSON.stringify({ id: this.commands, method, params }));
    return this.commands;
  }

  command(method: string, params: Record<string, unknown> = {}): Promise<SocketAnswer> {
    return this.answerTo(this.post(method, params));
  }

  async answerTo(id: number | null): Promise<SocketAnswer> {
    await this.until(({ answers }) => answers.some((answer) => answer.id === id));
    return this.answers.find((answer) => answer.id === id) as SocketAnswer;
  }

  /** Subscribes; returns the subscription's id. */
  async subscribe(channels: string[], more: Record<string, unknown> = {}): Promise<string> {
    const { type, result, message } = await this.command('subscription.subscribe', { channels, ...more });
    if (type !== 'success') throw new Error(`subscribe was refused: ${message}`);
    return result.subscription_id as string;
  }

  /** Waits until `enough` holds. Fails when the socket closes before. */
  async until(enough: (reader: this) => boolean): Promise<this> {
    while (!enough(this)) {
      if (this.end)
        throw new Error(`the socket was closed (${this.end.join(' ')}) after ${this.messages.length} messages`);
      await this.next();
    }
    return this;
  }

  /** Waits for so many events that fit; returns the last of them. */
  async untilEvent(fits: (event: ThreadEvent) => boolean, count = 1): Promise<ThreadEvent> {
    await this.until(({ events }) => events.filter(fits).length >= count);
    return this.events.filter(fits)[count - 1] as ThreadEvent;
  }

  /** The code and reason with which it is closed. */
  async closed(): Promise<[number, string]> {
    while (!this.end) await this.next();
    return this.end;
  }

  /** Everything that the server has sent by now has come: answers and events leave it in one order. */
  async settled(): Promise<this> {
    await this.command('no.such.command');
    return this;
  }

  close(): void {
    this.socket.terminate();
  }

  private next(): Promise<void> {
    return new Promise((resolve) => this.waiting.add(resolve));
  }

  private tell(change: () => unknown): void {
    change();
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }
}

function isAnswer(message: ThreadEvent | SocketAnswer): message is SocketAnswer {
  return 'type' in message && (message.type === 'success' || message.type === 'error');
}
