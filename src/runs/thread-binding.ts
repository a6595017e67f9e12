import { Injectable } from '@nestjs/common';
import type { Caller } from '../auth/caller.js';
import { Ownership } from '../auth/ownership.js';
import { ThreadRepository } from '../threads/thread-repository.js';
import type { NewRun } from './run-repository.js';

/** The thread's side of an accepted run, inside the transaction that accepts it. */
@Injectable()
export class ThreadBinding {
  constructor(
    private readonly threads: ThreadRepository,
    private readonly ownership: Ownership,
  ) {}

  /** @throws NotFoundException for another's thread; one that does not exist is anybody's */
  assertOwner(threadId: string, caller: Caller): void {
    const thread = this.threads.ownerOf(threadId);
    if (thread) this.ownership.assert(thread, caller, `Thread ${threadId}`);
  }

  /** Makes the thread if it is missing, binds it to the graph, merges the run's metadata into it; it is busy now. */
  bind(threadId: string, caller: Caller, run: Pick<NewRun, 'graphId' | 'assistantId' | 'metadata'>, now: number): void {
    const metadata = { ...run.metadata, graph_id: run.graphId, assistant_id: run.assistantId };
    const made = this.threads.insertIfAbsent({ threadId, owner: caller.owner, metadata, now });
    if (!made && this.changes(threadId, run)) this.threads.mergeMetadata(threadId, metadata, now);
    this.threads.setStatus(threadId, 'busy', now);
  }

  /** False for most runs of a thread: what is stored is neither read nor written for them. */
  private changes(
    threadId: string,
    { graphId, assistantId, metadata }: Pick<NewRun, 'graphId' | 'assistantId' | 'metadata'>,
  ): boolean {
    const thread = this.threads.outline(threadId);
    return thread?.graphId !== graphId || thread.assistantId !== assistantId || Object.keys(metadata).length > 0;
  }
}
