import type { IncomingMessage } from 'node:http';
import { EventSourceReader, openEventStream, type ServerSentEvent } from './event-source.js';
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
  data: {
    thread_id: string;
    event_type: string;
    data_json: string;
    timestamp_ms: number;
    sequence: number;
    status?: string;
  };
}

const FRAME = /^event: (\S+)\ndata: (.*)(?:\nid: (\d+))?$/;

/** Reads `GET /api/executions/:id/threads/stream` over a socket of its own. */
export class ExecutionStream extends EventSourceReader {
  readonly frames: ExecutionFrame[] = [];

  private constructor(response: IncomingMessage) {
    super(response);
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<ExecutionStream> {
    return new ExecutionStream(await openEventStream(url, { headers }));
  }

  /** The socket closed before the closing chunk, which clients take for a failure. */
  get wasCut(): boolean {
    return this.ending === 'cut';
  }

  /** The frames of threads: all but `connected`. */
  get events(): ExecutionFrame[] {
    return this.frames.filter(({ event }) => event !== 'connected');
  }

  /** Waits until `isEnough` holds. Fails when the stream ends before. */
  async until(isEnough: (stream: this) => boolean): Promise<this> {
    await this.untilHolds(() => isEnough(this));
    return this;
  }

  /** Waits for an event of a thread. */
  untilEvent(event: string, threadId: string): Promise<this> {
    return this.until(({ frames }) =>
      frames.some((frame) => frame.event === event && frame.data.threadId === threadId),
    );
  }

  protected take({ raw, event, data, id }: ServerSentEvent): void {
    if (event === undefined || !FRAME.test(raw)) throw new Error(`not a frame: ${raw}`);
    this.frames.push({
      event,
      id: id === undefined ? null : Number(id),
      data: JSON.parse(data) as ExecutionData,
      text: raw,
    });
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
export async function execute(
  url: string,
  patternName: string,
  text: string,
  options: object = {},
  delayMs = 0,
): Promise<AcceptedExecution> {
  const input = { messages: [{ role: 'user', content: text }], delayMs };
  const response = await post(`${url}/api/executions`, { patternName, input, options });
  if (response.status !== 202)
    throw new Error(`the execution was answered with ${response.status}: ${await response.text()}`);
  return (await response.json()) as AcceptedExecution;
}

/** What an event tells. */
export function told({ data }: ExecutionFrame): Record<string, unknown> {
  return JSON.parse(data.data.data_json) as Record<string, unknown>;
}
