/** Path of a thread whose id may hold any character. */
export const threadPath = (threadId: string, rest = ''): string => `/threads/${encodeURIComponent(threadId)}${rest}`;

/** One answer: its status, and its body as JSON. */
export interface JsonAnswer<T> {
  status: number;
  body: T;
}

/** Requests in JSON to a server, and threads of it with ids of their own. */
export interface ThreadRequests {
  call<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<JsonAnswer<T>>;
  /** @returns its id */
  newThread(graphId?: string): Promise<string>;
}

/** @param url base URL of the server, known once it has started */
export function threadRequests(url: () => string): ThreadRequests {
  let count = 0;

  async function call<T>(method: string, path: string, body?: unknown): Promise<JsonAnswer<T>> {
    const response = await fetch(url() + path, {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? undefined : JSON.parse(text)) as T };
  }

  async function newThread(graphId?: string): Promise<string> {
    const threadId = `thread ${(count += 1)}`;
    await call('POST', '/threads', { thread_id: threadId, metadata: graphId ? { graph_id: graphId } : {} });
    return threadId;
  }

  return { call, newThread };
}
