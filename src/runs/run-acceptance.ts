import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { Caller } from '../auth/caller.js';
import { Ownership } from '../auth/ownership.js';
import { Settings } from '../config/settings.js';
import { EventLog } from '../event-log/event-log.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import { ThreadRepository } from '../threads/thread-repository.js';
import type { MultitaskStrategy, RunKwargs } from './run.js';
import { RunRepository } from './run-repository.js';
import { RunScheduler } from './run-scheduler.js';

/** A run that somebody asks for. */
export interface RunRequest {
  readonly assistantId: string;
  readonly graphId: string;
  readonly kwargs: RunKwargs;
  readonly metadata: Record<string, unknown>;
  readonly multitaskStrategy: MultitaskStrategy;
}

export interface AcceptedRun {
  readonly runId: string;
  /** The thread's seq before the run can emit anything. */
  readonly appliedThroughSeq: number;
}

/** Accepts runs: once this has resolved, the run is stored and will end in exactly one terminal. */
@Injectable()
export class RunAcceptance {
  constructor(
    private readonly log: EventLog,
    private readonly runs: RunRepository,
    private readonly threads: ThreadRepository,
    private readonly ownership: Ownership,
    private readonly scheduler: RunScheduler,
    private readonly settings: Settings,
  ) {}

  /**
   * Stores the run and, where it is missing, its thread, in one commit; does not wait for the run.
   * @throws NotFoundException for another's thread, StorageUnavailableError, ProtocolError when the queue is full
   */
  async accept(threadId: string, caller: Caller, request: RunRequest): Promise<AcceptedRun> {
    const runId = uuidv7();
    const appliedThroughSeq = await this.log.transact(threadId, (transaction) => {
      const now = Date.now();
      const { graphId, assistantId } = request;
      const thread = this.threads.find(threadId);
      const metadata = { ...request.metadata, graph_id: graphId, assistant_id: assistantId };
      const { head } = transaction;
      if (head.openRuns >= this.settings.MAX_QUEUED_RUNS) {
        throw new ProtocolError('invalid_argument', `the thread already has ${head.openRuns} runs (MAX_QUEUED_RUNS)`);
      }
      if (thread) this.ownership.assert(thread, caller, `Thread ${threadId}`);
      else this.threads.insertIfAbsent({ threadId, owner: caller.owner, metadata, now });
      this.threads.mergeMetadata(threadId, metadata, now);
      this.threads.setStatus(threadId, 'busy', now);
      if (head.openRuns === 0) head.replayFromSeq = head.lastSeq + 1;
      head.openRuns += 1;
      head.lastAcceptedAt = now;
      this.runs.insert({ ...request, runId, threadId, owner: caller.owner, now });
      return head.lastSeq;
    }, { waits: false });
    this.scheduler.wake(threadId);
    return { runId, appliedThroughSeq };
  }
}
