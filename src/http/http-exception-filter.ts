import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import { STORAGE_UNAVAILABLE, isStorageUnavailable } from '../storage/storage-errors.js';
import { clientErrorStatus } from '../protocol/client-error-status.js';
import { errorBody } from './error-body.js';

/** What the filter uses of a Fastify reply. */
interface Reply {
  sent: boolean;
  raw: { headersSent: boolean; destroy(): void };
  code(status: number): Reply;
  header(name: string, value: string): Reply;
  send(body: unknown): unknown;
}

interface Answer {
  status: number;
  body: object;
}

/**
 * The one place where an exception becomes an HTTP answer: 422 as `{detail: [{loc, msg, type}]}`, any other as
 * `{detail, message, error}`, 503 while the database cannot write. Unexpected ones are logged with their stack and
 * answered 500 without internals.
 */
@Catch()
export class HttpExceptionFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  catch(exception: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<Reply>();
    const { status, body } = this.answer(exception);
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    reply.code(status).header('content-type', 'application/json; charset=utf-8').send(JSON.stringify(body));
  }

  private answer(exception: unknown): Answer {
    if (exception instanceof HttpException) return httpAnswer(exception);
    if (isStorageUnavailable(exception)) {
      this.logger.warn({ err: exception }, 'the database cannot answer');
      return { status: 503, body: errorBody(503, STORAGE_UNAVAILABLE, 'storage_unavailable') };
    }
    const status = clientErrorStatus(exception);
    if (status !== null) return { status, body: errorBody(status, (exception as Error).message) };
    this.logger.error({ err: exception }, 'unexpected error');
    return { status: 500, body: errorBody(500, 'Internal server error') };
  }
}

/** A 422 keeps its `detail` list; a thrower may give `{message, error}` to choose the code. */
function httpAnswer(exception: HttpException): Answer {
  const status = exception.getStatus();
  const given = exception.getResponse();
  if (typeof given === 'object') {
    const { detail, error } = given as { detail?: unknown; error?: unknown };
    if (Array.isArray(detail)) return { status, body: given };
    const isCode = typeof error === 'string' && /^[a-z_]+$/.test(error);
    return { status, body: errorBody(status, exception.message, isCode ? error : undefined) };
  }
  return { status, body: errorBody(status, exception.message) };
}
