import type { Command } from '../commands/command.js';
import { type ErrorResponse, failure } from '../commands/command-response.js';

/** Reads one text frame; anything that is no command gives the `invalid_argument` to answer with. */
export function readSocketCommand(text: string | null): Command | ErrorResponse {
  if (text === null) return failure(null, 'invalid_argument', 'Send each command as one text frame of JSON.');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return failure(null, 'invalid_argument', 'The frame is not JSON.');
  }
  const { id, method, params } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 0) {
    return failure(null, 'invalid_argument', 'id must be an integer of at least 0.');
  }
  if (typeof method !== 'string' || method === '') return failure(id, 'invalid_argument', 'method must be a string.');
  if (params !== undefined && params !== null && (typeof params !== 'object' || Array.isArray(params))) {
    return failure(id, 'invalid_argument', 'params must be an object.');
  }
  return { id, method, params: (params ?? {}) as Record<string, unknown> };
}
