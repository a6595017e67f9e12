import { randomUUID } from 'node:crypto';
import { sessionIdOf, sessionThreadIdOf } from '../../src/sessions/session-ids.js';
import type { Things, WalkedRoute } from './route-walk.js';

/** Where the session API is mounted. */
export const PREFIXES = ['/v1', '/api/v1/cloud', '/anthropic/v1'] as const;
export type Prefix = (typeof PREFIXES)[number];

/** What can be named under one prefix; each has its own, since some of it is deleted on the way. */
export interface SessionThings {
  readonly sessionId: string;
  readonly primaryId: string;
  readonly agentId: string;
  readonly environmentId: string;
}

/** Ids in the right form that name nothing. */
export function missingSessionThings(): SessionThings {
  const threadId = randomUUID();
  const hex = randomUUID().replaceAll('-', '');
  return { sessionId: sessionIdOf(threadId), primaryId: sessionThreadIdOf(threadId, 'root'), agentId: `agent_${hex}`, environmentId: `env_${hex}` };
}

interface Step extends Omit<WalkedRoute, 'route' | 'path'> {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
}

const everybody = { own: 200, other: 200, missing: 200 };
const message = { type: 'user.message', content: [{ type: 'text', text: 'hello' }] };

/** The routes under a prefix, in the order in which they can be tried on the same things. */
const STEPS: readonly Step[] = [
  { method: 'POST', path: '/agents', body: { name: 'a', model: 'agent' }, ...everybody },
  { method: 'GET', path: '/agents', ...everybody },
  { method: 'GET', path: '/agents/{agent_id}', own: 200 },
  { method: 'POST', path: '/agents/{agent_id}', body: { name: 'b' }, own: 200 },
  { method: 'GET', path: '/agents/{agent_id}/versions', own: 200 },
  { method: 'POST', path: '/agents/{agent_id}/archive', own: 200 },
  { method: 'POST', path: '/environments', body: { name: 'e' }, ...everybody },
  { method: 'GET', path: '/environments', ...everybody },
  { method: 'GET', path: '/environments/{environment_id}', own: 200 },
  { method: 'POST', path: '/environments/{environment_id}', body: { name: 'f' }, own: 200 },
  { method: 'POST', path: '/environments/{environment_id}/archive', own: 200 },
  { method: 'DELETE', path: '/environments/{environment_id}', own: 200 },
  { method: 'POST', path: '/sessions', body: { agent: 'agent_agent' }, ...everybody },
  { method: 'GET', path: '/sessions', ...everybody },
  { method: 'GET', path: '/sessions/{session_id}', own: 200 },
  { method: 'POST', path: '/sessions/{session_id}', body: { title: 't' }, own: 200 },
  { method: 'GET', path: '/sessions/{session_id}/events', own: 200 },
  { method: 'POST', path: '/sessions/{session_id}/events', body: { events: [message] }, own: 200 },
  { method: 'GET', path: '/sessions/{session_id}/events/stream', own: 200 },
  { method: 'GET', path: '/sessions/{session_id}/threads', own: 200 },
  { method: 'GET', path: '/sessions/{session_id}/threads/{thread_id}', own: 200 },
  { method: 'GET', path: '/sessions/{session_id}/threads/{thread_id}/events', own: 200 },
  { method: 'GET', path: '/sessions/{session_id}/threads/{thread_id}/stream', own: 200 },
  // The primary thread goes with its session.
  { method: 'POST', path: '/sessions/{session_id}/threads/{thread_id}/archive', own: 400 },
  { method: 'POST', path: '/sessions/{session_id}/archive', own: 200 },
  { method: 'DELETE', path: '/sessions/{session_id}', own: 200 },
];

/** Every route of the session API. */
export const SESSION_ROUTES: readonly WalkedRoute[] = PREFIXES.flatMap((prefix) =>
  STEPS.map(({ method, path, ...expected }) => ({
    ...expected,
    route: `${method} ${prefix}${path}`,
    path: ({ sessions }: Things) => {
      const { sessionId, primaryId, agentId, environmentId } = sessions?.[prefix] as SessionThings;
      return `${prefix}${path}`.replace('{session_id}', sessionId).replace('{thread_id}', primaryId)
        .replace('{agent_id}', agentId).replace('{environment_id}', environmentId);
    },
  })),
);
