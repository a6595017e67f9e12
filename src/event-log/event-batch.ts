import type { LogEvent } from '../storage/log/log-event.js';

/** What one commit added to one thread, in seq order. What is made from it for one reader is kept for the next. */
export class EventBatch {
  private readonly made = new Map<string, unknown>();

  constructor(readonly events: readonly LogEvent[], readonly lastSeq: number) {}

  /** Returns what `make` gave for this key, calling it at most once for the batch. */
  once<T>(key: string, make: (events: readonly LogEvent[]) => T): T {
    if (!this.made.has(key)) this.made.set(key, make(this.events));
    return this.made.get(key) as T;
  }
}
