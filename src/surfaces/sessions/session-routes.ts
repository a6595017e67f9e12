import {
  applyDecorators,
  type CallHandler,
  Controller,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UseFilters,
  UseInterceptors,
} from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { newRequestId } from './session-error.js';
import { SessionErrorFilter } from './session-error.filter.js';
import type { LimitRule } from './session-query.js';
import { profileOf } from './reading/session-mode.js';

/** Where the session API is mounted; what a prefix changes is in docs/sessions.md, Modes. */
const PREFIXES = ['v1', 'api/v1/cloud', 'anthropic/v1'];

/** Every answer has an id that a client can name when something is wrong. */
@Injectable()
class RequestIds implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    void context.switchToHttp().getResponse<FastifyReply>().header('request-id', newRequestId());
    return next.handle();
  }
}

/** A controller of the session API, under all of its prefixes. */
export function SessionController(path: string, tag: string): ClassDecorator {
  return applyDecorators(
    ApiTags(tag),
    Controller(PREFIXES.map((prefix) => `${prefix}/${path}`)),
    UseFilters(SessionErrorFilter),
    UseInterceptors(RequestIds),
    ApiResponse({ status: 400, description: 'invalid_request_error' }),
    ApiResponse({ status: 401, description: 'authentication_error' }),
    ApiResponse({ status: 404, description: 'not_found_error: it does not exist, or is owned by another user' }),
  );
}

/**
 * The page size of a request: stock clients of the Anthropic API ask for more than others may, and get what there is.
 */
export function limitRule({ url, headers }: FastifyRequest, max: number): LimitRule {
  const isManaged =
    profileOf(url) === 'anthropic' || String(headers['anthropic-beta'] ?? '').includes('managed-agents');
  const isAnthropic = profileOf(url) === 'anthropic';
  return {
    fallback: isAnthropic ? max : Math.min(20, max),
    max: isManaged ? max : Math.min(100, max),
    clamps: isManaged,
  };
}
