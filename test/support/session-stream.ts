import type { IncomingMessage } from 'node:http';
import { EventSourceReader, openEventStream, type ServerSentEvent } from './event-source.js';

/** What JSON says, of any shape. */
export type Parsed = ReturnType<typeof JSON.parse>;

/** An event of a session, as it came. */
export interface SessionFrame {
  readonly id: string | null;
  readonly event: string | null;
  readonly data: string;
}

/** Reads the server-sent events of a session over a socket of its own. */
export class SessionStream extends EventSourceReader {
  readonly frames: SessionFrame[] = [];
  /** The bytes that came, as text. */
  text = '';

  private constructor(response: IncomingMessage) {
    super(response);
    response.prependListener('data', (text: string) => (this.text += text));
  }

  /** Resolves with the headers. @throws with status and body for anything but 200 */
  static async open(url: string, headers: Record<string, string> = {}): Promise<SessionStream> {
    return new SessionStream(await openEventStream(url, { headers }));
  }

  get isOver(): boolean {
    return this.ending !== null;
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
    await this.untilHolds(() => enough(this));
    return this;
  }

  /** Waits for the nth event of this type. */
  untilType(type: string, count = 1): Promise<this> {
    return this.until(({ types }) => types.filter((seen) => seen === type).length >= count);
  }

  /** Waits for the end of the response. */
  end(): Promise<this> {
    return this.until(({ isOver }) => isOver);
  }

  protected take({ id, event, data }: ServerSentEvent): void {
    this.frames.push({ id: id ?? null, event: event ?? null, data });
  }
}
