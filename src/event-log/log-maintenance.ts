import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { LogUpkeep } from '../storage/log/log-upkeep.js';
import { Compaction } from './compaction.js';
import { Retention } from './retention.js';

/** Heads that are listed at once. */
const PAGE_OF_THREADS = 200;

/**
 * Looks through all threads, from time to time, for what retention and compaction remove. Off unless one of them is on.
 */
@Injectable()
export class LogMaintenance implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(LogMaintenance.name);
  private readonly stop = new AbortController();
  private running: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly upkeep: LogUpkeep,
    private readonly retention: Retention,
    private readonly compaction: Compaction,
    private readonly settings: Settings,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.retention.enabled && !this.compaction.enabled) return;
    this.timer = setInterval(() => {
      if (!this.running) void this.sweep();
    }, this.settings.MAINTENANCE_INTERVAL_MS);
  }

  /** Stops after the transaction that is under way; what is left goes on with the next start. */
  onModuleDestroy(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
    this.stop.abort();
  }

  get isScheduled(): boolean {
    return this.timer !== null;
  }

  /**
   * Trims and compacts every thread that has something to lose; one look at a time, a later one waits for the earlier.
   * A thread that fails is logged and left to the next look.
   * @param now epoch ms by which ages are taken
   */
  async sweep(now = Date.now()): Promise<void> {
    while (this.running) await this.running;
    this.running = this.sweepThreads(now);
    try {
      await this.running;
    } finally {
      this.running = null;
    }
  }

  private async sweepThreads(now: number): Promise<void> {
    const { signal } = this.stop;
    let last = 0;
    while (!signal.aborted) {
      const page = await this.upkeep.threadsAfter(last, PAGE_OF_THREADS);
      if (page.length === 0) return;
      for (const { threadId, threadKey } of page) {
        if (signal.aborted) return;
        last = threadKey;
        await this.maintain(threadId, now, signal);
      }
      await nextTurn();
    }
  }

  private async maintain(threadId: string, now: number, signal: AbortSignal): Promise<void> {
    try {
      if (this.retention.enabled) await this.retention.trim(threadId, now, signal);
      if (this.compaction.enabled) await this.compaction.compact(threadId, now, signal);
    } catch (error) {
      this.logger.error({ thread_id: threadId, err: error }, 'the log of a thread could not be trimmed');
    }
  }
}
