import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, get } from 'node:http';
import { post } from './run-commands.js';

/** One server-sent event of an execution. */
export interface ExecutionFrame {
  readonly event: string;
  /** Null for a frame that does not move the cursor. */
  readonly id: number | null;
  readonly data: ExecutionData;
  /** Its exact text, without the empty line that ends it. */
  readonly text: string;
}

export interface ExecutionData {
  executionId: string;
  threadId: string;
  threadIds?: string[] | null;
  type: string;
  timestamp: string;
  data: { thread_id: string; event_type: string; data_json: string; timestamp_ms: number; sequence: number; status?: string };
}

/** Reads `GET /api/executions/:id/threads/stream` over a socket of its own. */
export class ExecutionStream {
  readonly frames: ExecutionFrame[] = [];
  readonly comments: string[] = [];
  /** The socket closed before the closing chunk, which clients take for a failure. */
  wasCut = false;
  private rest = '';
  private isOver = false;
  private readonly waiting = new Set<() => void>();

  private constructor(private readonly response: IncomingMessage) {
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => this.take(chunk));
    response.on('error', () => (this.wasCut = true));
    response.on('close', () => this.changed(() => (this.isOver = true)));
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<ExecutionStream> {
    const sent = get(url, { agent: false, headers });
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    if (response.statusCode !== 200) throw new Error(`the stream was answered with ${response.statusCode}`);
    return new ExecutionStream(response);
  }

  get headers(): IncomingHttpHeaders {
    return this.response.headers;
  }

  /** The frames of threads: all but `connected`. */
  get events(): ExecutionFrame[] {
    return this.frames.filter(({ event }) => event !== 'connected');
  }

  /** Waits until `isEnough` holds. Fails when the stream ends before. */
  async until(isEnough: (stream: this) => boolean): Promise<this> {
    while (!isEnough(this)) {
      if (this.isOver) throw new Error(`the stream ended after ${this.frames.length} frames`);
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
    return this;
  }

  /** Waits for an event of a thread. */
  untilEvent(event: string, threadId: string): Promise<this> {
    return this.until(({ frames }) => frames.some((frame) => frame.event === event && frame.data.threadId === threadId));
  }

  close(): void {
    this.response.destroy();
  }

  private take(chunk: string): void {
    const parts = (this.rest + chunk).split('\n\n');
    this.rest = parts.pop() as string;
    this.changed(() => {
      for (const part of parts) {
        if (part.startsWith(':')) this.comments.push(part);
        else this.frames.push(parseFrame(part));
      }
    });
  }

  private changed(change: () => void): void {
    change();
    for (const listener of this.waiting) listener();
    this.waiting.clear();
  }
}

/** What an execution was accepted as. */
export interface AcceptedExecution {
  id: string;
  status: string;
  message: string;
  streamUrl: string;
  webhookConfigured: boolean;
}

/** Starts an execution; fails unless it is accepted. */
export async function execute(url: string, patternName: string, text: string, options: object = {}, delayMs = 0): Promise<AcceptedExecution> {
  const input = { messages: [{ role: 'user', content: text }], delayMs };
  const response = await post(`${url}/api/executions`, { patternName, input, options });
  if (response.status !== 202) throw new Error(`the execution was answered with ${response.status}: ${await response.text()}`);
  return (await response.json()) as AcceptedExecution;
}

/** What an event tells. */
export function told({ data }: ExecutionFrame): Record<string, unknown> {
  return JSON.parse(data.data.data_json) as Record<string, unknown>;
}

function parseFrame(text: string): ExecutionFrame {
  const [, event, data, id] = /^event: (\S+)\ndata: (.*)(?:\nid: (\d+))?$/.exec(text) ?? [];
  if (event === undefined || data === undefined) throw new Error(`not a frame: ${text}`);
  return { event, id: id === undefined ? null : Number(id), data: JSON.parse(data) as ExecutionData, text };
}
