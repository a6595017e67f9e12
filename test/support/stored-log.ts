import type { Database } from '../../src/storage/sqlite/database.js';
import type { EventDraft } from '../../src/storage/log/event-draft.js';
import type { EventLog } from '../../src/event-log/event-log.js';
import type { ThreadHead } from '../../src/storage/log/thread-head.js';
import type { EventRows } from '../../src/storage/sqlite/log/event-rows.js';
import { draftOf, type TemporaryLog } from './temporary-log.js';

/** The seqs that the tables hold of a thread, in order. */
export function storedSeqs(database: Database, threadId: string): number[] {
  return database.handle
    .prepare<[string], number>(
      'SELECT seq FROM log_events JOIN thread_heads USING (thread_key) WHERE thread_id = ? ORDER BY seq',
    )
    .pluck()
    .all(threadId);
}

/** Sets what a run or an interrupt would set. */
export function setHead(log: EventLog, threadId: string, parts: Partial<ThreadHead>): Promise<void> {
  return log.transact(threadId, ({ head }) => void Object.assign(head, parts), { waits: true });
}

/** The drafts of `count` events that are of no special kind. */
export function plainDrafts(count: number, at = 1_000): EventDraft[] {
  return Array.from({ length: count }, (_, i) => draftOf({ i }, { at }));
}

/** A root lifecycle event. */
export function lifecycleDraft(event: string, runId: string, at = 1_000): EventDraft {
  return draftOf({ event }, { method: 'lifecycle', runId, at });
}

/** How many rows each removal of the log took, in order. */
export class RemovalSizes {
  readonly sizes: number[] = [];

  /**
   * Counts for every later transaction.
   * @param onEach called once a transaction was committed, with how many removals there were
   */
  constructor({ database, log, storage }: TemporaryLog, onEach: (count: number) => void = () => undefined) {
    const changes = database.handle.prepare<[], number>('SELECT total_changes()').pluck();
    const { rows } = (storage as unknown as { recent: { rows: EventRows } }).recent;
    const change = rows.change.bind(rows);
    rows.change = (threadKey, what) => {
      const before = changes.get() as number;
      change(threadKey, what);
      this.sizes.push((changes.get() as number) - before);
    };
    const transact = log.transact.bind(log);
    log.transact = async (threadId, work, options) => {
      const result = await transact(threadId, work, options);
      onEach(this.sizes.length);
      return result;
    };
  }
}

/**
 * Puts every stored event where the events of commits that touch many threads wait; a reader must not see a difference.
 */
export function makeRecent({ handle }: Database): void {
  const columns = 'thread_key, seq, kind, cursor_only, channel, method, name, namespace, run_id, timestamp, envelope';
  handle.exec(
    `INSERT INTO recent_events (${columns}) SELECT ${columns} FROM events ORDER BY timestamp, thread_key, seq; DELETE FROM events`,
  );
}

/** How many rows each of the two tables of events has. */
export function rowCounts({ handle }: Database): { inPlace: number; recent: number } {
  const count = (table: string): number =>
    handle.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get() as number;
  return { inPlace: count('events'), recent: count('recent_events') };
}

/** Removes rows as compaction does. @param where a condition on the columns of events */
export function removeStored({ handle }: Database, where: string): void {
  handle.exec(`DELETE FROM events WHERE ${where}; DELETE FROM recent_events WHERE ${where}`);
}
