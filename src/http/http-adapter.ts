import { BadRequestException, UnsupportedMediaTypeException } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyServerOptions } from 'fastify';
import type { Settings } from '../config/settings.js';
import { errorBody } from './error-body.js';
import { nestsDeeperThan } from './json-nesting.js';
import { inTurn } from './pipelined-requests.js';
import { unusedConnections } from './unused-connections.js';

/** Longer path parameters are answered 414 by the router; below it our own rules speak (a thread id has 255 characters). */
const MAX_PATH_PARAMETER = 2_048;

/**
 * The Fastify adapter of the server: JSON bodies only, of at most `MAX_BODY_BYTES` and `MAX_BODY_DEPTH`.
 * An empty body with a JSON content type counts as `{}`; any other content type is 415.
 */
export function createAdapter(settings: Settings): FastifyAdapter {
  const options: FastifyServerOptions = {
    bodyLimit: settings.MAX_BODY_BYTES,
    routerOptions: { maxParamLength: MAX_PATH_PARAMETER },
    // What the router refuses before any hook runs: a malformed URL, an over-long parameter.
    frameworkErrors: (error, _request, reply) => {
      const status = error.statusCode ?? 400;
      const body: unknown = errorBody(status, error.message);
      void (reply as FastifyReply).code(status).send(body);
    },
  };
  const adapter: FastifyAdapter = new FastifyAdapter(options);
  const parseOptions = { bodyLimit: settings.MAX_BODY_BYTES };
  const fastify = adapter.getInstance();
  fastify.addHook('onRequest', (request, reply, done) => inTurn(request.raw, reply.raw, done));
  const cutUnused = unusedConnections(fastify.server);
  fastify.addHook('preClose', (done) => {
    cutUnused();
    done();
  });
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeContentTypeParser(['application/json', 'text/plain']);
  adapter.useBodyParser('application/json', false, parseOptions, (request, body, done) => {
    const bytes = body;
    if (bytes.length === 0) return done(null, {});
    if (nestsDeeperThan(bytes, settings.MAX_BODY_DEPTH)) {
      return done(new BadRequestException(`The body nests deeper than ${settings.MAX_BODY_DEPTH} levels`));
    }
    return void parseJson(request, decodeUtf8(bytes), done);
  });
  adapter.useBodyParser('application/x-www-form-urlencoded', false, parseOptions, (_request, _body, done) =>
    done(new UnsupportedMediaTypeException('Send the body as application/json')),
  );
  return adapter;
}

/** @throws BadRequestException when the bytes are no UTF-8: replacing them silently would change the user's text */
function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new BadRequestException('The body is not valid UTF-8');
  }
}
