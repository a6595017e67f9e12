import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import { STORAGE_UNAVAILABLE, isStorageUnavailable } from '../../storage/storage-errors.js';
import { ProtocolError } from '../../protocol/protocol-error.js';

/** What the filter uses of a reply. */
interface Reply {
  readonly sent: boolean;
  readonly raw: { headersSent: boolean; destroy(): void };
  code(status: number): Reply;
  header(name: string, value: string): Reply;
  send(body: unknown): unknown;
}

/** Answers every error of the execution routes as `{error: "sentence"}`. */
@Catch()
export class ExecutionErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger(ExecutionErrorFilter.name);

  catch(exception: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<Reply>();
    const [status, error] = this.answer(exception);
    if (reply.sent || reply.raw.headersSent) return reply.raw.destroy();
    reply.code(status).header('content-type', 'application/json; charset=utf-8').send(JSON.stringify({ error }));
  }

  private answer(exception: unknown): [status: number, error: string] {
    if (exception instanceof HttpException) return httpAnswer(exception);
    // A run that the thread refuses: it is busy, or has too many.
    if (exception instanceof ProtocolError) return [409, exception.message];
    if (isStorageUnavailable(exception)) return [503, STORAGE_UNAVAILABLE];
    this.logger.error({ err: exception }, 'unexpected error');
    return [500, 'Internal server error'];
  }
}

/** What does not pass validation is 400 here, with the first issue in words. */
function httpAnswer(exception: HttpException): [status: number, error: string] {
  const { detail } = exception.getResponse() as { detail?: unknown };
  const [issue] = (Array.isArray(detail) ? detail : []) as { loc: (string | number)[]; msg: string }[];
  return issue ? [400, `${issue.loc.join('.')}: ${issue.msg}`] : [exception.getStatus(), exception.message];
}
