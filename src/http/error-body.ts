import { STATUS_CODES } from 'node:http';

/**
 * The body of every error that is no 422: a sentence under the names that clients read (the Python SDK reads `message`,
 * `detail` or `error`), and a code such as `not_found`.
 */
export interface ErrorBody {
  detail: string;
  message: string;
  error: string;
}

/** The error body of a status; `code` is made from the name of the status unless given. */
export function errorBody(status: number, sentence: string, code = statusCode(status)): ErrorBody {
  return { detail: sentence, message: sentence, error: code };
}

function statusCode(status: number): string {
  return (STATUS_CODES[status] ?? 'error').toLowerCase().replaceAll(/[^a-z]+/g, '_');
}
