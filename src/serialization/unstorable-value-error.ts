import { pathText } from './value-path.js';

/** Keys that a path shows at most: one that is longer is one into a value that nests too deeply. */
const SHOWN_KEYS = 12;

/**
 * A value of the graph cannot be stored as it is: the run fails, and the checkpoints stored before stay as they are.
 */
export class UnstorableValueError extends Error {
  override readonly name = 'UnstorableValueError';

  /**
   * @param keys where it is, from the outside in; none: the value itself
   * @param reason what cannot be stored, and what to do instead
   * @param whole what the keys lead into
   */
  constructor(readonly keys: readonly PropertyKey[], readonly reason: string, whole = 'The value') {
    const path = pathText(keys.slice(0, SHOWN_KEYS)) + (keys.length > SHOWN_KEYS ? '…' : '');
    super(`${whole} cannot be stored${path === '' ? '' : `, at ${path}`}: ${reason}`);
  }

  /** The same, told of something that has a name; its first `skipped` keys are in that name. */
  of(whole: string, skipped = 0): UnstorableValueError {
    return new UnstorableValueError(this.keys.slice(skipped), this.reason, whole);
  }
}
