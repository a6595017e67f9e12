import type { LogRow } from './log-row.js';

/** How a run, or a graph inside it, ended. */
export interface Terminal {
  readonly how: 'completed' | 'failed' | 'interrupted';
  /** What is said of a failure, if anything. */
  readonly error: unknown;
  /** A run that was only there to refuse an answer: nothing of the graph was run. */
  readonly isRefusal: boolean;
}

/** The end that a `lifecycle` row tells of, or null: its namespace says whose. */
export function terminalOf({ data: { event, error, reason } }: LogRow): Terminal | null {
  if (event !== 'completed' && event !== 'failed' && event !== 'interrupted') return null;
  return { how: event, error: error ?? null, isRefusal: reason === 'unknown_interrupt' };
}
