import type { Awaitable } from '../awaitable.js';

/** Rows that one transaction of retention or compaction looks at, moves or removes, at most. */
export const MAX_STEP_ROWS = 500;

/** A row that may go, and what it frees. */
export interface SizedRow {
  readonly seq: number;
  /** Bytes of its envelope. */
  readonly bytes: number;
}

/** A row as retention looks at it; `timestamp` in epoch ms, `namespace` is JSON text. */
export interface AgedRow extends SizedRow {
  readonly kind: number;
  readonly channel: string;
  readonly namespace: string;
  readonly timestamp: number;
}

/** A root lifecycle event; `timestamp` in epoch ms. */
export interface RootLifecycle {
  readonly seq: number;
  readonly timestamp: number;
  readonly runId: string | null;
  readonly event: string;
}

/** A row that a later one may have made superfluous. */
export interface ReplaceableRow extends SizedRow {
  readonly channel: 'values' | 'tasks' | 'messages' | 'checkpoints';
  readonly namespace: string;
  /** The envelope of a `messages` row, else null. */
  readonly envelope: string | null;
  /** 1 for a `tasks` row that says a task's input, else 0. */
  readonly isTaskStart: number;
}

/** Seqs above `after` up to and with `through`. */
export interface SeqRange {
  readonly threadKey: number;
  readonly after: number;
  readonly through: number;
}

/** What retention and compaction read. Every read is bounded; what they remove goes through `LogStorage.commit`. */
export abstract class LogUpkeep {
  /** Threads that have events, by rising key above `after`, `limit` at most. */
  abstract threadsAfter(after: number, limit: number): Awaitable<{ threadKey: number; threadId: string }[]>;

  /** Makes removals from a thread cheap, in short transactions of the engine's own; stops between two when aborted. */
  abstract prepareRemoval(threadKey: number, signal?: AbortSignal): Promise<void>;

  /** Rows of a range in seq order, `limit` at most. */
  abstract agedRows(range: SeqRange, limit: number): Awaitable<AgedRow[]>;

  /** The seq that stands `offset` rows below `seq`, or null when there are not so many. */
  abstract seqBelow(threadKey: number, seq: number, offset: number): Awaitable<number | null>;

  /** The first root lifecycle event of a range, or null. */
  abstract firstLifecycle(range: SeqRange): Awaitable<RootLifecycle | null>;

  /** The last root lifecycle event of a run up to `through`, or null. */
  abstract lastLifecycle(threadKey: number, runId: string, through: number): Awaitable<RootLifecycle | null>;

  /** Rows from one end of a range: as many as may be parsed without holding the loop, one at least. */
  abstract replaceableRows(range: SeqRange, from: 'start' | 'end'): Awaitable<ReplaceableRow[]>;
}
