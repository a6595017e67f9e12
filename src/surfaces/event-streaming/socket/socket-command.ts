import type { Command } from '../../commands/command.js';
import { type ErrorResponse, failure } from '../../commands/command-response.js';
import type { Settings } from '../../../config/settings.js';
import { ClientJsonError, parseClientJson } from '../../../validation/client-json.js';

/** Reads one text frame; anything that is no command gives the `invalid_argument` to answer with. */
export function readSocketCommand(frame: Buffer | null, settings: Settings): Command | ErrorResponse {
  if (frame === null) return failure(null, 'invalid_argument', 'Send each command as one text frame of JSON.');
  let value: unknown;
  try {
    value = parseClientJson(frame, settings);
  } catch (error) {
    if (!(error instanceof ClientJsonError)) throw error;
    return failure(idOf(fieldsOf(error.value)), 'invalid_argument', `${error.message}.`);
  }
  const fields = fieldsOf(value);
  const { method, params } = fields;
  const id = idOf(fields);
  if (id === null) return failure(null, 'invalid_argument', 'id must be an integer of at least 0.');
  if (typeof method !== 'string' || method === '') return failure(id, 'invalid_argument', 'method must be a string.');
  if (params !== undefined && params !== null && (typeof params !== 'object' || Array.isArray(params))) {
    return failure(id, 'invalid_argument', 'params must be an object.');
  }
  return { id, method, params: (params ?? {}) as Record<string, unknown> };
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
}

function idOf({ id }: Record<string, unknown>): number | null {
  return typeof id === 'number' && Number.isInteger(id) && id >= 0 ? id : null;
}
