import { randomBytes } from 'node:crypto';

/** Names of errors, as clients of the session API know them. */
export type SessionErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'permission_error'
  | 'not_found_error'
  | 'not_found'
  | 'conflict_error'
  | 'rate_limit_error'
  | 'api_error'
  | 'overloaded_error';

/** The body of every error of the session API. */
export interface SessionErrorBody {
  readonly type: 'error';
  readonly error: { readonly type: SessionErrorType; readonly message: string };
  readonly request_id: string;
}

const TYPES: Readonly<Record<number, SessionErrorType>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  409: 'conflict_error',
  429: 'rate_limit_error',
  503: 'overloaded_error',
};

/** Every path of the session API, under each of its prefixes. */
const SESSION_PATH = /^(?:\/anthropic)?\/v1\/|^\/api\/v1\/cloud\//;
/** The one path on which a missing session is `not_found`. */
const SANDBASE_PATH = /^\/v1\/sessions\/[^/]+\/events\/stream\/?$/;

export function isSessionPath(path: string): boolean {
  return SESSION_PATH.test(path);
}

export function newRequestId(): string {
  return `req_${randomBytes(12).toString('hex')}`;
}

/** The error's name is made from the status; 400 for whatever else the client did wrong. */
export function sessionErrorBody(status: number, message: string, requestId: string, path: string): SessionErrorBody {
  const plain = TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
  const type = plain === 'not_found_error' && SANDBASE_PATH.test(path) ? 'not_found' : plain;
  return { type: 'error', error: { type, message }, request_id: requestId };
}
