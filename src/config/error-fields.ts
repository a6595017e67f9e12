/** How far a chain of causes is followed. */
const MAX_CAUSES = 5;

/** What a log line says of an error. */
export interface ErrorFields {
  type: string;
  message: string;
  code?: string;
  stack?: string;
  cause?: ErrorFields;
}

/**
 * Name, message, code, stack and causes, and nothing else: errors of HTTP clients carry the request, and with it keys
 * and payloads.
 */
export function describeError(error: unknown, depth = MAX_CAUSES): ErrorFields {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === 'string' && { code }),
    ...(error.stack !== undefined && { stack: error.stack }),
    ...(error.cause !== undefined && depth > 0 && { cause: describeError(error.cause, depth - 1) }),
  };
}
