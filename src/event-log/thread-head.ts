import type { Database as SqliteHandle } from 'better-sqlite3';

/** The head row of a thread: where its log stands. It outlives the thread, so that seq never starts again. */
export interface ThreadHead {
  readonly threadKey: number;
  readonly threadId: string;
  lastSeq: number;
  /** Epoch ms of the newest event. */
  lastTimestamp: number;
  /** First seq that a stream without cursor replays. */
  replayFromSeq: number;
  /** First seq that retention has not reached; of what was below it only the snapshot is left. */
  oldestSeq: number;
  /** Up to here compaction may have removed events. */
  compactedThroughSeq: number;
  /** Runs that are active or queued. */
  openRuns: number;
  openInterrupts: number;
  /** Epoch ms at which the newest run was accepted. */
  lastAcceptedAt: number;
}

/** Before the first event: a counter that starts at 1 makes the first event seq 2 (docs/event-stream.md, seq). */
export const SEQ_BEFORE_FIRST = 1;

/** The newest seq that belongs to no unfinished run: neither retention nor compaction goes beyond it. */
export function finishedThrough(head: ThreadHead): number {
  const unfinished = head.openRuns > 0 || head.openInterrupts > 0;
  return unfinished ? head.replayFromSeq - 1 : head.lastSeq;
}

const COLUMNS = `thread_key AS threadKey, thread_id AS threadId, last_seq AS lastSeq, last_timestamp AS lastTimestamp,
  replay_from_seq AS replayFromSeq, oldest_seq AS oldestSeq, compacted_through_seq AS compactedThroughSeq,
  open_runs AS openRuns, open_interrupts AS openInterrupts, last_accepted_at AS lastAcceptedAt`;

/** Reads and writes head rows; synchronous, inside or outside a transaction. */
export class ThreadHeads {
  private readonly select;
  private readonly insert;
  private readonly update;

  constructor(handle: SqliteHandle) {
    this.select = handle.prepare<[string], ThreadHead>(`SELECT ${COLUMNS} FROM thread_heads WHERE thread_id = ?`);
    this.insert = handle.prepare<[string, number, number]>(
      'INSERT INTO thread_heads (thread_id, last_seq, replay_from_seq) VALUES (?, ?, ?)',
    );
    this.update = handle.prepare<ThreadHead>(`UPDATE thread_heads SET last_seq = :lastSeq,
      last_timestamp = :lastTimestamp, replay_from_seq = :replayFromSeq, oldest_seq = :oldestSeq,
      compacted_through_seq = :compactedThroughSeq, open_runs = :openRuns, open_interrupts = :openInterrupts,
      last_accepted_at = :lastAcceptedAt WHERE thread_key = :threadKey`);
  }

  /** The head of a thread, or null when nothing was ever stored for it. */
  find(threadId: string): ThreadHead | null {
    return this.select.get(threadId) ?? null;
  }

  /** The head of a thread, made when it is missing. */
  findOrCreate(threadId: string): ThreadHead {
    const found = this.find(threadId);
    if (found) return found;
    this.insert.run(threadId, SEQ_BEFORE_FIRST, SEQ_BEFORE_FIRST + 1);
    return this.find(threadId) as ThreadHead;
  }

  save(head: ThreadHead): void {
    this.update.run(head);
  }
}
