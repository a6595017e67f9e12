import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { RunStorage } from '../storage/run-storage.js';
import { RunScheduler } from './run-scheduler.js';

/** The longest that a timer of Node waits. */
const MAX_TIMER_MS = 2_147_483_647;
/** After a read that failed, the next one comes so much later. */
const RETRY_MS = 1_000;

/**
 * Starts runs that were to wait when their time has come, also after a restart: one timer, for the one that is next.
 */
@Injectable()
export class RunDelays implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(RunDelays.name);
  private timer: NodeJS.Timeout | null = null;
  private isStopping = false;

  constructor(private readonly runs: RunStorage, private readonly scheduler: RunScheduler) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.arm(0);
  }

  onModuleDestroy(): void {
    this.isStopping = true;
    if (this.timer) clearTimeout(this.timer);
  }

  /**
   * To be called when runs of a thread were accepted: starts what is due, and what is not in its time.
   * @param hasDelayed whether one of them is to wait
   */
  accepted(threadId: string, hasDelayed: boolean): void {
    // First the timer, so that what becomes due meanwhile is seen by one of the two.
    if (hasDelayed) void this.arm(Date.now());
    this.scheduler.stop(threadId);
  }

  /** Sets the timer for the run that is due next after `since` (epoch ms). */
  private async arm(since: number): Promise<void> {
    const dueAt = await this.guarded(since, () => this.runs.nextDue(since));
    if (dueAt === undefined || dueAt === null) return;
    this.setTimer(Math.max(dueAt - Date.now(), 0), since);
  }

  private async wake(since: number): Promise<void> {
    const now = Date.now();
    const threads = await this.guarded(since, () => this.runs.dueThreads(since, now));
    if (threads === undefined) return;
    for (const threadId of threads) this.scheduler.wake(threadId);
    await this.arm(now);
  }

  private async guarded<T>(since: number, read: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      this.logger.error({ err: error }, 'the runs that wait for their time cannot be read');
      this.setTimer(RETRY_MS, since);
      return undefined;
    }
  }

  private setTimer(wait: number, since: number): void {
    if (this.timer) clearTimeout(this.timer);
    if (this.isStopping) return;
    this.timer = setTimeout(() => void this.wake(since), Math.min(wait, MAX_TIMER_MS));
    this.timer.unref();
  }
}
