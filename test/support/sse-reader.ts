import type { IncomingMessage } from 'node:http';
import { EventSourceReader, openEventStream, type ServerSentEvent, type StreamEnd } from './event-source.js';

/** One server-sent event, as it came. */
export interface SseFrame {
  event: string;
  data: string;
  id: number;
}

const FRAME = /^event: (\S+)\ndata: (\{[^\r\n]*\})\nid: (\d+)$/;

/**
 * Reads one stream of `POST /threads/:id/stream/events` over a socket of its own. It takes nothing but frames of
 * exactly the three lines that are promised, and comments; anything else fails the test.
 */
export class SseReader extends EventSourceReader {
  readonly frames: SseFrame[] = [];

  private constructor(response: IncomingMessage) {
    super(response);
  }

  /** Resolves with the headers, whether or not there is an event. @throws for any other status than 200 */
  static async open(
    url: string, threadId: string, body: Record<string, unknown>, headers: Record<string, string> = {},
  ): Promise<SseReader> {
    const address = `${url}/threads/${encodeURIComponent(threadId)}/stream/events`;
    return new SseReader(await openEventStream(address, { method: 'POST', body, headers }));
  }

  get end(): StreamEnd | null {
    return this.ending;
  }

  get ids(): number[] {
    return this.frames.map(({ id }) => id);
  }

  /** Waits until `enough` holds. Fails when the stream ends before. */
  async until(enough: (reader: this) => boolean): Promise<this> {
    await this.untilHolds(() => enough(this));
    return this;
  }

  /** Waits for the event with this seq. */
  untilSeq(seq: number): Promise<this> {
    return this.until(({ frames }) => (frames.at(-1)?.id ?? 0) >= seq);
  }

  protected take({ raw, event, data, id }: ServerSentEvent): void {
    if (!FRAME.test(raw) || event === undefined) throw new Error(`no frame: ${JSON.stringify(raw.slice(0, 500))}`);
    this.frames.push({ event, data, id: Number(id) });
  }
}
