import { isNativeError } from 'node:util/types';

/** The status of an error that the HTTP server itself raised for a bad request, else null. */
export function clientErrorStatus(exception: unknown): number | null {
  if (!isNativeError(exception) || !('statusCode' in exception) || !('code' in exception)) return null;
  const status = exception.statusCode;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : null;
}
