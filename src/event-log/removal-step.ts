import { MAX_STEP_ROWS, type SizedRow } from '../storage/log/log-upkeep.js';

/**
 * Bytes of events that one such transaction removes, at most (but one row at least): removing costs a page at a time.
 */
export const MAX_STEP_BYTES = 4_194_304;

/** The first rows that one transaction may remove. */
export function firstStep<R extends SizedRow>(rows: readonly R[]): R[] {
  let bytes = 0;
  let count = 0;
  while (count < rows.length && count < MAX_STEP_ROWS && bytes < MAX_STEP_BYTES) {
    bytes += (rows[count] as R).bytes;
    count += 1;
  }
  return rows.slice(0, count);
}
