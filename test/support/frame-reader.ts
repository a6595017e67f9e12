import type { IncomingMessage } from 'node:http';
import { EventSourceReader, openEventStream, type ServerSentEvent } from './event-source.js';

export const ALL_CHANNELS = [
  'values',
  'updates',
  'messages',
  'tools',
  'lifecycle',
  'input',
  'checkpoints',
  'tasks',
  'custom',
];

/** One server-sent event as it came over the socket. */
export interface Frame {
  /** Its exact text, without the empty line that ends it. */
  readonly text: string;
  readonly seq: number;
  readonly eventId: string;
  readonly method: string;
  readonly namespace: readonly string[];
  readonly node: string | undefined;
  readonly data: Record<string, unknown>;
}

/** Reads `POST /threads/:id/stream/events` and keeps every complete frame. */
export class FrameReader extends EventSourceReader {
  readonly frames: Frame[] = [];

  private constructor(
    response: IncomingMessage,
    private readonly onFrame: (frame: Frame) => void,
  ) {
    super(response);
  }

  /** Opens a stream of all channels unless told otherwise; resolves with the response's headers. */
  static async open(
    url: string,
    threadId: string,
    body: Record<string, unknown> = {},
    onFrame: (frame: Frame) => void = () => undefined,
  ): Promise<FrameReader> {
    const address = `${url}/threads/${threadId}/stream/events`;
    return new FrameReader(
      await openEventStream(address, { method: 'POST', body: { channels: ALL_CHANNELS, ...body } }),
      onFrame,
    );
  }

  /**
   * What a stream gives until `isEnough` holds; then it is closed. From the thread's first event unless told otherwise.
   */
  static async read(
    url: string,
    threadId: string,
    isEnough: (frames: readonly Frame[]) => boolean,
    body: Record<string, unknown> = { since: 0 },
  ): Promise<Frame[]> {
    const reader = await FrameReader.open(url, threadId, body);
    const frames = [...(await reader.until(isEnough))];
    reader.close();
    return frames;
  }

  /** Waits until `isEnough` holds. Fails when the stream ends before. */
  async until(isEnough: (frames: readonly Frame[]) => boolean): Promise<readonly Frame[]> {
    await this.untilHolds(() => isEnough(this.frames));
    return this.frames;
  }

  protected take({ raw, data, id }: ServerSentEvent): void {
    const {
      seq,
      event_id: eventId,
      method,
      params,
    } = JSON.parse(data) as {
      seq: number;
      event_id: string;
      method: string;
      params: Pick<Frame, 'namespace' | 'node' | 'data'>;
    };
    if (id !== String(seq)) throw new Error(`the frame's id is not its seq: ${raw}`);
    const frame = {
      text: raw,
      seq,
      eventId,
      method,
      namespace: params.namespace,
      node: params.node,
      data: params.data,
    };
    this.frames.push(frame);
    this.onFrame(frame);
  }
}
