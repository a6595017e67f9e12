import { plainToInstance } from 'class-transformer';
import { type ValidationError, validateSync } from 'class-validator';
import { ProtocolError } from '../protocol/protocol-error.js';

/**
 * The parameters of a command as an instance of its class, checked by the class's rules; unknown keys are ignored.
 * @throws ProtocolError `invalid_argument` that names the first wrong parameter
 */
export function readParams<T extends object>(type: new () => T, params: Record<string, unknown>): T {
  const instance = plainToInstance(type, params, { enableImplicitConversion: false });
  const [first] = validateSync(instance, { stopAtFirstError: true });
  if (first) throw new ProtocolError('invalid_argument', sentence(first));
  return instance;
}

function sentence(error: ValidationError): string {
  const own = Object.values(error.constraints ?? {})[0];
  const child = error.children?.[0];
  return own ?? (child ? `${error.property}: ${sentence(child)}` : `${error.property} is not valid`);
}
