import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';

export const ALL_CHANNELS = ['values', 'updates', 'messages', 'tools', 'lifecycle', 'input', 'checkpoints', 'tasks', 'custom'];

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
export class FrameReader {
  readonly frames: Frame[] = [];
  private rest = '';
  private isOver = false;
  private readonly waiting = new Set<() => void>();

  private constructor(private readonly response: IncomingMessage, private readonly onFrame: (frame: Frame) => void) {
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => this.take(chunk));
    response.on('error', () => undefined);
    response.on('close', () => this.changed(() => (this.isOver = true)));
  }

  /** Opens a stream of all channels unless told otherwise; resolves with the response's headers. */
  static async open(
    url: string, threadId: string, body: Record<string, unknown> = {}, onFrame: (frame: Frame) => void = () => undefined,
  ): Promise<FrameReader> {
    const sent = request(`${url}/threads/${threadId}/stream/events`, { method: 'POST', headers: { 'content-type': 'application/json' } });
    sent.end(JSON.stringify({ channels: ALL_CHANNELS, ...body }));
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    if (response.statusCode !== 200) throw new Error(`the stream was answered with ${response.statusCode}`);
    return new FrameReader(response, onFrame);
  }

  /** What a stream gives until `isEnough` holds; then it is closed. From the thread's first event unless told otherwise. */
  static async read(
    url: string, threadId: string, isEnough: (frames: readonly Frame[]) => boolean, body: Record<string, unknown> = { since: 0 },
  ): Promise<Frame[]> {
    const reader = await FrameReader.open(url, threadId, body);
    const frames = [...(await reader.until(isEnough))];
    reader.close();
    return frames;
  }

  /** Waits until `isEnough` holds. Fails when the stream ends before. */
  async until(isEnough: (frames: readonly Frame[]) => boolean): Promise<readonly Frame[]> {
    while (!isEnough(this.frames)) {
      if (this.isOver) throw new Error(`the stream ended after ${this.frames.length} frames`);
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
    return this.frames;
  }

  close(): void {
    this.response.destroy();
  }

  private take(chunk: string): void {
    const parts = (this.rest + chunk).split('\n\n');
    this.rest = parts.pop() as string;
    for (const text of parts) {
      if (text.startsWith(':')) continue;
      const frame = parseFrame(text);
      this.changed(() => this.frames.push(frame));
      this.onFrame(frame);
    }
  }

  private changed(change: () => void): void {
    change();
    for (const listener of this.waiting) listener();
    this.waiting.clear();
  }
}

function parseFrame(text: string): Frame {
  const [, data, id] = text.split('\n') as [string, string, string];
  const { seq, event_id: eventId, method, params } = JSON.parse(data.slice('data: '.length)) as {
    seq: number; event_id: string; method: string; params: Pick<Frame, 'namespace' | 'node' | 'data'>;
  };
  if (id !== `id: ${seq}`) throw new Error(`the frame's id is not its seq: ${text}`);
  return { text, seq, eventId, method, namespace: params.namespace, node: params.node, data: params.data };
}
