import { UnauthorizedException } from '@nestjs/common';

/** Who is calling. `owner` is null while no authentication is configured: such a caller owns everything unowned. */
export interface Caller {
  readonly owner: string | null;
}

/** The caller of a server without authentication. */
export const ANYONE: Caller = Object.freeze({ owner: null });

/** What authentication leaves on a request, be it an HTTP request or a WebSocket upgrade. */
export interface CallerCarrier {
  /** Absent while no authentication is configured; null when the caller did not identify itself. */
  caller?: Caller | null;
}

/**
 * The caller of a request; `ANYONE` while no authentication is configured.
 * @throws UnauthorizedException (401) when the caller did not identify itself
 */
export function callerOf({ caller }: CallerCarrier): Caller {
  if (caller === null)
    throw new UnauthorizedException('A valid API key is needed: x-api-key, or Authorization: Bearer');
  return caller ?? ANYONE;
}
