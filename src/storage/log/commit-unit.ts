import type { EventDraft } from './event-draft.js';
import type { LogEvent } from './log-event.js';
import type { ThreadUnit } from '../unit/thread-unit.js';

/** What one call hands to the log; all units that wait go into one transaction. */
export interface CommitUnit {
  readonly threadId: string;
  /** Events and nothing else: by far the most units are this, so they have no function of their own. */
  readonly drafts: readonly EventDraft[];
  /** A decision over what is stored of the thread: synchronous, and it changes nothing but its unit. */
  readonly work: ((unit: ThreadUnit) => unknown) | null;
}

/** What a commit added to one thread, in seq order. */
export interface CommittedThread {
  readonly threadId: string;
  readonly events: readonly LogEvent[];
}

/** What a commit did. */
export interface Committed {
  /** What each unit's work returned, in the order of the units. */
  readonly values: readonly unknown[];
  readonly threads: readonly CommittedThread[];
}
