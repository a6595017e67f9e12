import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { type EventSourceMessage, createParser } from 'eventsource-parser';

/** One server-sent event, as the standard reads it. */
export interface ServerSentEvent extends EventSourceMessage {
  /** Its exact text, without the empty line that ends it. */
  readonly raw: string;
}

/** How a stream can end: `cut` is a socket that closed before the closing chunk, which clients take for a failure. */
export type StreamEnd = 'ended' | 'cut';

const BLOCK_END = /\r\n\r\n|\n\n|\r\r/;

/**
 * Reads a response of server-sent events (WHATWG HTML, 9.2).
 * @param handlers.changed called after whatever came, and after the end
 */
export function readServerSentEvents(response: IncomingMessage, handlers: {
  readonly event: (event: ServerSentEvent) => void;
  readonly comment: (text: string) => void;
  readonly end: (how: StreamEnd) => void;
  readonly changed: () => void;
}): void {
  let unread = '';
  /** The text of the event that the parser has just read: what comments are between goes with them. */
  const nextRaw = (): string => {
    for (;;) {
      const { index, 0: { length } } = BLOCK_END.exec(unread) as RegExpExecArray;
      const block = unread.slice(0, index);
      unread = unread.slice(index + length);
      if (!block.startsWith(':')) return block;
    }
  };
  const parser = createParser({
    onEvent: (event) => handlers.event({ ...event, raw: nextRaw() }),
    onComment: (text) => handlers.comment(text),
  });
  response.setEncoding('utf8');
  response.on('data', (text: string) => {
    unread += text;
    parser.feed(text);
    handlers.changed();
  });
  const over = (how: StreamEnd) => (): void => {
    handlers.end(how);
    handlers.changed();
  };
  response.on('end', over('ended')).on('error', over('cut')).on('close', over('cut'));
}

/**
 * Sends a request on a socket of its own; resolves with the headers.
 * @throws with status and body for anything but 200
 */
export async function openEventStream(url: string, { body, headers, method = 'GET' }: Pick<RequestOptions, 'method'> & {
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}): Promise<IncomingMessage> {
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const sent = request(url, { method, agent: false, headers: { ...type, accept: 'text/event-stream', ...headers } });
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  if (response.statusCode === 200) return response;
  let text = '';
  for await (const chunk of response) text += String(chunk);
  throw new Error(`${response.statusCode} ${text}`);
}

/** A stream of server-sent events that a test waits on; what an event becomes is said by those that extend it. */
export abstract class EventSourceReader {
  /** Comments with their colon. */
  readonly comments: string[] = [];
  /** Null while it goes on. */
  protected ending: StreamEnd | null = null;
  private count = 0;
  private failure: Error | null = null;
  private readonly waiting = new Set<() => void>();

  protected constructor(private readonly response: IncomingMessage) {
    readServerSentEvents(response, {
      event: (event) => this.takeEvent(event),
      comment: (text) => this.comments.push(`: ${text}`),
      end: (how) => (this.ending ??= how),
      changed: () => {
        for (const wake of this.waiting) wake();
        this.waiting.clear();
      },
    });
  }

  get headers(): IncomingHttpHeaders {
    return this.response.headers;
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

  /** Keeps an event. @throws when it is none that may come on this stream: the test fails where it waits */
  protected abstract take(event: ServerSentEvent): void;

  /** Waits until `holds`. Fails when the stream ends before, or something came that must not. */
  protected async untilHolds(holds: () => boolean): Promise<void> {
    for (;;) {
      if (this.failure) throw this.failure;
      if (holds()) return;
      if (this.ending) throw new Error(`the stream was ${this.ending} after ${this.count} events`);
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }

  private takeEvent(event: ServerSentEvent): void {
    this.count += 1;
    try {
      this.take(event);
    } catch (error) {
      this.failure ??= error as Error;
    }
  }
}
