import { Logger } from '@nestjs/common';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Settings } from '../config/settings.js';
import type { CorsConfig } from '../graphs/loading/config/http-config.js';
import { OriginGuard } from './origin-guard.js';
import { NO_SNIFFING } from './response-headers.js';

/** Refusals that are told in the log: each once, for the page that was refused cannot read why. */
const MAX_TOLD = 100;

/**
 * Puts the guard against foreign pages in front of everything: preflights, upgrades, documentation and unknown paths
 * included. The answer is 403.
 * @param answer makes the body in the form that the clients of the path read
 */
export function guardRequests(
  adapter: FastifyAdapter,
  settings: Settings,
  cors: CorsConfig | null,
  answer: (request: FastifyRequest, reply: FastifyReply, status: number, sentence: string) => object,
): void {
  const guard = new OriginGuard(settings, cors);
  const logger = new Logger('Http');
  const told = new Set<string>();
  adapter.setOnRequestHook((request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    void reply.headers(NO_SNIFFING);
    const refusal = guard.refusal(request.raw);
    if (refusal === null) {
      // Chrome asks this before a page may reach a server in a more private network than its own.
      if (request.headers['access-control-request-private-network'] === 'true') {
        void reply.header('access-control-allow-private-network', 'true');
      }
      return done();
    }
    if (told.size < MAX_TOLD && !told.has(refusal)) {
      told.add(refusal);
      logger.warn({ status: 403, reason: refusal }, 'a request was refused');
    }
    void reply.code(403).send(answer(request, reply, 403, refusal));
  });
}
