import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { ThreadSubjects } from '../../../event-log/thread-subjects.js';
import { RunAcceptance } from '../../../runs/run-acceptance.js';
import { SessionStorage } from '../../../storage/session-storage.js';
import { turnRequest } from './turn-request.js';

/**
 * Messages that were sent while their session waited for answers: each starts its turn once nothing is asked any more.
 */
@Injectable()
export class HeldTurns implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(HeldTurns.name);
  private readonly watched = new Map<string, () => void>();

  constructor(
    private readonly sessions: SessionStorage,
    private readonly subjects: ThreadSubjects,
    private readonly acceptance: RunAcceptance,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    for (const threadId of await this.sessions.threadsHolding()) {
      this.watch(threadId);
      void this.release(threadId);
    }
  }

  onModuleDestroy(): void {
    for (const stop of this.watched.values()) stop();
    this.watched.clear();
  }

  /** Looks after the messages that wait on the thread, from now on until there are none. */
  watch(threadId: string): void {
    if (this.watched.has(threadId)) return;
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
    try {
      const session = await this.sessions.find(threadId);
      if (!session) return this.forget(threadId);
      const left = await this.acceptance.together(threadId, { owner: session.owner }, (scope) => {
        const { head, session: stored } = scope.transaction;
        if (!stored.row || head.openRuns > 0 || head.openInterrupts > 0) return stored.row?.heldTurns.length ?? 0;
        if (stored.row.heldTurns.length === 0) return 0;
        for (const turn of stored.row.heldTurns) scope.start(turn.runId, turnRequest(stored.row, turn));
        stored.save({ ...stored.row, heldTurns: [] });
        return 0;
      });
      if (left === 0) this.forget(threadId);
    } catch (error) {
      this.logger.warn({ thread_id: threadId, err: error }, 'the messages that wait on a thread could not be started');
    }
  }

  private forget(threadId: string): void {
    this.watched.get(threadId)?.();
    this.watched.delete(threadId);
  }
}
