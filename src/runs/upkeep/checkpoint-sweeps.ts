import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { EventLog } from '../../event-log/event-log.js';
import { Checkpointer } from '../../storage/checkpointer.js';

/** Removes the checkpoints that need not be kept (CHECKPOINTS_KEPT, CHECKPOINT_MAX_AGE_MS), thread by thread. */
@Injectable()
export class CheckpointSweeps {
  private readonly logger = new Logger(CheckpointSweeps.name);

  constructor(
    private readonly checkpointer: Checkpointer,
    private readonly log: EventLog,
    private readonly settings: Settings,
  ) {}

  /** Leaves threads with an unfinished run alone. @param now epoch ms by which ages are taken */
  async sweep(now: number, signal: AbortSignal): Promise<void> {
    const { CHECKPOINTS_KEPT: newest, CHECKPOINT_MAX_AGE_MS: maxAge } = this.settings;
    if (newest === 0 && maxAge === 0) return;
    const keeping = { ...(newest > 0 ? { newest } : {}), ...(maxAge > 0 ? { since: now - maxAge } : {}) };
    let threadId: string | null = '';
    while (!signal.aborted) {
      threadId = await this.checkpointer.threadAfter(threadId);
      if (threadId === null) return;
      // In one tick with the pruning: a run that is accepted afterwards begins with the newest, which stays.
      if ((this.log.head(threadId)?.openRuns ?? 0) === 0) {
        await this.checkpointer.prune(threadId, keeping).catch((error: unknown) => {
          this.logger.error({ thread_id: threadId, err: error }, 'the checkpoints of a thread could not be pruned');
        });
      }
      await nextTurn();
    }
  }
}
