import { Injectable } from '@nestjs/common';
import { Assistants } from '../../../assistants/assistants.service.js';
import type { Caller } from '../../../auth/caller.js';
import { ThreadDeletion } from '../../../runs/thread-deletion.js';
import { AssistantStorage } from '../../../storage/assistant-storage.js';

const THREADS_AT_ONCE = 100;

/** Removes assistants, with their threads where that is asked for. */
@Injectable()
export class AssistantRemoval {
  constructor(
    private readonly assistants: Assistants,
    private readonly storage: AssistantStorage,
    private readonly threads: ThreadDeletion,
  ) {}

  /**
   * The threads go after the assistant, so that no new run of it comes in between; each in a commit of its own.
   * @returns its id
   * @throws NotFoundException also for another's, ForbiddenException for that of a graph, StorageUnavailableError
   */
  async delete(id: string, withThreads: boolean, caller: Caller): Promise<string> {
    const assistantId = await this.assistants.delete(id, caller);
    if (withThreads) await this.deleteThreads(assistantId, caller);
    return assistantId;
  }

  private async deleteThreads(assistantId: string, { owner }: Caller): Promise<void> {
    for (let after = ''; ;) {
      const ids = await this.storage.threadsOf(assistantId, owner, after, THREADS_AT_ONCE);
      for (const threadId of ids) await this.threads.delete(threadId);
      const last = ids.at(-1);
      if (last === undefined) return;
      after = last;
    }
  }
}
