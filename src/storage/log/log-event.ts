import type { Filterable } from '../../protocol/event-filter.js';

/** One event as it is stored. `envelope` is the JSON text that every reader gets; `namespace` is JSON text too. */
export interface LogEvent extends Filterable {
  readonly seq: number;
  readonly kind: number;
  readonly method: string;
  readonly runId: string | null;
  /** Marked as one that a stream without cursor skips. */
  readonly cursorOnly: boolean;
  readonly envelope: string;
}
