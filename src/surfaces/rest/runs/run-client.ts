import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { callerOf, type CallerCarrier } from '../../../auth/caller.js';
import type { RunClient } from './run-creation.js';

/** A handler's parameter: who asks for a run, and the headers that came with it. */
export const CurrentRunClient = createParamDecorator((_: unknown, context: ExecutionContext): RunClient => {
  const request = context.switchToHttp().getRequest<FastifyRequest & CallerCarrier>();
  return { caller: callerOf(request), headers: request.headers };
});
