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
  private looksAgain = false;
  private isClosed = false;
  private callOff: () => void = () => undefined;

  constructor(private readonly clock: Clock, private readonly work: DueWork, private readonly waits: DueWaits) {}

  /** Something may be due now, or earlier than what is waited for. */
  wake(): void {
    if (this.isClosed) return;
    if (this.looking) {
      this.looksAgain = true;
      return;
    }
    this.looking = this.look().finally(() => {
      this.looking = null;
      if (!this.looksAgain) return;
      this.looksAgain = false;
      this.wake();
    });
  }

  /** Resolves when what is under way is done; nothing begins any more. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.callOff();
    await this.looking;
  }

  private async look(): Promise<void> {
    this.callOff();
    const wait = await this.runAndWait();
    if (this.isClosed || this.looksAgain || wait === null) return;
    this.callOff = this.clock.after(wait, () => this.wake());
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
