import { Injectable } from '@nestjs/common';
import type { Caller } from '../../../auth/caller.js';
import { Ownership } from '../../../auth/ownership.js';
import { ThreadRemoval } from '../../../runs/upkeep/thread-removal.js';
import type { LifetimeStrategy } from '../../../storage/thread-search.js';
import { ThreadStorage } from '../../../storage/thread-storage.js';

/** Removes many threads, or what they need not keep. */
@Injectable()
export class ThreadPruning {
  constructor(
    private readonly threads: ThreadStorage,
    private readonly ownership: Ownership,
    private readonly removal: ThreadRemoval,
  ) {}

  /** One after the other. @returns how many of them are the caller's, and were pruned */
  async prune(threadIds: readonly string[], strategy: LifetimeStrategy, caller: Caller): Promise<number> {
    let pruned = 0;
    for (const threadId of new Set(threadIds)) {
      const thread = await this.threads.ownerOf(threadId);
      if (!thread || !this.ownership.mayAccess(thread.owner, caller)) continue;
      if (await this.removal.remove(threadId, strategy)) pruned += 1;
    }
    return pruned;
  }
}
