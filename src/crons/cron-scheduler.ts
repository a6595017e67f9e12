import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import { DueTimer } from '../clock/due-timer.js';
import { Settings } from '../config/settings.js';
import { CronStorage } from '../storage/cron-storage.js';
import { CronTicks } from './cron-ticks.js';

/** Crons that are read at once. */
const PAGE = 100;

/**
 * Starts the runs of crons when they are due: one timer, for the one that is next. What became due while no process ran
 * is done once, however often it was missed.
 */
@Injectable()
export class CronScheduler implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(CronScheduler.name);
  private readonly timer: DueTimer;
  private isStopping = false;

  constructor(
    private readonly storage: CronStorage,
    private readonly ticks: CronTicks,
    clock: Clock,
    settings: Settings,
  ) {
    const work = {
      nextDueAt: async () => this.storage.nextDueAt(),
      run: (now: number) => this.tickDue(now),
      failed: (error: unknown) => this.logger.error({ err: error }, 'due crons wait, since they could not be started'),
    };
    const waits = { longestMs: settings.CRON_CHECK_MS, retryMs: settings.STORAGE_RETRY_MS };
    this.timer = new DueTimer(clock, work, waits);
  }

  onApplicationBootstrap(): void {
    void this.wake();
  }

  /** What is being started is accepted before the runs are stopped. */
  async onModuleDestroy(): Promise<void> {
    this.isStopping = true;
    await this.timer.close();
  }

  /** To be called when crons were made or changed. Resolves when those that were due have been started. */
  wake(): Promise<void> {
    return this.timer.wake();
  }

  private async tickDue(now: number): Promise<void> {
    while (!this.isStopping) {
      const due = await this.storage.due(now, PAGE);
      for (const cron of due) if (!this.isStopping) await this.ticks.tick(cron, now);
      if (due.length < PAGE) return;
    }
  }
}
