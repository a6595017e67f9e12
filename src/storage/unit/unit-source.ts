import type { LogEvent } from '../log/log-event.js';
import type { InterruptRow } from '../rows/interrupt.js';
import type { Run, RunOutline } from '../rows/run.js';
import type { SessionRow } from '../rows/session.js';
import type { ThreadOutline } from '../rows/thread.js';

/**
 * Where a unit finds what is stored of its thread, asked when a decision first looks. An engine that cannot answer in
 * the same tick loads beforehand what decisions mostly ask for; asked for more, it throws, loads that as well, and has
 * the decision made anew: decisions change nothing but their unit.
 */
export interface UnitSource {
  /**
   * Committed events of a range, in seq order.
   * @throws ViewTooOldError when they are more than a transaction may read
   */
  committedEvents(after: number, through: number): LogEvent[];

  thread(): ThreadOutline | null;
  /** JSON text; null when there is no thread. */
  threadMetadata(): string | null;

  /** Null for one of another thread, too. */
  run(runId: string): RunOutline | null;
  wholeRun(runId: string): Run | null;
  /** The run that has started and not ended, in this process or in one that was lost. */
  runningRun(): RunOutline | null;
  /** Runs that wait, in order of acceptance. */
  pendingRuns(): RunOutline[];
  /** Runs cancelled while they waited, whose terminal is not in the log yet; in order of acceptance. */
  owingRuns(): RunOutline[];

  /** In the order in which they were announced. */
  interrupts(): InterruptRow[];
  /** JSON text of the data of an interrupt's `input.requested`. */
  interruptData(interruptId: string): string;

  session(): SessionRow | null;
}
