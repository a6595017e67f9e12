import { type Prefix, SESSION_ROUTES, type SessionThings } from './session-route-walk.js';

/** What a request of the walk is about. */
export interface Things {
  threadId: string;
  runId: string;
  checkpointId: string;
  executionId: string;
  /** Only where the session API is walked. */
  sessions?: Record<Prefix, SessionThings>;
}

/** One route of `openapi.json`, and what it answers to whom. */
export interface WalkedRoute {
  /** As `openapi.json` writes it. */
  readonly route: string;
  readonly path: (things: Things) => string;
  readonly body?: object;
  /** Status for the owner. */
  readonly own: number;
  /** Status for another caller; 404 unless given. */
  readonly other?: number;
  /** Status for a thing that does not exist; 404 unless given. */
  readonly missing?: number;
  /** Needs no key. */
  readonly open?: true;
}

const input = { messages: [{ role: 'user', content: 'hello' }], delayMs: 0 };
const run = { assistant_id: 'agent', input };

/** Every route, in the order in which they can be tried on the same things. */
export const ROUTES: readonly WalkedRoute[] = [
  ...['/ok', '/ready', '/info'].map((path) => ({ route: `GET ${path}`, path: () => path, own: 200, other: 200, missing: 200, open: true as const })),
  // What makes or lists things names none: it answers everybody, each with their own (tests of their own say so).
  { route: 'POST /threads', path: () => '/threads', body: {}, own: 200, other: 200, missing: 200 },
  { route: 'GET /threads/{thread_id}', path: ({ threadId }) => `/threads/${threadId}`, own: 200 },
  { route: 'PATCH /threads/{thread_id}', path: ({ threadId }) => `/threads/${threadId}`, body: { metadata: { a: 1 } }, own: 200 },
  { route: 'GET /threads/{thread_id}/state', path: ({ threadId }) => `/threads/${threadId}/state`, own: 200 },
  { route: 'POST /threads/{thread_id}/state', path: ({ threadId }) => `/threads/${threadId}/state`, body: { values: { delayMs: 0 }, as_node: 'agent' }, own: 200 },
  {
    route: 'POST /threads/{thread_id}/state/checkpoint', path: ({ threadId }) => `/threads/${threadId}/state/checkpoint`,
    body: { checkpoint: {} }, own: 200,
  },
  { route: 'GET /threads/{thread_id}/state/{checkpoint_id}', path: ({ threadId, checkpointId }) => `/threads/${threadId}/state/${checkpointId}`, own: 200 },
  { route: 'GET /threads/{thread_id}/history', path: ({ threadId }) => `/threads/${threadId}/history`, own: 200 },
  { route: 'POST /threads/{thread_id}/history', path: ({ threadId }) => `/threads/${threadId}/history`, body: {}, own: 200 },
  { route: 'GET /threads/{thread_id}/runs', path: ({ threadId }) => `/threads/${threadId}/runs`, own: 200 },
  { route: 'POST /threads/{thread_id}/runs', path: ({ threadId }) => `/threads/${threadId}/runs`, body: run, own: 200 },
  { route: 'GET /threads/{thread_id}/runs/{run_id}', path: ({ threadId, runId }) => `/threads/${threadId}/runs/${runId}`, own: 200 },
  { route: 'POST /threads/{thread_id}/runs/{run_id}/cancel', path: ({ threadId, runId }) => `/threads/${threadId}/runs/${runId}/cancel`, body: {}, own: 202 },
  // A thread need not exist for these two.
  {
    route: 'POST /threads/{thread_id}/commands', path: ({ threadId }) => `/threads/${threadId}/commands`,
    body: { id: 1, method: 'agent.getTree' }, own: 200, missing: 200,
  },
  {
    route: 'POST /threads/{thread_id}/stream/events', path: ({ threadId }) => `/threads/${threadId}/stream/events`,
    body: { channels: ['values'] }, own: 200, missing: 200,
  },
  { route: 'GET /api/executions', path: () => '/api/executions', own: 200, other: 200, missing: 200 },
  { route: 'POST /api/executions', path: ({ threadId }) => `/api/executions#${threadId}`, body: { patternName: 'agent', input }, own: 202, other: 202, missing: 202 },
  { route: 'GET /api/executions/{id}', path: ({ executionId }) => `/api/executions/${executionId}`, own: 200 },
  { route: 'POST /api/executions/{id}/cancel', path: ({ executionId }) => `/api/executions/${executionId}/cancel`, body: {}, own: 200 },
  { route: 'GET /api/executions/{id}/threads/stream', path: ({ executionId }) => `/api/executions/${executionId}/threads/stream`, own: 200 },
  ...SESSION_ROUTES,
];

/** Parameters with which each command of the protocol does something on a thread that has had a run. */
export const COMMANDS: Readonly<Record<string, (things: Things) => object>> = {
  'run.start': () => run,
  'input.respond': () => ({ interrupt_id: 'nothing', response: 1 }),
  'input.inject': () => ({ message: { role: 'user', content: 'more' } }),
  'state.get': () => ({}),
  'state.listCheckpoints': () => ({}),
  'state.fork': ({ checkpointId }) => ({ checkpoint_id: checkpointId }),
  'agent.getTree': ({ runId }) => ({ run_id: runId }),
  'subscription.subscribe': () => ({ channels: ['values'] }),
  'subscription.unsubscribe': () => ({ subscription_id: 'nothing' }),
  'subscription.reconnect': () => ({}),
};
