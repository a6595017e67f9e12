import type { Clock } from './clock.js';

/** Rows that become due. */
export interface DueWork {
  /** When the next row is due (epoch ms); null when the timer need not wait for any. */
  nextDueAt(): number | null | Promise<number | null>;
  /** Does all that is due at `now` (epoch ms); never called again before it has resolved. */
  run(now: number): Promise<void>;
  /** Told when `run` or `nextDueAt` failed; both are tried again. */
  failed(error: unknown): void;
}

/** Milliseconds that a timer waits at most before it looks again, and after a failure. */
export interface DueWaits {
  readonly longestMs: number;
  readonly retryMs: number;
}

/**
 * One timer for the row that is due next; while none is to come there is no timer. The longest wait is bounded, so that
 * a clock that was set, or a machine that slept, delays nothing for longer.
 */
export class DueTimer {
  private looking: Promise<void> | null = null;
  private next: Promise<void> | null = null;
  private isClosed = false;
  private callOff: () => void = () => undefined;

  constructor(private readonly clock: Clock, private readonly work: DueWork, private readonly waits: DueWaits) {}

  /**
   * Something may be due now, or earlier than what is waited for. Resolves when all that was due has been done, or
   * failed.
   */
  wake(): Promise<void> {
    if (!this.looking) return this.begin();
    // What is under way may have looked before there was something.
    return (this.next ??= this.looking.then(() => {
      this.next = null;
      return this.begin();
    }));
  }

  /** Resolves when what is under way is done; nothing begins any more. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.callOff();
    await this.looking;
  }

  private begin(): Promise<void> {
    this.looking = this.look().finally(() => {
      this.looking = null;
    });
    return this.looking;
  }

  private async look(): Promise<void> {
    this.callOff();
    if (this.isClosed) return;
    const wait = await this.runAndWait();
    if (this.isClosed || this.next || wait === null) return;
    this.callOff = this.clock.after(wait, () => void this.wake());
  }

  /** Milliseconds until there is something to do; null when nothing is to come. */
  private async runAndWait(): Promise<number | null> {
    try {
      await this.work.run(this.clock.now());
      const dueAt = await this.work.nextDueAt();
      return dueAt === null ? null : Math.min(Math.max(dueAt - this.clock.now(), 0), this.waits.longestMs);
    } catch (error) {
      this.work.failed(error);
      return this.waits.retryMs;
    }
  }
}
