import { Injectable } from '@nestjs/common';
import { EventLog } from '../../event-log/event-log.js';
import { Checkpointer } from '../../storage/checkpointer.js';
import type { LifetimeStrategy } from '../../storage/thread-search.js';
import { ThreadDeletion } from '../thread-deletion.js';

/** Removes a thread, or what it need not keep; whose it is has been asked before. */
@Injectable()
export class ThreadRemoval {
  constructor(
    private readonly deletion: ThreadDeletion,
    private readonly checkpointer: Checkpointer,
    private readonly log: EventLog,
  ) {}

  /**
   * `delete` stops its runs and removes it with all that belongs to it. `keep_latest` removes its checkpoints but the
   * newest, unless a run is active or waits, which needs the others.
   * @returns whether it was done
   */
  async remove(threadId: string, strategy: LifetimeStrategy): Promise<boolean> {
    if (strategy === 'delete') {
      await this.deletion.delete(threadId);
      return true;
    }
    // In one tick with the pruning: a run that is accepted afterwards begins with the newest, which stays.
    if ((this.log.head(threadId)?.openRuns ?? 0) > 0) return false;
    await this.checkpointer.prune(threadId, { newest: 1 });
    return true;
  }
}
