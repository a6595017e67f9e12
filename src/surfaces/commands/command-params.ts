import type { ValidationError } from 'class-validator';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { type Limits, readFields } from '../../validation/read-fields.js';

/**
 * The parameters of a command as an instance of its class (`readFields`); unknown keys are ignored.
 * @param limits the settings, where the class has a field that is limited by one
 * @throws ProtocolError `invalid_argument` that names the first wrong parameter
 */
export function readParams<T extends object>(
  type: new () => T,
  params: Record<string, unknown>,
  limits: Limits = {},
): T {
  const read = readFields(type, params, limits);
  if ('fields' in read) return read.fields;
  throw new ProtocolError('invalid_argument', sentence(read.errors[0]));
}

function sentence(error: ValidationError | undefined): string {
  if (!error) return 'params is not valid';
  const own = Object.values(error.constraints ?? {})[0];
  const child = error.children?.[0];
  return own ?? (child ? `${error.property}: ${sentence(child)}` : `${error.property} is not valid`);
}
