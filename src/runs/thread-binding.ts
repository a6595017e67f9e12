import { Injectable } from '@nestjs/common';
import type { Caller } from '../auth/caller.js';
import { Ownership } from '../auth/ownership.js';
import { ThreadRepository } from '../threads/thread-repository.js';

/** The thread's side of an accepted run, inside the transaction that accepts it. */
@Injectable()
export class ThreadBinding {
  constructor(private readonly threads: ThreadRepository, private readonly ownership: Ownership) {}

  /** @throws NotFoundException for another's thread; one that does not exist is anybody's */
  assertOwner(threadId: string, caller: Caller): void {
    const thread = this.threads.find(threadId);
    if (thread) this.ownership.assert(thread, caller, `Thread ${threadId}`);
  }

  /** Makes the thread if it is missing, binds it to the graph, merges the run's metadata into it; it is busy now. */
  bind(
    threadId: string,
    caller: Caller,
    run: { graphId: string; assistantId: string; metadata: Record<string, unknown> },
    now: number,
  ): void {
    const metadata = { ...run.metadata, graph_id: run.graphId, assistant_id: run.assistantId };
    const made = this.threads.insertIfAbsent({ threadId, owner: caller.owner, metadata, now });
    if (!made) this.threads.mergeMetadata(threadId, metadata, now);
    this.threads.setStatus(threadId, 'busy', now);
  }
}
