import { join } from 'node:path';
import { PROJECT } from '../built-program.js';
import { type Parsed, SessionStream } from './session-stream.js';

export const DESK = join(PROJECT, 'test/fixtures/session-graphs/langgraph.json');

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Parsed;
}

/** Sends a request and reads the JSON of the answer. */
export async function call(
  method: string,
  url: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

export const userMessage = (text: string) => ({
  type: 'user.message' as const,
  content: [{ type: 'text' as const, text }],
});

/** A session on a graph of the server, with its own way to talk. */
export class TestSession {
  private constructor(readonly server: string, readonly id: string) {}

  static async create(server: string, graph: string, text?: string): Promise<TestSession> {
    const initial = text === undefined ? {} : { initial_events: [userMessage(text)] };
    const { status, body } = await call('POST', `${server}/v1/sessions`, {
      agent: `agent_${graph}`,
      environment_id: 'env_default',
      ...initial,
    });
    if (status !== 200) throw new Error(`no session: ${JSON.stringify(body)}`);
    return new TestSession(server, body.id as string);
  }

  url(path = '', prefix = ''): string {
    return `${this.server}${prefix}/v1/sessions/${this.id}${path}`;
  }

  /** Sends events; fails unless they are taken. */
  async send(...events: unknown[]): Promise<Parsed[]> {
    const { status, body } = await call('POST', this.url('/events'), { events });
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
    return body.data as Parsed[];
  }

  /** Everything so far, after the turn is over. */
  async story(query = ''): Promise<Parsed[]> {
    const stream = await SessionStream.open(this.url(`/events/stream${query}`));
    return (await stream.end()).events;
  }

  /** A live stream in the mode of the Anthropic SDK. */
  live(query = ''): Promise<SessionStream> {
    return SessionStream.open(this.url(`/events/stream${query}`, '/anthropic'));
  }
}
