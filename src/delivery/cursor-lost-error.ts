/**
 * Events that an open reader was still to get were removed before it read them. Its stream is cut; when the client
 * comes back its cursor gets the sign of loss (docs/event-stream.md, Signs of loss).
 */
export class CursorLostError extends Error {
  constructor(cursor: number) {
    super(`Events above seq ${cursor} were removed before they were read.`);
    this.name = 'CursorLostError';
  }
}
