import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { RunStorage } from '../storage/run-storage.js';
import { TemporaryThreadStorage } from '../storage/temporary-thread-storage.js';
import { RunEnding } from './run-ending.js';
import { ThreadDeletion } from './thread-deletion.js';

/** Threads of runs that were asked for without one: each is removed some time after its run has ended. */
@Injectable()
export class TemporaryThreads implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(TemporaryThreads.name);
  private readonly timers = new Set<NodeJS.Timeout>();
  private isStopping = false;

  constructor(
    private readonly storage: TemporaryThreadStorage,
    private readonly runs: RunStorage,
    private readonly ending: RunEnding,
    private readonly deletion: ThreadDeletion,
    private readonly settings: Settings,
  ) {}

  /** Takes up what an earlier process left. */
  async onApplicationBootstrap(): Promise<void> {
    for (const { threadId, removeAt } of await this.storage.all()) {
      if (removeAt === null) void this.removeAfterRuns(threadId);
      else this.removeAt(threadId, removeAt);
    }
  }

  onModuleDestroy(): void {
    this.isStopping = true;
    for (const timer of this.timers) clearTimeout(timer);
  }

  /** To be called once the thread's run is accepted: removes the thread when it has ended. */
  async removeAfterRuns(threadId: string): Promise<void> {
    try {
      await this.runsEnded(threadId);
      if (this.isStopping) return;
      const removeAt = Date.now() + this.settings.STATELESS_THREAD_GRACE_MS;
      await this.storage.setRemoval(threadId, removeAt);
      this.removeAt(threadId, removeAt);
    } catch (error) {
      this.notRemoved(threadId, error);
    }
  }

  /** Also of those that were accepted meanwhile. */
  private async runsEnded(threadId: string): Promise<void> {
    for (let run = await this.runs.newest(threadId); run && !this.isStopping;) {
      await this.ending.whenEnded(run);
      const newest = await this.runs.newest(threadId);
      run = newest?.runId === run.runId ? null : newest;
    }
  }

  /** The time of grace is for a client that lost its connection: it comes back for the rest of the stream. */
  private removeAt(threadId: string, removeAt: number): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      this.remove(threadId).catch((error: unknown) => this.notRemoved(threadId, error));
    }, Math.max(removeAt - Date.now(), 0));
    this.timers.add(timer);
    timer.unref();
  }

  private async remove(threadId: string): Promise<void> {
    await this.deletion.delete(threadId);
    this.logger.log({ thread_id: threadId }, 'a temporary thread is removed');
  }

  private notRemoved(threadId: string, error: unknown): void {
    if (this.isStopping) return;
    this.logger.error({ thread_id: threadId, err: error }, 'a temporary thread stays until the next start');
  }
}
