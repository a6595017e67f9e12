import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { ThreadSubjects } from '../../../event-log/thread-subjects.js';
import { RunAcceptance } from '../../../runs/run-acceptance.js';
import { SessionRepository } from '../session-repository.js';
import { turnRequest } from './turn-request.js';

/**
 * Messages that were sent while their session waited for answers: each starts its turn once nothing is asked any more.
 */
@Injectable()
export class HeldTurns implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(HeldTurns.name);
  private readonly watched = new Map<string, () => void>();

  constructor(
    private readonly sessions: SessionRepository,
    private readonly subjects: ThreadSubjects,
    private readonly acceptance: RunAcceptance,
  ) {}

  onApplicationBootstrap(): void {
    for (const threadId of this.sessions.threadsHolding()) {
      this.watch(threadId);
      void this.release(threadId);
    }
  }

  onModuleDestroy(): void {
    for (const stop of this.watched.values()) stop();
    this.watched.clear();
  }

  /** Looks after the thread's messages from now on; without any it does nothing. */
  watch(threadId: string): void {
    if (this.watched.has(threadId) || (this.sessions.find(threadId)?.heldTurns.length ?? 0) === 0) return;
    const stop = this.subjects.listen(threadId, ({ events }) => {
      if (events.some(({ channel, namespace }) => channel === 'lifecycle' && namespace === '[]'))
        void this.release(threadId);
    }, (error) => {
      this.watched.delete(threadId);
      this.logger.error(
        { thread_id: threadId, err: error },
        'the messages that wait on a thread are not looked after until the next one',
      );
    });
    this.watched.set(threadId, stop);
  }

  private async release(threadId: string): Promise<void> {
    const session = this.sessions.find(threadId);
    if (!session) return this.forget(threadId);
    try {
      await this.acceptance.together(threadId, { owner: session.owner }, (scope) => {
        const { openRuns, openInterrupts } = scope.transaction.head;
        const stored = this.sessions.find(threadId);
        if (!stored || openRuns > 0 || openInterrupts > 0) return;
        for (const turn of stored.heldTurns) scope.start(turn.runId, turnRequest(stored, turn));
        this.sessions.save({ ...stored, heldTurns: [] });
      });
    } catch (error) {
      this.logger.warn({ thread_id: threadId, err: error }, 'the messages that wait on a thread could not be started');
    }
    if ((this.sessions.find(threadId)?.heldTurns.length ?? 0) === 0) this.forget(threadId);
  }

  private forget(threadId: string): void {
    this.watched.get(threadId)?.();
    this.watched.delete(threadId);
  }
}
