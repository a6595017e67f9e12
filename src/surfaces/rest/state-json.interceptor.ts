import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { map, type Observable } from 'rxjs';
import { stateJson } from '../../graphs/state-json.js';

/** Writes an answer that holds graph state as the event stream writes it (`stateJson`). */
@Injectable()
export class StateJsonInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<string | undefined> {
    const reply = context.switchToHttp().getResponse<{ header(name: string, value: string): unknown }>();
    return next.handle().pipe(
      map((value) => {
        if (value === undefined) return undefined;
        const text = stateJson(value);
        reply.header('content-type', 'application/json; charset=utf-8');
        return text;
      }),
    );
  }
}
