import { Injectable } from '@nestjs/common';

/**
 * What time it is, and waking up later. One object for all who wait, so that tests can give them a time of their own.
 */
@Injectable()
export class Clock {
  /** Epoch ms. */
  now(): number {
    return Date.now();
  }

  /** Calls `wake` when `ms` milliseconds have passed. Returns what calls it off. It keeps no process alive. */
  after(ms: number, wake: () => void): () => void {
    const timer = setTimeout(wake, ms);
    timer.unref();
    return () => clearTimeout(timer);
  }
}
