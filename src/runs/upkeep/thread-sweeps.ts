import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { GraphRegistry } from '../../graphs/graph-registry.js';
import { ThreadLifetimes } from '../../storage/thread-search.js';
import { ThreadLifetimeRules } from '../../threads/finding/thread-lifetime.js';
import { CheckpointSweeps } from './checkpoint-sweeps.js';
import { ThreadRemoval } from './thread-removal.js';

const MINUTE_MS = 60_000;
const MAX_TIMER_MS = 2_147_483_647;

/** Looks, from time to time, for threads whose time is over and for checkpoints that need not be kept. */
@Injectable()
export class ThreadSweeps implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(ThreadSweeps.name);
  private readonly stop = new AbortController();
  private running: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly lifetimes: ThreadLifetimes,
    private readonly rules: ThreadLifetimeRules,
    private readonly removal: ThreadRemoval,
    private readonly checkpoints: CheckpointSweeps,
    private readonly graphs: GraphRegistry,
    private readonly settings: Settings,
  ) {}

  onApplicationBootstrap(): void {
    const { sweepMinutes } = this.graphs.config.checkpointerTtl;
    const interval = sweepMinutes === null ? this.settings.MAINTENANCE_INTERVAL_MS : sweepMinutes * MINUTE_MS;
    this.timer = setInterval(() => {
      if (!this.running) void this.sweep();
    }, Math.min(interval, MAX_TIMER_MS));
  }

  /** Stops after the thread that is under way; what is left goes on with the next start. */
  async onModuleDestroy(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    this.stop.abort();
    await this.running;
  }

  /**
   * Removes what is due; one look at a time, a later one waits for the earlier. A thread that fails is logged and left
   * to the next look.
   * @param now epoch ms by which ages are taken
   */
  async sweep(now = Date.now()): Promise<void> {
    while (this.running) await this.running;
    this.running = this.sweepThreads(now).then(() => this.checkpoints.sweep(now, this.stop.signal));
    try {
      await this.running;
    } catch (error) {
      this.logger.error({ err: error }, 'threads could not be swept');
    } finally {
      this.running = null;
    }
  }

  private async sweepThreads(now: number): Promise<void> {
    const { byDefault } = this.rules;
    let after: string | null = '';
    while (after !== null) {
      const { threadIds, through } = await this.lifetimes.due(now, byDefault, after);
      for (const threadId of threadIds) {
        if (this.stop.signal.aborted) return;
        // Once more, since something may have happened on it meanwhile.
        const strategy = await this.lifetimes.dueOf(threadId, now, byDefault);
        if (strategy !== null) await this.guarded(threadId, () => this.removal.remove(threadId, strategy));
        await nextTurn();
      }
      after = through;
      await nextTurn();
    }
  }

  private async guarded(threadId: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.logger.error({ thread_id: threadId, err: error }, 'what is due on a thread could not be removed');
    }
  }
}
