import type { ThreadUnit } from '../../unit/thread-unit.js';

/**
 * Threads that a commit touches at least, and events per thread that it has fewer of, for them to go into
 * `recent_events`.
 */
const SCATTERED_THREADS = 4;
const SCATTERED_ROWS = 8;
/** Characters per thread that it has fewer of: larger events fill pages of their own wherever they are. */
const SCATTERED_LENGTH = 4_096;

/** Whether a commit touches many threads with few events each: then their place in `events` is the dearer one. */
export function isScattered(units: readonly ThreadUnit[]): boolean {
  if (units.length < SCATTERED_THREADS) return false;
  let rows = 0;
  let length = 0;
  for (const { events } of units) {
    rows += events.length;
    for (const { envelope } of events) length += envelope.length;
  }
  return rows < units.length * SCATTERED_ROWS && length < units.length * SCATTERED_LENGTH;
}
