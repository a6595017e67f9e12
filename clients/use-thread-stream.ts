import { useEffect, useState } from 'react';

/** What can happen on a thread (docs/executions.md, Events). */
export type ThreadEventType =
  | 'output' | 'blocked' | 'started' | 'completed' | 'failed' | 'turn_complete' | 'status' | 'tool_running';

/** One event of one thread of an execution. */
export interface ThreadEvent {
  executionId: string;
  threadId: string;
  type: `gateway_thread_${ThreadEventType}`;
  data: {
    thread_id: string;
    event_type: ThreadEventType;
    /** JSON text: what the event tells. */
    data_json: string;
    /** Epoch milliseconds. */
    timestamp_ms: number;
    /** Counts the events of this thread in this execution, from 1. */
    sequence: number;
    /** On `status` events. */
    status?: string;
    summary?: string;
    /** 0 to 1. */
    progress?: number;
  };
  /** ISO 8601. */
  timestamp: string;
}

export interface ThreadStreamOptions {
  /** Only these threads; all unless given. */
  threadIds?: readonly string[];
  /** Where the server is, without a slash at the end; the page's own origin unless given. */
  baseUrl?: string;
}

export interface ThreadStreamState {
  /** Every event so far, once, in order. */
  events: ThreadEvent[];
  connected: boolean;
}

const TYPES: readonly ThreadEventType[] = [
  'output', 'blocked', 'started', 'completed', 'failed', 'turn_complete', 'status', 'tool_running',
];

/** Events that come within this many milliseconds are rendered together. */
const RENDER_EVERY_MS = 16;

const NOTHING: ThreadStreamState = { events: [], connected: false };

/**
 * Follows the threads of an execution, from its first event. The browser reconnects by itself after a lost connection,
 * and the server goes on where it was, so nothing is missed and nothing comes twice.
 */
export function useThreadStream(executionId: string, options: ThreadStreamOptions = {}): ThreadStreamState {
  const { baseUrl = '' } = options;
  const threadIds = (options.threadIds ?? []).join(',');
  const [state, setState] = useState(NOTHING);

  useEffect(() => {
    setState(NOTHING);
    const query = new URLSearchParams({ lastEventId: '0', ...(threadIds === '' ? {} : { threadIds }) });
    const source = new EventSource(
      `${baseUrl}/api/executions/${encodeURIComponent(executionId)}/threads/stream?${query.toString()}`,
    );
    let waiting: ThreadEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const render = (): void => {
      const arrived = waiting;
      waiting = [];
      timer = undefined;
      setState(({ events, connected }) => ({ events: [...events, ...arrived], connected }));
    };
    const take = ({ data }: MessageEvent<string>): void => {
      waiting.push(JSON.parse(data) as ThreadEvent);
      timer ??= setTimeout(render, RENDER_EVERY_MS);
    };
    source.addEventListener('connected', ({ data }: MessageEvent<string>) => {
      // The server does not have the place any more at which it was left: it sends all that it has.
      const { missed } = JSON.parse(data) as { missed?: boolean };
      if (missed) waiting = [];
      setState((before) => (missed ? { events: [], connected: true } : { ...before, connected: true }));
    });
    source.addEventListener('error', () => setState((before) => ({ ...before, connected: false })));
    for (const type of TYPES) source.addEventListener(`thread_${type}`, take);
    return () => {
      source.close();
      clearTimeout(timer);
    };
  }, [executionId, threadIds, baseUrl]);

  return state;
}
