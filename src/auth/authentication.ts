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

/**
 * Finds out who calls, before anything else looks at the request; without a known key the answer is `refuse`'s (401).
 * A WebSocket is let through without a caller: its gateway refuses it by a close code, which a browser can read.
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
    if (owner === null && request.headers.upgrade?.toLowerCase() !== 'websocket') {
      await reply.code(401).header('www-authenticate', 'Bearer').send(refuse(request, reply));
    }
  });
}
