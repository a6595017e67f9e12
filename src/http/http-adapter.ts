import type { ServerOptions } from 'node:http';
import { HttpException, UnprocessableEntityException, UnsupportedMediaTypeException } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyServerOptions } from 'fastify';
import type { Settings } from '../config/settings.js';
import { validationIssue } from '../protocol/validation-issue.js';
import { ClientJsonError, parseClientJson } from '../validation/client-json.js';
import { answerClientError } from './client-error.js';
import { errorBody } from './error-body.js';
import { inTurn } from './pipelined-requests.js';
import { NO_SNIFFING } from './response-headers.js';
import { unusedConnections } from './unused-connections.js';

/**
 * Longer path parameters are answered 414 by the router; below it our own rules speak (a thread id has 255 characters).
 */
const MAX_PATH_PARAMETER = 2_048;
/** Headers are small: they need not have the time of a body. */
const MAX_HEADERS_MS = 60_000;
/** How often connections are looked at whose request is not complete. */
const CHECK_INTERVAL_MS = 5_000;

/**
 * The Fastify adapter of the server: JSON bodies only, within `MAX_BODY_BYTES`, `MAX_BODY_DEPTH` and
 * `MAX_BODY_CONTAINERS`.
 * A request must have come within `REQUEST_TIMEOUT_MS`; its answer may take as long as it likes.
 * An empty body with a JSON content type counts as `{}`. On the routes of LangGraph JSON may come as `text/plain`; any
 * other content type is 415.
 */
export function createAdapter(settings: Settings): FastifyAdapter {
  const options: FastifyServerOptions & { http: ServerOptions } = {
    bodyLimit: settings.MAX_BODY_BYTES,
    routerOptions: { maxParamLength: MAX_PATH_PARAMETER },
    requestTimeout: settings.REQUEST_TIMEOUT_MS,
    http: {
      headersTimeout: Math.min(settings.REQUEST_TIMEOUT_MS, MAX_HEADERS_MS),
      connectionsCheckingInterval: Math.min(settings.REQUEST_TIMEOUT_MS, CHECK_INTERVAL_MS),
    },
    clientErrorHandler: answerClientError,
    // What the router refuses before any hook runs: a malformed URL, an over-long parameter.
    frameworkErrors: (error, _request, reply) => {
      const status = error.statusCode ?? 400;
      const body: unknown = errorBody(status, error.message);
      void (reply as FastifyReply).code(status).headers(NO_SNIFFING).send(body);
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
  fastify.removeContentTypeParser(['application/json', 'text/plain']);
  const readJson = (body: Buffer, done: (error: Error | null, value?: unknown) => void): void => {
    if (body.length === 0) return done(null, {});
    let value: unknown;
    try {
      value = parseClientJson(body, settings);
    } catch (error) {
      return done(error instanceof ClientJsonError ? httpError(error) : (error as Error));
    }
    return done(null, value);
  };
  adapter.useBodyParser('application/json', false, parseOptions, (_request, body, done) => readJson(body, done));
  // LangGraph Studio sends its JSON so. A page of another site cannot use it: the guard has refused its origin.
  adapter.useBodyParser('text/plain', false, parseOptions, ({ url }, body, done) =>
    isLangGraphPath(url) ? readJson(body, done) : done(JSON_ONLY()),
  );
  adapter.useBodyParser('application/x-www-form-urlencoded', false, parseOptions, (_request, _body, done) =>
    done(JSON_ONLY()),
  );
  return adapter;
}

const JSON_ONLY = (): HttpException => new UnsupportedMediaTypeException('Send the body as application/json');

/** The session and execution APIs have clients of their own, which say what they send. */
function isLangGraphPath(url = ''): boolean {
  return !/^\/(?:v1|anthropic|api)(?:[/?]|$)/.test(url);
}

function httpError({ status, message }: ClientJsonError): HttpException {
  if (status !== 422) return new HttpException(message, status);
  return new UnprocessableEntityException({ detail: [validationIssue(['body'], message, 'value_error')] });
}
