import type { Database } from '../../src/database/database.js';
import type { EventDraft } from '../../src/event-log/event-draft.js';
import type { EventLog } from '../../src/event-log/event-log.js';
import type { ThreadHead } from '../../src/event-log/thread-head.js';
import { draftOf } from './temporary-log.js';

/** The seqs that the tables hold of a thread, in order. */
export function storedSeqs(database: Database, threadId: string): number[] {
  return database.handle
    .prepare<[string], number>('SELECT seq FROM events JOIN thread_heads USING (thread_key) WHERE thread_id = ? ORDER BY seq')
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

/** The largest number of rows that a transaction of the log changed, and how many transactions there were. */
export class TransactionSizes {
  readonly sizes: number[] = [];

  /** Measures every later `transact` of this log. */
  constructor(database: Database, log: EventLog, onEach: (count: number) => void = () => undefined) {
    const changes = database.handle.prepare<[], number>('SELECT total_changes()').pluck();
    const transact = log.transact.bind(log);
    log.transact = async (threadId, work, options) => {
      const result = await transact(threadId, (transaction) => {
        const before = changes.get() as number;
        const value = work(transaction);
        this.sizes.push((changes.get() as number) - before);
        return value;
      }, options);
      onEach(this.sizes.length);
      return result;
    };
  }
}
