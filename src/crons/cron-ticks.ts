import { Injectable, Logger } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { RunRequests } from '../runs/requests/run-requests.js';
import { RunAcceptance } from '../runs/run-acceptance.js';
import { CronStorage } from '../storage/cron-storage.js';
import { CronMovedError, type CronOutline, type CronRow, type CronTick } from '../storage/rows/cron.js';
import { runFieldsOf } from './cron-fields.js';
import { isStorageUnavailable } from '../storage/storage-errors.js';
import { TemporaryThreads } from '../runs/temporary-threads.js';
import { nextRunAfter } from './schedule.js';

/**
 * One tick of a cron. That its run is accepted and that the cron moves on to its next time is one commit: a crash
 * neither loses a tick nor doubles it, and of several processes one starts it.
 */
@Injectable()
export class CronTicks {
  private readonly logger = new Logger(CronTicks.name);

  constructor(
    private readonly storage: CronStorage,
    private readonly requests: RunRequests,
    private readonly acceptance: RunAcceptance,
    private readonly temporary: TemporaryThreads,
  ) {}

  /**
   * Starts the cron's run; one that cannot be (its graph is gone, its thread is busy under `reject`) is logged and left
   * out, so that it keeps no other cron waiting.
   * @throws StorageUnavailableError, or the database's error; the tick is still due then
   */
  async tick({ cronId, nextRunAt: dueAt }: CronOutline, now: number): Promise<void> {
    const cron = await this.storage.find(cronId);
    if (!cron || dueAt === null || cron.nextRunAt !== dueAt) return;
    let tick: CronTick = { cronId, dueAt, nextRunAt: null };
    try {
      // The clock may have been set back: never the same time again.
      tick = { ...tick, nextRunAt: nextRunAfter(cron, Math.max(now, dueAt)) };
      await this.start(cron, tick);
    } catch (error) {
      if (error instanceof CronMovedError) return;
      if (isStorageUnavailable(error)) throw error;
      this.logger.warn({ cron_id: cronId, thread_id: cron.threadId, err: error }, 'a cron could not start its run');
      await this.storage.skip(tick);
    }
  }

  private async start(cron: CronRow, tick: CronTick): Promise<void> {
    const { cronId, owner, onRunCompleted } = cron;
    const threadId = cron.threadId ?? uuidv7();
    const runId = uuidv7();
    const request = await this.requests.toStart(threadId, runFieldsOf(cron), 'classic', { owner });
    const isTemporary = onRunCompleted === 'delete';
    await this.acceptance.together(threadId, { owner }, (scope) => {
      scope.start(runId, request);
      scope.transaction.tick(tick);
      if (isTemporary) scope.transaction.thread.makeTemporary();
    });
    this.logger.log({ cron_id: cronId, run_id: runId, thread_id: threadId }, 'a cron started its run');
    if (isTemporary) void this.temporary.removeAfterRuns(threadId);
  }
}
