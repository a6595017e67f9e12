import { Injectable } from '@nestjs/common';
import type { Caller } from '../../auth/caller.js';
import { Ownership } from '../../auth/ownership.js';
import { InterruptStorage } from '../../storage/interrupt-storage.js';
import type { InterruptRow } from '../../storage/rows/interrupt.js';
import type { ThreadRow } from '../../storage/rows/thread.js';
import { ThreadStorage } from '../../storage/thread-storage.js';

/** What is stored of a thread beside its log and its checkpoints. */
export interface ThreadOriginal {
  readonly thread: ThreadRow;
  readonly interrupts: readonly InterruptRow[];
  /** JSON text of the data of each one's `input.requested`. */
  readonly questions: ReadonlyMap<string, string>;
}

/** Reads threads that are to be copied. */
@Injectable()
export class ThreadOriginals {
  constructor(
    private readonly threads: ThreadStorage,
    private readonly interrupts: InterruptStorage,
    private readonly ownership: Ownership,
  ) {}

  /** @throws NotFoundException also for another's thread */
  async read(threadId: string, caller: Caller): Promise<ThreadOriginal> {
    const thread = this.ownership.assert(await this.threads.find(threadId), caller, `Thread ${threadId}`);
    const interrupts = await this.interrupts.ofThread(threadId);
    return { thread, interrupts, questions: await this.interrupts.questionsOf(threadId) };
  }
}
