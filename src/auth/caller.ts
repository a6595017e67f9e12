/** Who is calling. `owner` is null while no authentication is configured: such a caller owns everything unowned. */
export interface Caller {
  readonly owner: string | null;
}

/** The caller of a server without authentication. */
export const ANYONE: Caller = Object.freeze({ owner: null });

/** What authentication leaves on a request, be it an HTTP request or a WebSocket upgrade. */
export interface CallerCarrier {
  caller?: Caller;
}

/** The caller of a request; `ANYONE` when nothing authenticated it. */
export function callerOf(request: CallerCarrier): Caller {
  return request.caller ?? ANYONE;
}
