import { type EventDraft, draftBytes } from './event-draft.js';
import type { ThreadTransaction } from './thread-transaction.js';

/** Threads that a flush touches at least, and events per thread that it has fewer of, for them to go into `recent_events`. */
const SCATTERED_THREADS = 4;
const SCATTERED_ROWS = 8;
/** Bytes per thread that it has fewer of: larger events fill pages of their own wherever they are. */
const SCATTERED_BYTES = 4_096;

/** What one call hands to the log; all units that wait go into one transaction. */
export interface FlushUnit {
  readonly threadId: string;
  readonly bytes: number;
  /** Waits while the database cannot write; otherwise it is refused, having changed nothing. */
  readonly waits: boolean;
  /** Events and nothing else: by far the most units are this, so they have no function of their own. */
  readonly drafts: readonly EventDraft[];
  readonly work: ((transaction: ThreadTransaction) => unknown) | null;
  /** Null when nobody waits for it. */
  readonly resolve: ((value: unknown) => void) | null;
  readonly reject: (error: unknown) => void;
}

/** Whether a flush touches many threads with few events each: then their place in `events` is the dearer one. */
export function isScattered(units: readonly FlushUnit[]): boolean {
  if (units.length < SCATTERED_THREADS) return false;
  const threads = new Set<string>();
  let rows = 0;
  let size = 0;
  for (const { threadId, drafts, bytes } of units) {
    threads.add(threadId);
    rows += drafts.length;
    size += bytes;
  }
  return threads.size >= SCATTERED_THREADS && rows < threads.size * SCATTERED_ROWS && size < threads.size * SCATTERED_BYTES;
}

/** Bytes that the drafts hold in memory. */
export function bytesOf(drafts: readonly EventDraft[]): number {
  let bytes = 0;
  for (const draft of drafts) bytes += draftBytes(draft);
  return bytes;
}
