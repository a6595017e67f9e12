import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ApiKeys } from './api-keys.js';
import type { CallerCarrier } from './caller.js';

/** Routes that tell nothing of anybody: load balancers and documentation need no key. */
const OPEN_ROUTES = /^\/(?:ok|ready|info|openapi\.json|docs(?:\/.*)?)$/;

/** The key of a request: `x-api-key`, or `Authorization: Bearer`. */
export function keyOf(headers: FastifyRequest['headers']): string | null {
  const { 'x-api-key': key, authorization } = headers;
  if (typeof key === 'string' && key !== '') return key;
  return /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? null;
}

/** Mark, in the `config` of a route, of those that refuse a caller themselves, by the close code of a WebSocket. */
export const REFUSES_BY_CLOSE_CODE = { refusesByCloseCode: true } as const;

/**
 * Finds out who calls, before anything else looks at the request; without a known key the answer is `refuse`'s (401).
 * The upgrade of a route that is marked is let through without a caller: a browser can read a close code, and nothing
 * of a refused upgrade. Any other upgrade is a request like all.
 */
export function authenticateRequests(
  fastify: FastifyInstance,
  keys: ApiKeys,
  refuse: (request: FastifyRequest, reply: FastifyReply) => unknown,
): void {
  if (!keys.required) return;
  fastify.addHook('onRequest', async (request: FastifyRequest & CallerCarrier, reply: FastifyReply) => {
    const path = request.url.split('?')[0] as string;
    if (request.method === 'OPTIONS' || OPEN_ROUTES.test(path)) return;
    const key = keyOf(request.headers);
    const owner = key === null ? null : keys.ownerOf(key);
    request.caller = owner === null ? null : { owner };
    const isUpgrade = request.headers.upgrade?.toLowerCase() === 'websocket';
    if (owner === null && !(isUpgrade && 'refusesByCloseCode' in request.routeOptions.config)) {
      await reply.code(401).header('www-authenticate', 'Bearer').send(refuse(request, reply));
    }
  });
}
