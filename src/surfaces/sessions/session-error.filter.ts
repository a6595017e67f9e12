import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { STORAGE_UNAVAILABLE, isStorageUnavailable } from '../../storage/storage-errors.js';
import { clientErrorStatus } from '../../protocol/client-error-status.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { newRequestId, sessionErrorBody } from './session-error.js';

/** Turns what a handler of the session API throws into the error that its clients read. */
@Catch()
export class SessionErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger('Sessions');

  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    const path = http.getRequest<FastifyRequest>().url.split('?')[0] as string;
    if (reply.sent || reply.raw.headersSent) return void reply.raw.destroy();
    const { status, message } = this.answer(exception);
    const requestId = newRequestId();
    // A refusal that depends on the state of the session stays one, however often it is tried.
    if (status === 409) void reply.header('x-should-retry', 'false');
    void reply
      .code(status)
      .header('content-type', 'application/json; charset=utf-8')
      .header('request-id', requestId)
      .send(JSON.stringify(sessionErrorBody(status, message, requestId, path)));
  }

  private answer(exception: unknown): { status: number; message: string } {
    if (exception instanceof HttpException) {
      const status = exception.getStatus();
      return { status: status === 422 ? 400 : status, message: messageOf(exception) };
    }
    if (exception instanceof ProtocolError) return { status: 400, message: exception.message };
    if (isStorageUnavailable(exception)) return { status: 503, message: STORAGE_UNAVAILABLE };
    const status = clientErrorStatus(exception);
    if (status !== null) return { status, message: (exception as Error).message };
    this.logger.error({ err: exception }, 'unexpected error');
    return { status: 500, message: 'Internal server error' };
  }
}

/** The first issue of a validation error says more than its name. */
function messageOf(exception: HttpException): string {
  const { detail } = Object(exception.getResponse()) as { detail?: { loc: (string | number)[]; msg: string }[] };
  const issue = Array.isArray(detail) ? detail[0] : undefined;
  return issue ? `${issue.loc.slice(1).join('.')}: ${issue.msg}` : exception.message;
}
