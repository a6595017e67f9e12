import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { Arrivals } from './arrivals.js';
import { Failure } from './conformance-case.js';
import type { ProtocolEvent } from './protocol-event.js';

/** One dispatched server-sent event (WHATWG HTML, 9.2.6). */
export interface SseFrame {
  readonly event: string;
  readonly data: string;
  readonly dataLines: number;
  readonly id: string;
}

/** An open stream of server-sent events, read as the standard says. */
export class EventStream {
  readonly frames: SseFrame[] = [];
  readonly events: ProtocolEvent[] = [];
  comments = 0;
  /** `ended` by the server in order, or `cut`. */
  end: 'ended' | 'cut' | null = null;
  readonly arrivals = new Arrivals();
  private rest = '';
  private fields = { event: '', data: [] as string[], id: '' };

  private constructor(private readonly sent: ClientRequest, readonly response: IncomingMessage) {
    response.setEncoding('utf8');
    response.on('data', (text: string) => this.read(text));
    const over = (how: 'ended' | 'cut') => (): void => {
      this.end ??= how;
      this.arrivals.changed();
    };
    response.on('end', over('ended'));
    response.on('error', over('cut'));
    response.on('close', over('cut'));
  }

  /** Posts the request; resolves with the headers whatever the status is. */
  static open(url: string, body: unknown, headers: Record<string, string>, limitMs = 8_000): Promise<EventStream> {
    return new Promise((resolve, reject) => {
      const sent = request(url, {
        method: 'POST',
        agent: false,
        headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
      });
      const limit = setTimeout(() => sent.destroy(new Failure(`no response headers within ${limitMs} ms`)), limitMs);
      sent.once('response', (response) => {
        clearTimeout(limit);
        resolve(new EventStream(sent, response));
      });
      sent.on('error', (error) => {
        clearTimeout(limit);
        reject(error);
      });
      sent.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  }

  get status(): number {
    return this.response.statusCode ?? 0;
  }

  /** Waits for the event; fails as well when the stream ends before it. */
  until(fits: (event: ProtocolEvent) => boolean, what: string, limitMs?: number): Promise<ProtocolEvent> {
    return this.untilCount(fits, 1, what, limitMs);
  }

  /** Waits for that many events that fit; returns the last of them. */
  untilCount(fits: (event: ProtocolEvent) => boolean, count: number, what: string, limitMs?: number): Promise<ProtocolEvent> {
    return this.arrivals.until(() => {
      const found = this.events.filter(fits);
      if (found.length >= count) return found[count - 1];
      if (this.end) throw new Failure(`the stream was ${this.end} before ${what}`);
      return undefined;
    }, `${what} (${this.events.length} events came)`, limitMs);
  }

  /** Waits until as many events are there, and then for those that must not come. */
  async exactly(count: number): Promise<readonly ProtocolEvent[]> {
    await this.arrivals.until(() => (this.events.length >= count ? true : undefined), `${count} events`, 5_000).catch(() => undefined);
    await this.arrivals.quiet(count === 0 ? 500 : 250);
    return this.events;
  }

  pause(): void {
    this.response.pause();
  }

  resume(): void {
    this.response.resume();
  }

  close(): void {
    this.sent.on('error', () => undefined);
    this.sent.destroy();
  }

  private read(text: string): void {
    // A CR at the end may be half of a CRLF.
    const all = this.rest + text;
    const whole = all.endsWith('\r') ? all.slice(0, -1) : all;
    const lines = whole.split(/\r\n|\n|\r/);
    this.rest = `${lines.pop() ?? ''}${all.slice(whole.length)}`;
    for (const line of lines) this.readLine(line);
    this.arrivals.changed();
  }

  private readLine(line: string): void {
    if (line === '') return this.dispatch();
    if (line.startsWith(':')) return void (this.comments += 1);
    const [, field, value] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'data') this.fields.data.push(value ?? '');
    if (field === 'event') this.fields.event = value ?? '';
    if (field === 'id') this.fields.id = value ?? '';
  }

  private dispatch(): void {
    const { event, data, id } = this.fields;
    this.fields = { event: '', data: [], id };
    if (data.length === 0) return;
    const frame = { event, data: data.join('\n'), dataLines: data.length, id };
    this.frames.push(frame);
    const parsed = parse(frame.data);
    if (parsed?.type === 'event') this.events.push(parsed);
  }
}

function parse(text: string): ProtocolEvent | null {
  try {
    return JSON.parse(text) as ProtocolEvent | null;
  } catch {
    return null;
  }
}
