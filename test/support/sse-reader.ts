import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';

/** One server-sent event, as it came. */
export interface SseFrame {
  event: string;
  data: string;
  id: number;
}

/** How a stream can end: `cut` is a socket that closed before the closing chunk, which clients take for a failure. */
export type SseEnd = 'ended' | 'cut';

const FRAME = /^event: (\S+)\ndata: (\{[^\r\n]*\})\nid: (\d+)$/;

/**
 * Reads one stream of `POST /threads/:id/stream/events` over a socket of its own. It takes nothing but frames of
 * exactly the three lines that are promised, and comments; anything else fails the test.
 */
export class SseReader {
  readonly frames: SseFrame[] = [];
  readonly comments: string[] = [];
  end: SseEnd | null = null;
  private rest = '';
  private failure: Error | null = null;
  private readonly waiting = new Set<() => void>();

  private constructor(private readonly response: IncomingMessage) {
    response.setEncoding('utf8');
    response.on('data', (text: string) => this.take(text));
    response.on('end', () => this.tell(() => (this.end = 'ended')));
    response.on('error', () => this.tell(() => (this.end ??= 'cut')));
    response.on('close', () => this.tell(() => (this.end ??= 'cut')));
  }

  /** Resolves with the headers, whether or not there is an event. @throws for any other status than 200 */
  static async open(
    url: string, threadId: string, body: Record<string, unknown>, headers: Record<string, string> = {},
  ): Promise<SseReader> {
    const sent = request(`${url}/threads/${encodeURIComponent(threadId)}/stream/events`, {
      method: 'POST', agent: false, headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
    });
    sent.end(JSON.stringify(body));
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    if (response.statusCode !== 200) throw new Error(`the stream was answered with ${response.statusCode}`);
    return new SseReader(response);
  }

  get headers(): IncomingHttpHeaders {
    return this.response.headers;
  }

  get ids(): number[] {
    return this.frames.map(({ id }) => id);
  }

  /** Waits until `enough` holds. Fails when the stream ends before. */
  async until(enough: (reader: this) => boolean): Promise<this> {
    for (;;) {
      if (this.failure) throw this.failure;
      if (enough(this)) return this;
      if (this.end) throw new Error(`the stream was ${this.end} after ${this.frames.length} frames`);
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }

  /** Waits for the event with this seq. */
  untilSeq(seq: number): Promise<this> {
    return this.until(({ frames }) => (frames.at(-1)?.id ?? 0) >= seq);
  }

  /** Reads nothing more from the socket until `resume`. */
  pause(): void {
    this.response.pause();
  }

  resume(): void {
    this.response.resume();
  }

  close(): void {
    this.response.destroy();
  }

  private take(text: string): void {
    const parts = (this.rest + text).split('\n\n');
    this.rest = parts.pop() as string;
    this.tell(() => parts.forEach((part) => this.takePart(part)));
  }

  private takePart(part: string): void {
    if (part.startsWith(':')) return void this.comments.push(part);
    const [, event, data, id] = FRAME.exec(part) ?? [];
    if (event === undefined || data === undefined) this.failure ??= new Error(`no frame: ${JSON.stringify(part.slice(0, 500))}`);
    else this.frames.push({ event, data, id: Number(id) });
  }

  private tell(change: () => unknown): void {
    change();
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }
}
