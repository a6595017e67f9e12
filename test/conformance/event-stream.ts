import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { type ServerSentEvent, type StreamEnd, readServerSentEvents } from '../support/event-source.js';
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
  end: StreamEnd | null = null;
  readonly arrivals = new Arrivals();
  /** The `id` that stays in force until another one comes. */
  private lastId = '';

  private constructor(
    private readonly sent: ClientRequest,
    readonly response: IncomingMessage,
  ) {
    readServerSentEvents(response, {
      event: (event) => this.take(event),
      comment: () => (this.comments += 1),
      end: (how) => (this.end ??= how),
      changed: () => this.arrivals.changed(),
    });
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
  untilCount(
    fits: (event: ProtocolEvent) => boolean,
    count: number,
    what: string,
    limitMs?: number,
  ): Promise<ProtocolEvent> {
    return this.arrivals.until(
      () => {
        const found = this.events.filter(fits);
        if (found.length >= count) return found[count - 1];
        if (this.end) throw new Failure(`the stream was ${this.end} before ${what}`);
        return undefined;
      },
      `${what} (${this.events.length} events came)`,
      limitMs,
    );
  }

  /** Waits until as many events are there, and then for those that must not come. */
  async exactly(count: number): Promise<readonly ProtocolEvent[]> {
    await this.arrivals
      .until(() => (this.events.length >= count ? true : undefined), `${count} events`, 5_000)
      .catch(() => undefined);
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

  private take({ event = '', data, id }: ServerSentEvent): void {
    this.lastId = id ?? this.lastId;
    this.frames.push({ event, data, dataLines: data.split('\n').length, id: this.lastId });
    const parsed = parse(data);
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
