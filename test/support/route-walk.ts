/** What a request of the walk is about. */
export interface Things {
  threadId: string;
  runId: string;
  checkpointId: string;
  executionId: string;
  /** A session of its own, so that it can be archived and deleted. */
  sessionId: string;
  sessionThreadId: string;
  agentId: string;
  environmentId: string;
  assistantId: string;
  cronId: string;
}

/** One route of `openapi.json`, and what it answers to whom. */
export interface WalkedRoute {
  /** As `openapi.json` writes it. */
  readonly route: string;
  readonly path: (things: Things) => string;
  readonly body?: object;
  /** The same where it names what it is about. */
  readonly bodyOf?: (things: Things) => object;
  /** Status for the owner. */
  readonly own: number;
  /** Status for another caller; 404 unless given. */
  readonly other?: number;
  /** Status for a thing that does not exist; 404 unless given. */
  readonly missing?: number;
  /** Needs no key. */
  readonly open?: true;
  /** Routes of one group are tried on the same things; those of another group have their own. */
  readonly group?: string;
}

const input = { messages: [{ role: 'user', content: 'hello' }], delayMs: 0 };
const run = { assistant_id: 'agent', input };
/** Due on the first of January. */
const cron = { ...run, schedule: '0 0 1 1 *' };

const assistant = (path = '') => ({ assistantId }: Things): string => `/assistants/${assistantId}${path}`;
const everybodys = { own: 200, other: 200, missing: 200 };

/** The routes of assistants, tried on one that its owner made. */
const ASSISTANT_ROUTES: readonly WalkedRoute[] = [
  { route: 'POST /assistants', path: () => '/assistants', body: { graph_id: 'agent' }, ...everybodys },
  { route: 'POST /assistants/search', path: () => '/assistants/search', body: {}, ...everybodys },
  { route: 'POST /assistants/count', path: () => '/assistants/count', body: {}, ...everybodys },
  { route: 'GET /assistants/{assistant_id}', path: assistant(), own: 200 },
  { route: 'PATCH /assistants/{assistant_id}', path: assistant(), body: { name: 'new' }, own: 200 },
  { route: 'POST /assistants/{assistant_id}/versions', path: assistant('/versions'), body: {}, own: 200 },
  { route: 'POST /assistants/{assistant_id}/latest', path: assistant('/latest'), body: { version: 1 }, own: 200 },
  { route: 'GET /assistants/{assistant_id}/graph', path: assistant('/graph'), own: 200 },
  { route: 'GET /assistants/{assistant_id}/schemas', path: assistant('/schemas'), own: 200 },
  { route: 'GET /assistants/{assistant_id}/subgraphs', path: assistant('/subgraphs'), own: 200 },
  {
    route: 'GET /assistants/{assistant_id}/subgraphs/{namespace}',
    path: assistant('/subgraphs/nothing'),
    own: 200,
  },
  { route: 'DELETE /assistants/{assistant_id}', path: assistant('?delete_threads=true'), own: 200 },
];

/** The routes of threads, runs and executions, in the order in which they can be tried on the same things. */
const OWN_ROUTES: readonly WalkedRoute[] = [
  ...['/ok', '/ready', '/info'].map((path) => ({
    route: `GET ${path}`,
    path: () => path,
    own: 200,
    other: 200,
    missing: 200,
    open: true as const,
  })),
  // What makes or lists things names none: it answers everybody, each with their own (tests of their own say so).
  { route: 'POST /threads', path: () => '/threads', body: {}, own: 200, other: 200, missing: 200 },
  { route: 'GET /threads/{thread_id}', path: ({ threadId }) => `/threads/${threadId}`, own: 200 },
  {
    route: 'PATCH /threads/{thread_id}',
    path: ({ threadId }) => `/threads/${threadId}`,
    body: { metadata: { a: 1 } },
    own: 200,
  },
  ...[{ route: 'search', body: {} }, { route: 'count', body: {} }, { route: 'prune', body: { thread_ids: [] } }].map(
    ({ route, body }) => ({
      route: `POST /threads/${route}`, path: () => `/threads/${route}`, body, own: 200, other: 200, missing: 200,
    }),
  ),
  {
    route: 'POST /threads/{thread_id}/copy',
    path: ({ threadId }) => `/threads/${threadId}/copy`,
    body: {},
    own: 200,
  },
  // The things of a group of its own, since it is gone then.
  { route: 'DELETE /threads/{thread_id}', path: ({ threadId }) => `/threads/${threadId}`, own: 204, group: 'delete' },
  {
    route: 'PATCH /threads/{thread_id}/state',
    path: ({ threadId }) => `/threads/${threadId}/state`,
    body: { metadata: { a: 1 } },
    own: 204,
  },
  { route: 'GET /threads/{thread_id}/state', path: ({ threadId }) => `/threads/${threadId}/state`, own: 200 },
  {
    route: 'POST /threads/{thread_id}/state',
    path: ({ threadId }) => `/threads/${threadId}/state`,
    body: { values: { delayMs: 0 }, as_node: 'agent' },
    own: 200,
  },
  {
    route: 'POST /threads/{thread_id}/state/checkpoint',
    path: ({ threadId }) => `/threads/${threadId}/state/checkpoint`,
    body: { checkpoint: {} },
    own: 200,
  },
  {
    route: 'GET /threads/{thread_id}/state/{checkpoint_id}',
    path: ({ threadId, checkpointId }) => `/threads/${threadId}/state/${checkpointId}`,
    own: 200,
  },
  { route: 'GET /threads/{thread_id}/history', path: ({ threadId }) => `/threads/${threadId}/history`, own: 200 },
  {
    route: 'POST /threads/{thread_id}/history',
    path: ({ threadId }) => `/threads/${threadId}/history`,
    body: {},
    own: 200,
  },
  // Everybody has a store of their own.
  ...(
    [
      ['PUT /store/items', '/store/items', { namespace: ['a'], key: 'k', value: {} }, 204],
      ['GET /store/items', '/store/items?namespace=a&key=k', undefined, 200],
      ['POST /store/items/search', '/store/items/search', {}, 200],
      ['POST /store/namespaces', '/store/namespaces', {}, 200],
      ['DELETE /store/items', '/store/items', { namespace: ['a'], key: 'k' }, 204],
    ] as const
  ).map(([route, path, body, own]) => ({ route, path: () => path, body, own, other: own, missing: own })),
  { route: 'GET /threads/{thread_id}/runs', path: ({ threadId }) => `/threads/${threadId}/runs`, own: 200 },
  { route: 'POST /threads/{thread_id}/runs', path: ({ threadId }) => `/threads/${threadId}/runs`, body: run, own: 200 },
  {
    route: 'GET /threads/{thread_id}/runs/{run_id}',
    path: ({ threadId, runId }) => `/threads/${threadId}/runs/${runId}`,
    own: 200,
  },
  {
    route: 'POST /threads/{thread_id}/runs/{run_id}/cancel',
    path: ({ threadId, runId }) => `/threads/${threadId}/runs/${runId}/cancel`,
    body: {},
    own: 202,
  },
  ...['stream', 'wait'].map((route) => ({
    route: `POST /threads/{thread_id}/runs/${route}`,
    path: ({ threadId }: Things) => `/threads/${threadId}/runs/${route}`,
    body: run,
    own: 200,
  })),
  ...['stream', 'join'].map((route) => ({
    route: `GET /threads/{thread_id}/runs/{run_id}/${route}`,
    path: ({ threadId, runId }: Things) => `/threads/${threadId}/runs/${runId}/${route}`,
    own: 200,
  })),
  { route: 'GET /runs/{run_id}/stream', path: ({ runId }) => `/runs/${runId}/stream`, own: 200 },
  // Of runs without a thread everybody makes their own.
  ...['', '/stream', '/wait'].map((route) => ({
    route: `POST /runs${route}`, path: () => `/runs${route}`, body: run, own: 200, other: 200, missing: 200,
  })),
  { route: 'POST /runs/batch', path: () => '/runs/batch', body: [run], own: 200, other: 200, missing: 200 },
  {
    route: 'POST /runs/cancel',
    path: ({ threadId }) => `/runs/cancel#${threadId}`,
    bodyOf: ({ threadId, runId }) => ({ thread_id: threadId, run_ids: [runId] }),
    own: 204,
  },
  // A thread need not exist for these two.
  {
    route: 'POST /threads/{thread_id}/commands',
    path: ({ threadId }) => `/threads/${threadId}/commands`,
    body: { id: 1, method: 'agent.getTree' },
    own: 200,
    missing: 200,
  },
  {
    route: 'GET /threads/{thread_id}/stream',
    path: ({ threadId }) => `/threads/${threadId}/stream`,
    own: 200,
  },
  {
    route: 'POST /threads/{thread_id}/stream/events',
    path: ({ threadId }) => `/threads/${threadId}/stream/events`,
    body: { channels: ['values'] },
    own: 200,
    missing: 200,
  },
  {
    route: 'POST /threads/{thread_id}/runs/crons',
    path: ({ threadId }) => `/threads/${threadId}/runs/crons`,
    body: cron,
    own: 200,
  },
  ...(['', '/search', '/count'] as const).map((path) => ({
    route: `POST /runs/crons${path}`,
    path: () => `/runs/crons${path}`,
    body: path === '' ? cron : {},
    own: 200,
    other: 200,
    missing: 200,
  })),
  { route: 'GET /runs/crons/{cron_id}', path: ({ cronId }) => `/runs/crons/${cronId}`, own: 200 },
  { route: 'PATCH /runs/crons/{cron_id}', path: ({ cronId }) => `/runs/crons/${cronId}`, body: { enabled: false }, own: 200 },
  { route: 'DELETE /runs/crons/{cron_id}', path: ({ cronId }) => `/runs/crons/${cronId}`, own: 204 },
  { route: 'GET /api/executions', path: () => '/api/executions', own: 200, other: 200, missing: 200 },
  {
    route: 'POST /api/executions',
    path: ({ threadId }) => `/api/executions#${threadId}`,
    body: { patternName: 'agent', input },
    own: 202,
    other: 202,
    missing: 202,
  },
  { route: 'GET /api/executions/{id}', path: ({ executionId }) => `/api/executions/${executionId}`, own: 200 },
  {
    route: 'POST /api/executions/{id}/cancel',
    path: ({ executionId }) => `/api/executions/${executionId}/cancel`,
    body: {},
    own: 200,
  },
  {
    route: 'GET /api/executions/{id}/threads/stream',
    path: ({ executionId }) => `/api/executions/${executionId}/threads/stream`,
    own: 200,
  },
  // What is deleted is there for nobody, so it comes last.
  {
    route: 'DELETE /threads/{thread_id}/runs/{run_id}',
    path: ({ threadId, runId }) => `/threads/${threadId}/runs/${runId}`,
    own: 204,
  },
];

/** The routes of sessions, as `SESSION_ROUTES` has them below each prefix. */
type SessionRoute = [route: string, path: (things: Things) => string, own?: number, body?: object];

const session = (path = '') => ({ sessionId }: Things): string => `/sessions/${sessionId}${path}`;
const sessionThread =
  (path = '') =>
  ({ sessionId, sessionThreadId }: Things): string =>
    `/sessions/${sessionId}/threads/${sessionThreadId}${path}`;
const agent = (path = '') => ({ agentId }: Things): string => `/agents/${agentId}${path}`;
const environment = (path = '') => ({ environmentId }: Things): string => `/environments/${environmentId}${path}`;

/** Prefixes below which sessions are served. */
const SESSION_PREFIXES = ['/v1', '/api/v1/cloud', '/anthropic/v1'];

const SESSION_ROUTES: readonly SessionRoute[] = [
  ['GET /agents/{agent_id}', agent()],
  ['GET /agents/{agent_id}/versions', agent('/versions')],
  ['POST /agents/{agent_id}', agent(), 200, { description: 'new' }],
  ['GET /environments/{environment_id}', environment()],
  ['POST /environments/{environment_id}', environment(), 200, { description: 'new' }],
  ['GET /sessions/{session_id}', session()],
  ['POST /sessions/{session_id}', session(), 200, { title: 'new' }],
  ['GET /sessions/{session_id}/events', session('/events')],
  ['GET /sessions/{session_id}/events/stream', session('/events/stream')],
  [
    'POST /sessions/{session_id}/events',
    session('/events'),
    200,
    { events: [{ type: 'user.message', content: [{ type: 'text', text: 'more' }] }] },
  ],
  ['GET /sessions/{session_id}/threads', session('/threads')],
  ['GET /sessions/{session_id}/threads/{thread_id}', sessionThread()],
  ['GET /sessions/{session_id}/threads/{thread_id}/events', sessionThread('/events')],
  ['GET /sessions/{session_id}/threads/{thread_id}/stream', sessionThread('/stream')],
  // The owner's primary thread is archived only with its session.
  ['POST /sessions/{session_id}/threads/{thread_id}/archive', sessionThread('/archive'), 400, {}],
  ['POST /sessions/{session_id}/archive', session('/archive'), 200, {}],
  ['DELETE /sessions/{session_id}', session()],
  ['POST /agents/{agent_id}/archive', agent('/archive'), 200, {}],
  ['POST /environments/{environment_id}/archive', environment('/archive'), 200, {}],
  ['DELETE /environments/{environment_id}', environment()],
];

/** What makes or lists answers everybody, each with their own. */
const SESSION_COLLECTIONS: readonly [route: string, body?: object][] = [
  ['GET /agents'], ['POST /agents', { name: 'mine', model: 'agent' }],
  ['GET /environments'], ['POST /environments', { name: 'mine' }],
  ['GET /sessions'], ['POST /sessions', { agent: 'agent_agent', environment_id: 'env_default' }],
];

const prefixed = (prefix: string, route: string): string => route.replace(' ', ` ${prefix}`);

function sessionRoutes(prefix: string): WalkedRoute[] {
  return [
    ...SESSION_ROUTES.map(([route, path, own = 200, body]) => ({
      route: prefixed(prefix, route),
      path: (things: Things) => `${prefix}${path(things)}`,
      own,
      body,
      group: prefix,
    })),
    ...SESSION_COLLECTIONS.map(([route, body]) => ({
      route: prefixed(prefix, route),
      path: () => `${prefix}${route.split(' ')[1]}`,
      own: 200,
      other: 200,
      missing: 200,
      body,
      group: prefix,
    })),
  ];
}

/** Every route. */
export const ROUTES: readonly WalkedRoute[] = [
  ...ASSISTANT_ROUTES, ...OWN_ROUTES, ...SESSION_PREFIXES.flatMap(sessionRoutes),
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
