import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Lets one graph start per turn of the loop. Starting a graph is much work in one piece; many started in the same turn
 * would hold up the events of every other run until the last of them had begun.
 */
export class StartTurns {
  private last: Promise<void> = Promise.resolve();

  /** Resolves in a turn of the loop that no other caller got. */
  take(): Promise<void> {
    this.last = this.last.then(() => nextTurn());
    return this.last;
  }
}
