import { randomUUID } from 'node:crypto';
import { post } from './run-commands.js';
import { SseReader } from './sse-reader.js';

const ALL_CHANNELS = ['values', 'updates', 'messages', 'tools', 'lifecycle', 'input', 'checkpoints', 'tasks', 'custom'];

/** An event as it was on the wire. */
export interface ThreadEvent {
  readonly seq: number;
  readonly event_id: string;
  readonly method: string;
  readonly params: {
    readonly namespace: string[];
    readonly node?: string;
    readonly timestamp: number;
    readonly data: Record<string, unknown>;
  };
}

/** What a command was answered. */
export interface Answer {
  readonly type: 'success' | 'error';
  readonly result: Record<string, unknown>;
  readonly error?: string;
  readonly message?: string;
  readonly meta: { readonly applied_through_seq: number };
}

/** One open stream of a thread, its events parsed. */
export class ThreadReader {
  private readonly parsed: ThreadEvent[] = [];

  constructor(private readonly reader: SseReader) {}

  get events(): readonly ThreadEvent[] {
    const { frames } = this.reader;
    while (this.parsed.length < frames.length)
      this.parsed.push(JSON.parse(frames[this.parsed.length]!.data) as ThreadEvent);
    return this.parsed;
  }

  /** Waits until there are `count` events that fit, and returns the last of them. */
  async until(fits: (event: ThreadEvent) => boolean, count = 1): Promise<ThreadEvent> {
    const found = (): ThreadEvent[] => this.events.filter(fits);
    await this.reader.until(() => found().length >= count);
    return found()[count - 1] as ThreadEvent;
  }

  close(): void {
    this.reader.close();
  }
}

/** A thread of a test: sends it commands and reads its streams over real sockets. */
export class ThreadProbe {
  private commands = 0;
  private readonly readers: ThreadReader[] = [];

  /** @param server base URL, asked for anew at each call, since a restart changes it */
  constructor(private readonly server: { readonly url: string }, readonly threadId: string = randomUUID()) {}

  get url(): string {
    return `${this.server.url}/threads/${this.threadId}`;
  }

  async command(method: string, params: Record<string, unknown> = {}): Promise<Answer> {
    const response = await post(`${this.url}/commands`, { id: (this.commands += 1), method, params });
    const answer = (await response.json()) as Answer;
    if (response.status !== 200)
      throw new Error(`${method} was answered with ${response.status}: ${JSON.stringify(answer)}`);
    return answer;
  }

  /** Sends `run.start`. Returns the run's id. @throws unless it is accepted */
  async start(assistantId: string, input: unknown = {}, params: Record<string, unknown> = {}): Promise<string> {
    return accepted(await this.command('run.start', { assistant_id: assistantId, input, ...params }));
  }

  /** Sends `input.respond` with one answer. Returns the run's id. @throws unless it is accepted */
  async respond(interruptId: string, response: unknown, params: Record<string, unknown> = {}): Promise<string> {
    return accepted(await this.command('input.respond', { interrupt_id: interruptId, response, ...params }));
  }

  /** Opens a stream of all channels unless told otherwise; `close` ends it. */
  async open(body: Record<string, unknown> = {}): Promise<ThreadReader> {
    const reader = new ThreadReader(
      await SseReader.open(this.server.url, this.threadId, { channels: ALL_CHANNELS, ...body }),
    );
    this.readers.push(reader);
    return reader;
  }

  /**
   * What a stream of all channels gives up to the newest event: the whole log, or with `{}` the view without cursor.
   */
  async read(cursor: { since?: number } = { since: 0 }): Promise<readonly ThreadEvent[]> {
    const head = (await this.command('state.get', { keys: [] })).meta.applied_through_seq;
    const reader = await this.open(cursor);
    await reader.until(({ seq }) => seq === head);
    reader.close();
    return reader.events;
  }

  /** Waits for the terminal of a run. */
  async ended(runId: string): Promise<ThreadEvent> {
    const reader = await this.open({ channels: ['lifecycle'], namespaces: [[]], depth: 0, since: 0 });
    const terminal = await reader.until((event) => isTerminal(event) && runIdOf(event) === runId);
    reader.close();
    return terminal;
  }

  /** Waits until a question was asked that many times; returns the last `input.requested`. */
  async asked(count = 1): Promise<ThreadEvent> {
    const reader = await this.open({ channels: ['input'], since: 0 });
    const request = await reader.until(({ method }) => method === 'input.requested', count);
    reader.close();
    return request;
  }

  /** `GET` below the thread, parsed. */
  async get<T>(path: string): Promise<T> {
    const response = await fetch(`${this.url}${path}`);
    if (!response.ok) throw new Error(`${path} was answered with ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  }

  async values(): Promise<Record<string, unknown>> {
    return (await this.get<{ values: Record<string, unknown> }>('/state')).values;
  }

  close(): void {
    for (const reader of this.readers.splice(0)) reader.close();
  }
}

/** @throws when the command was refused */
export function accepted({ type, result, error, message }: Answer): string {
  if (type !== 'success') throw new Error(`refused: ${error} ${message}`);
  return result.run_id as string;
}

/** The run that a root lifecycle event is about. */
export function runIdOf({ event_id: id }: ThreadEvent): string {
  return /^synth:([^:]+):\d+$/.exec(id)?.[1] ?? '';
}

export function isRoot({ method, params }: ThreadEvent): boolean {
  return method === 'lifecycle' && params.namespace.length === 0;
}

export function isTerminal(event: ThreadEvent): boolean {
  return isRoot(event) && event.params.data.event !== 'running';
}

/** The root's lifecycle as `[run, event]`, in order. */
export function rootLives(events: readonly ThreadEvent[]): [string, unknown][] {
  return events.filter(isRoot).map((event) => [runIdOf(event), event.params.data.event]);
}

/** Root lifecycle and input events as short words, such as `running` and `input.answered <id>`. */
export function story(events: readonly ThreadEvent[]): string[] {
  return events.flatMap((event) => {
    const { method, params: { data } } = event;
    if (method === 'input.requested') return [`asked ${data.interrupt_id as string}`];
    if (method === 'input.answered') return [`answered ${(data.interrupt_ids as string[]).join()}`];
    return isRoot(event) ? [data.event as string] : [];
  });
}

export function idOf({ params }: ThreadEvent): string {
  return params.data.interrupt_id as string;
}
