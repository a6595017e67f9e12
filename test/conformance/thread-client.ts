import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure, Skipped } from './conformance-case.js';
import { EventSocket } from './event-socket.js';
import { EventStream } from './event-stream.js';
import { ALL_CHANNELS, type ProtocolEvent, asksInput, isTerminal } from './protocol-event.js';
import { check, show } from './checks.js';

const RUN_POLL_MS = 100;
const RUN_POLLS = 80;

/** What a command was answered. */
export interface Answer {
  readonly type: 'success' | 'error';
  readonly id: number | null;
  readonly result?: Record<string, unknown>;
  readonly error?: string;
  readonly message?: string;
  readonly meta?: { readonly applied_through_seq?: number };
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
}

/** The server that is judged. */
export interface Target {
  readonly url: string;
  readonly headers: Record<string, string>;
}

/** A client of one thread, over HTTP, SSE and WebSocket. */
export class ThreadClient {
  private commands = 0;
  private readonly open: { close(): void }[] = [];
  /** `applied_through_seq` of the newest answer. */
  applied: number | undefined;

  constructor(
    readonly target: Target,
    readonly id: string = randomUUID(),
  ) {}

  get path(): string {
    return `/threads/${this.id}`;
  }

  http(method: string, path: string, body?: unknown, limitMs?: number): Promise<HttpAnswer> {
    return send(this.target, method, path, body, limitMs);
  }

  /** A call of the REST API that must succeed. @throws Skipped where the server does not have the route */
  async rest(method: string, path: string, body?: unknown): Promise<HttpAnswer> {
    const answer = await this.http(method, path, body);
    if ([404, 405, 501].includes(answer.status))
      throw new Skipped(`the server has no ${method} ${path}: HTTP ${answer.status}`);
    check(
      answer.status >= 200 && answer.status < 300,
      `${method} ${path} was answered with HTTP ${answer.status}: ${answer.text.slice(0, 200)}`,
    );
    return answer;
  }

  /** Sends a command. @throws Failure unless it is HTTP 200 with an envelope */
  async command(method: string, params?: Record<string, unknown>, limitMs?: number): Promise<Answer> {
    const id = (this.commands += 1);
    const { status, text } = await this.http(
      'POST',
      `${this.path}/commands`,
      { id, method, params: params ?? {} },
      limitMs,
    );
    const answer = parse<Answer>(text);
    if (status !== 200 || (answer?.type !== 'success' && answer?.type !== 'error')) {
      throw new Failure(`${method} was answered with HTTP ${status}: ${text.slice(0, 200)}`);
    }
    this.applied = answer.meta?.applied_through_seq ?? this.applied;
    return answer;
  }

  /** Sends a command that must succeed; returns its result. */
  async does(method: string, params?: Record<string, unknown>, limitMs?: number): Promise<Record<string, unknown>> {
    const { type, result, error, message } = await this.command(method, params, limitMs);
    check(type === 'success', `${method} was refused: ${error} ${message}`);
    return result ?? {};
  }

  /** Sends `run.start`; returns the run's id. @throws unless it is accepted */
  async start(graph: string, input: unknown, more: Record<string, unknown> = {}): Promise<string> {
    const { run_id: runId } = await this.does('run.start', { assistant_id: graph, input, ...more });
    check(typeof runId === 'string', `run.start answered no run_id: ${show(runId)}`);
    return runId;
  }

  /** Opens a stream. @throws Failure unless it is answered 200 */
  async stream(body: Record<string, unknown> = {}, path = 'stream/events'): Promise<EventStream> {
    const stream = await this.streamOf({ channels: ALL_CHANNELS, ...body }, path);
    if (stream.status !== 200) throw new Failure(`the stream was answered with HTTP ${stream.status}`);
    return stream;
  }

  /** Opens a stream with any body; the status is the caller's. */
  async streamOf(body: unknown, path = 'stream/events'): Promise<EventStream> {
    const stream = await EventStream.open(`${this.target.url}${this.path}/${path}`, body, this.target.headers);
    this.open.push(stream);
    return stream;
  }

  async socket(path = 'stream/events'): Promise<EventSocket> {
    const socket = await EventSocket.open(`${this.target.url}${this.path}/${path}`, this.target.headers);
    this.open.push(socket);
    return socket;
  }

  /** Waits for so many terminals of the thread, counted from its beginning; returns the last. */
  async ended(count = 1, limitMs?: number): Promise<ProtocolEvent> {
    const stream = await this.stream({ channels: ['lifecycle'], since: 0 });
    const terminal = await stream.untilCount(isTerminal, count, `terminal ${count} of the thread`, limitMs);
    stream.close();
    return terminal;
  }

  /** Waits until so many questions were asked; returns the `input.requested` events. */
  async asked(count: number): Promise<readonly ProtocolEvent[]> {
    const stream = await this.stream({ channels: ['input'], since: 0 });
    await stream.untilCount(asksInput, count, `question ${count}`);
    stream.close();
    return stream.events.filter(asksInput);
  }

  /** The whole log of an idle thread with so many ended runs, over all channels. */
  async log(terminals = 1): Promise<EventStream> {
    const stream = await this.stream({ since: 0 });
    await stream.untilCount(isTerminal, terminals, `terminal ${terminals} of the thread`, 12_000);
    await stream.arrivals.quiet(250);
    stream.close();
    return stream;
  }

  async state(): Promise<
    Record<string, unknown> & { values: Record<string, unknown>; tasks?: Record<string, unknown>[] }
  > {
    const { status, text } = await this.http('GET', `${this.path}/state`);
    check(status === 200, `GET /state was answered with HTTP ${status}`);
    return JSON.parse(text) as Awaited<ReturnType<ThreadClient['state']>>;
  }

  /** Waits for the end of a run by the REST API alone; returns its status. */
  async runEnded(runId: string): Promise<string> {
    for (let tries = 0; tries < RUN_POLLS; tries += 1) {
      const { text } = await this.http('GET', `${this.path}/runs/${runId}`);
      const status = parse<{ status: string }>(text)?.status ?? 'unknown';
      if (status !== 'pending' && status !== 'running') return status;
      await sleep(RUN_POLL_MS);
    }
    throw new Failure(`run ${runId} has not ended`);
  }

  close(): void {
    for (const connection of this.open.splice(0)) connection.close();
  }
}

/** One HTTP exchange on a connection of its own. */
export function send(
  { url, headers }: Target,
  method: string,
  path: string,
  body?: unknown,
  limitMs = 8_000,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}${path}`, {
      method,
      agent: false,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        accept: 'application/json',
        ...headers,
      },
    });
    const limit = setTimeout(
      () => sent.destroy(new Failure(`${method} ${path} had no answer within ${limitMs} ms`)),
      limitMs,
    );
    const fail = (error: Error): void => {
      clearTimeout(limit);
      reject(error);
    };
    sent.on('error', fail);
    sent.once('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('error', fail);
      response.on('end', () => {
        clearTimeout(limit);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    sent.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  });
}

/** The parsed JSON, or null. */
export function parse<T>(text: string): T | null {
  try {
    return JSON.parse(text) as T;
  } catch {
    return null;
  }
}
