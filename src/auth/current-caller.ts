import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { callerOf, type Caller, type CallerCarrier } from './caller.js';

/** A handler's parameter: the `Caller` of the request. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller =>
  callerOf(context.switchToHttp().getRequest<CallerCarrier>()),
);
