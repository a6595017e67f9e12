import type { ProtocolErrorCode } from '../../protocol/protocol-error.js';
import type { CommandResult } from './command.js';

export interface ResponseMeta {
  readonly thread_id: string;
  readonly applied_through_seq: number;
}

export interface SuccessResponse {
  readonly type: 'success';
  readonly id: number;
  readonly result: Record<string, unknown>;
  readonly meta: ResponseMeta;
}

export interface ErrorResponse {
  readonly type: 'error';
  readonly id: number | null;
  readonly error: ProtocolErrorCode;
  readonly message: string;
  readonly meta?: ResponseMeta;
}

export type CommandResponse = SuccessResponse | ErrorResponse;

export function success(id: number, threadId: string, { result, appliedThroughSeq }: CommandResult): SuccessResponse {
  return { type: 'success', id, result, meta: { thread_id: threadId, applied_through_seq: appliedThroughSeq } };
}

export function failure(
  id: number | null,
  code: ProtocolErrorCode,
  message: string,
  meta?: ResponseMeta,
): ErrorResponse {
  return { type: 'error', id, error: code, message, ...(meta ? { meta } : {}) };
}
