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

/** Heads that are kept in memory. */
const MAX_REMEMBERED = 10_000;

/**
 * Reads and writes head rows; synchronous, inside or outside a transaction. Nobody else writes them, so those that were
 * committed or read last are remembered: a busy thread's head is needed for every commit, and whoever opens a stream
 * asks for it again and again.
 */
export class ThreadHeads {
  private readonly remembered = new Map<string, Readonly<ThreadHead>>();
  private readonly select;
  private readonly insert;
  private readonly update;

  constructor(private readonly handle: SqliteHandle) {
    this.select = handle.prepare<[string], ThreadHead>(`SELECT ${COLUMNS} FROM thread_heads WHERE thread_id = ?`);
    this.insert = handle.prepare<[string, number, number]>(
      'INSERT INTO thread_heads (thread_id, last_seq, replay_from_seq) VALUES (?, ?, ?)',
    );
    this.update = handle.prepare<ThreadHead>(`UPDATE thread_heads SET last_seq = :lastSeq,
      last_timestamp = :lastTimestamp, replay_from_seq = :replayFromSeq, oldest_seq = :oldestSeq,
      compacted_through_seq = :compactedThroughSeq, open_runs = :openRuns, open_interrupts = :openInterrupts,
      last_accepted_at = :lastAcceptedAt WHERE thread_key = :threadKey`);
  }

  /** The head of a thread as committed, or null when nothing was ever stored for it. Read once, then remembered. */
  find(threadId: string): Readonly<ThreadHead> | null {
    const known = this.remembered.get(threadId);
    if (known) return known;
    const stored = this.select.get(threadId) ?? null;
    // What a transaction has written may still be taken back.
    if (stored && !this.handle.inTransaction) this.remember(stored);
    return stored;
  }

  /** The head of a thread, made when it is missing; a copy, to be changed and saved in a transaction. */
  findOrCreate(threadId: string): ThreadHead {
    const found = this.find(threadId);
    if (found) return { ...found };
    this.insert.run(threadId, SEQ_BEFORE_FIRST, SEQ_BEFORE_FIRST + 1);
    return this.select.get(threadId) as ThreadHead;
  }

  /** Told of a head that is committed. */
  remember(head: Readonly<ThreadHead>): void {
    if (this.remembered.size >= MAX_REMEMBERED && !this.remembered.has(head.threadId)) this.remembered.clear();
    this.remembered.set(head.threadId, head);
  }

  save(head: ThreadHead): void {
    this.update.run(head);
  }
}
