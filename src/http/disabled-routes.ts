import type { FastifyInstance } from 'fastify';
import type { RouteGroup } from '../graphs/loading/config/http-config.js';
import { errorBody } from './error-body.js';

/** The group of each route, the first that fits; runs are told from the threads that they are on. */
const GROUPS: readonly [group: RouteGroup, path: RegExp][] = [
  ['crons', /^\/(?:runs|threads\/[^/]+\/runs)\/crons(?:\/|$)/],
  ['runs', /^\/runs(?:\/|$)/],
  ['runs', /^\/threads\/[^/]+\/(?:runs|commands|stream)(?:\/|$)/],
  ['threads', /^\/threads(?:\/|$)/],
  ['assistants', /^\/assistants(?:\/|$)/],
  ['store', /^\/store(?:\/|$)/],
  ['meta', /^\/(?:info|docs|openapi\.json)(?:\/|$)/],
];

/** Answers 404 on the routes that langgraph.json switches off (`http.disable_runs` and the like), upgrades included. */
export function disableRoutes(fastify: FastifyInstance, disabled: ReadonlySet<RouteGroup>): void {
  if (disabled.size === 0) return;
  fastify.addHook('onRequest', (request, reply, done) => {
    const path = request.url.split('?')[0] as string;
    const group = GROUPS.find(([, pattern]) => pattern.test(path))?.[0];
    if (group === undefined || !disabled.has(group)) return done();
    const sentence = `${path} is switched off by http.disable_${group} in langgraph.json`;
    void reply.code(404).send(errorBody(404, sentence));
  });
}
