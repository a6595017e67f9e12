import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';

/**
 * One line at debug for each request that was answered, for a stream when it is over: method, path, status,
 * milliseconds. No query, header or body: they may hold what nobody else should read. Below that level it costs
 * nothing.
 */
export function logRequests(fastify: FastifyInstance, logger: Logger): void {
  if (!logger.isLevelEnabled('debug')) return;
  fastify.addHook('onResponse', (request, reply, done) => {
    const [path] = request.url.split('?');
    logger.debug(
      { method: request.method, path, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      'request',
    );
    done();
  });
}
