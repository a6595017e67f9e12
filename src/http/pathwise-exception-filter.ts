import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { HttpExceptionFilter } from './http-exception-filter.js';
import { isSessionPath } from '../surfaces/sessions/session-error.js';
import { SessionErrorFilter } from '../surfaces/sessions/session-error.filter.js';

/**
 * Whatever goes wrong before or outside a controller, such as an unknown path or a body that is no JSON, in the form
 * that the clients of the path read.
 */
@Catch()
export class PathwiseExceptionFilter implements ExceptionFilter {
  private readonly sessions = new SessionErrorFilter();
  private readonly others = new HttpExceptionFilter();

  catch(exception: unknown, host: ArgumentsHost): void {
    const { url } = host.switchToHttp().getRequest<{ url: string }>();
    (isSessionPath(url) ? this.sessions : this.others).catch(exception, host);
  }
}
