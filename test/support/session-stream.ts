import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';

/** What JSON says, of any shape. */
export type Parsed = ReturnType<typeof JSON.parse>;

/** An event of a session, as it came. */
export interface SessionFrame {
  readonly id: string | null;
  readonly event: string | null;
  readonly data: string;
}

/** Reads the server-sent events of a session over a socket of its own. */
export class SessionStream {
  readonly frames: SessionFrame[] = [];
  readonly comments: string[] = [];
  /** The bytes that came, as text. */
  text = '';
  isOver = false;
  private rest = '';
  private readonly waiting = new Set<() => void>();

  private constructor(private readonly response: IncomingMessage) {
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => this.tell(() => this.take(chunk)));
    response.on('error', () => undefined);
    response.on('close', () => this.tell(() => (this.isOver = true)));
  }

  /** Resolves with the headers. @throws with status and body for anything but 200 */
  static async open(url: string, headers: Record<string, string> = {}): Promise<SessionStream> {
    const sent = request(url, { agent: false, headers });
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    if (response.statusCode === 200) return new SessionStream(response);
    let body = '';
    for await (const chunk of response) body += String(chunk);
    throw new Error(`${response.statusCode} ${body}`);
  }

  get headers(): IncomingMessage['headers'] {
    return this.response.headers;
  }

  /** The events that have an id, read. */
  get events(): Record<string, Parsed>[] {
    return this.frames.filter(({ id }) => id !== null).map(({ data }) => JSON.parse(data) as Record<string, Parsed>);
  }

  get types(): string[] {
    return this.events.map(({ type }) => type as string);
  }

  /** Waits until `enough` holds. Fails when the stream ends before. */
  async until(enough: (stream: this) => boolean): Promise<this> {
    while (!enough(this)) {
      if (this.isOver) throw new Error(`the stream ended after ${this.frames.length} frames: ${this.types.join(' ')}`);
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
    return this;
  }

  /** Waits for the nth event of this type. */
  untilType(type: string, count = 1): Promise<this> {
    return this.until(({ types }) => types.filter((seen) => seen === type).length >= count);
  }

  /** Waits for the end of the response. */
  async end(): Promise<this> {
    while (!this.isOver) await new Promise<void>((resolve) => this.waiting.add(resolve));
    return this;
  }

  close(): void {
    this.response.destroy();
  }

  private take(chunk: string): void {
    this.text += chunk;
    const parts = (this.rest + chunk).split('\n\n');
    this.rest = parts.pop() as string;
    for (const part of parts) {
      if (part.startsWith(':')) this.comments.push(part);
      else this.frames.push({ id: field(part, 'id'), event: field(part, 'event'), data: field(part, 'data') ?? '' });
    }
  }

  private tell(change: () => unknown): void {
    change();
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }
}

function field(part: string, name: string): string | null {
  const line = part.split('\n').find((text) => text.startsWith(`${name}: `));
  return line === undefined ? null : line.slice(name.length + 2);
}
