import type { Database as SqliteHandle } from 'better-sqlite3';
import { LRUCache } from 'lru-cache';
import { SEQ_BEFORE_FIRST, type ThreadHead, newHead } from '../../log/thread-head.js';

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
  private readonly remembered = new LRUCache<string, Readonly<ThreadHead>>({ max: MAX_REMEMBERED });
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
    // `peek`, since a look must be as cheap as can be: what is committed to is what stays.
    const known = this.remembered.peek(threadId);
    if (known) return known;
    const stored = this.select.get(threadId) ?? null;
    // What a transaction has written may still be taken back.
    if (stored && !this.handle.inTransaction) this.remember(stored);
    return stored;
  }

  /** A copy of the head of a thread, to be changed and saved in a transaction; key 0 as long as it is not stored. */
  load(threadId: string): ThreadHead {
    const found = this.find(threadId);
    return found ? { ...found } : newHead(threadId);
  }

  /** Told of a head that is committed. */
  remember(head: Readonly<ThreadHead>): void {
    this.remembered.set(head.threadId, head);
  }

  /** Stores a head that was changed, inside a transaction. Returns it, with its key; null when nothing had changed. */
  save(head: ThreadHead): ThreadHead | null {
    const before = this.find(head.threadId);
    if (isSame(head, before ?? newHead(head.threadId))) return null;
    const stored = before ? head : { ...head, threadKey: this.create(head.threadId) };
    this.update.run(stored);
    return stored;
  }

  private create(threadId: string): number {
    return Number(this.insert.run(threadId, SEQ_BEFORE_FIRST, SEQ_BEFORE_FIRST + 1).lastInsertRowid);
  }
}

function isSame(head: ThreadHead, before: ThreadHead): boolean {
  return (Object.keys(before) as (keyof ThreadHead)[]).every((key) => head[key] === before[key]);
}
