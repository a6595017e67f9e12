import { Failure } from './conformance-case.js';

export const DEFAULT_WAIT_MS = 8_000;

/** What comes in over one connection; waits for it with a limit. */
export class Arrivals {
  private readonly waiting = new Set<() => void>();
  private lastChange = Date.now();

  /** Tells everyone who waits that something has changed. */
  changed(): void {
    this.lastChange = Date.now();
    for (const wake of [...this.waiting]) wake();
  }

  /**
   * Resolves with the first value of `find` that is not undefined; `find` is asked again after each change.
   * @throws Failure once the limit is over; `what` says what was awaited
   */
  async until<T>(find: () => T | undefined, what: string, limitMs = DEFAULT_WAIT_MS): Promise<T> {
    const end = Date.now() + limitMs;
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      const left = end - Date.now();
      if (left <= 0) throw new Failure(`waited ${limitMs} ms for ${what}`);
      await this.next(left);
    }
  }

  /** Resolves once nothing has come for so long. */
  async quiet(ms: number): Promise<void> {
    const start = Date.now();
    for (;;) {
      const left = Math.max(this.lastChange, start) + ms - Date.now();
      if (left <= 0) return;
      await this.next(left);
    }
  }

  private next(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.waiting.add(wake);
    });
  }
}
