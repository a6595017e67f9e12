import { Injectable } from '@nestjs/common';
import { InterruptStorage } from '../storage/interrupt-storage.js';
import type { IsAnswered } from './thread-state.js';

/**
 * Which interrupts of a thread are answered already. LangGraph lists an interrupt until its task has run to the end, so
 * after the first of two answers it still shows both; a second answer to the same one would do nothing.
 */
@Injectable()
export class PendingInterrupts {
  constructor(private readonly interrupts: InterruptStorage) {}

  /** Tells whether a run that answers one has been accepted; false for an interrupt the server does not know. */
  async of(threadId: string): Promise<IsAnswered> {
    const rows = await this.interrupts.ofThread(threadId);
    const answered = new Set(
      rows.filter(({ answeredByRun }) => answeredByRun !== null).map(({ interruptId }) => interruptId),
    );
    return (interruptId) => answered.has(interruptId);
  }
}
