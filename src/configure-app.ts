import type { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiKeys } from './auth/api-keys.js';
import { authenticateRequests } from './auth/authentication.js';
import type { Settings } from './config/settings.js';
import { errorBody } from './http/error-body.js';
import { type HttpConfig, PLAIN_HTTP } from './graphs/loading/config/http-config.js';
import { disableRoutes } from './http/disabled-routes.js';
import { guardRequests } from './http/guard-requests.js';
import { openApiDocument } from './http/openapi-document.js';
import { PathwiseExceptionFilter } from './http/pathwise-exception-filter.js';
import { isSessionPath, newRequestId, sessionErrorBody } from './surfaces/sessions/session-error.js';
import { RequestValidationPipe } from './http/request-validation-pipe.js';

const KEY_NEEDED = 'A valid API key is needed: x-api-key, or Authorization: Bearer';

/** Headers that a browser's code may read; SDKs take run ids and reconnection paths from them. */
const EXPOSED_HEADERS = [
  'Content-Location', 'Location', 'X-Pagination-Total', 'X-Pagination-Next', 'Threadlog-Missed', 'Threadlog-Oldest-Seq',
  'Threadlog-Namespaces', 'request-id',
];

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/**
 * What every request passes: the guard against foreign pages, CORS, keys, validation, the one exception filter; and
 * `/docs` with `/openapi.json`. `http` is that section of langgraph.json. Call it once, before `app.listen()`; the app
 * must be made on `createAdapter(settings)`.
 */
export function configureApp(
  app: NestFastifyApplication,
  settings: Settings,
  { cors, disabled }: HttpConfig = PLAIN_HTTP,
): void {
  guardRequests(app.getHttpAdapter() as unknown as FastifyAdapter, settings, cors, refusal);
  app.enableCors({
    // What the guard has let through.
    origin: true,
    methods: [...(cors?.methods ?? METHODS)],
    ...(cors?.headers ? { allowedHeaders: [...cors.headers] } : {}),
    exposedHeaders: [...EXPOSED_HEADERS, ...(cors?.exposedHeaders ?? [])],
    credentials: cors?.allowsCredentials ?? false,
    maxAge: cors?.maxAge ?? 600,
  });
  disableRoutes(app.getHttpAdapter().getInstance(), disabled);
  authenticateRequests(app.getHttpAdapter().getInstance(), new ApiKeys(settings.AUTH_API_KEYS), (request, reply) =>
    refusal(request, reply, 401, KEY_NEEDED),
  );
  app.useGlobalPipes(new RequestValidationPipe(settings));
  app.useGlobalFilters(new PathwiseExceptionFilter());
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Threadlog',
  });
}

/** The answer to a request that goes no further, in the form that the clients of the path read. */
function refusal(request: FastifyRequest, reply: FastifyReply, status: number, sentence: string): object {
  const path = request.url.split('?')[0] as string;
  if (path.startsWith('/api/executions')) return { error: sentence };
  if (!isSessionPath(path)) return errorBody(status, sentence);
  const requestId = newRequestId();
  void reply.header('request-id', requestId);
  return sessionErrorBody(status, sentence, requestId, path);
}
