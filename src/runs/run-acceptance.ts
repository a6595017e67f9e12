import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { Caller } from '../auth/caller.js';
import { EventLog } from '../event-log/event-log.js';
import type { ThreadUnit } from '../storage/unit/thread-unit.js';
import { InterruptAnswers } from './interrupts/interrupt-answers.js';
import { MultitaskPolicy } from './multitask-policy.js';
import type { AnswerRequest, RunRequest } from './requests/run-request.js';
import { RunDelays } from './run-delays.js';
import { RunLimits } from './requests/run-limits.js';
import { ThreadBinding } from './thread-binding.js';

export interface AcceptedRun {
  readonly runId: string;
  /** The thread's seq before the run can emit anything. */
  readonly appliedThroughSeq: number;
}

/** What can be accepted inside one commit; a run gets the id (a UUID) that it is given. */
export interface AcceptanceScope {
  readonly transaction: ThreadUnit;
  start(runId: string, request: RunRequest | AnswerRequest): void;
  /** Stops the run that is active, or else the one that is next; those that wait go on. Returns its id, or null. */
  interruptActive(): string | null;
  /** Stops every run that is active or waits. */
  interruptAll(): void;
}

/** Accepts runs: once this has resolved, the run is stored and will end in exactly one terminal. */
@Injectable()
export class RunAcceptance {
  constructor(
    private readonly log: EventLog,
    private readonly limits: RunLimits,
    private readonly binding: ThreadBinding,
    private readonly answers: InterruptAnswers,
    private readonly policy: MultitaskPolicy,
    private readonly delays: RunDelays,
  ) {}

  /**
   * Stores the run and, where it is missing, its thread, in one commit; does not wait for the run, nor for those that
   * its strategy stops. Input for an idle thread that waits for answers is the answer to all of them.
   * @throws NotFoundException for another's thread, StorageUnavailableError, ProtocolError for a run that is refused:
   *   also `no_such_interrupt` for an answer to what is not open, and `no_such_run` where no run can have asked
   */
  async accept(threadId: string, caller: Caller, request: RunRequest | AnswerRequest): Promise<AcceptedRun> {
    const runId = uuidv7();
    const appliedThroughSeq = await this.together(threadId, caller, (scope) => {
      scope.start(runId, request);
      return scope.transaction.head.lastSeq;
    });
    return { runId, appliedThroughSeq };
  }

  /**
   * Any number of runs, and what else belongs to them, in one commit: all of it is stored, or nothing.
   * @param work synchronous; may run again after a rollback; what it throws refuses everything
   * @throws NotFoundException for another's thread, StorageUnavailableError, ProtocolError, whatever `work` throws
   */
  async together<T>(threadId: string, caller: Caller, work: (scope: AcceptanceScope) => T): Promise<T> {
    let hasDelayed = false;
    const result = await this.log.transact(threadId, (transaction) => {
      hasDelayed = false;
      this.binding.assertOwner(transaction, caller);
      return work({
        transaction,
        start: (runId, request) => {
          hasDelayed ||= request.notBefore !== undefined;
          this.storeInside(transaction, caller, runId, request);
        },
        interruptAll: () => this.policy.apply(transaction, 'interrupt'),
        interruptActive: () => this.policy.interruptActive(transaction),
      });
    }, { waits: false });
    this.delays.accepted(threadId, hasDelayed);
    return result;
  }

  private start(transaction: ThreadUnit, runId: string, request: RunRequest): RunRequest {
    const mayAnswer = transaction.head.openRuns === 0 && request.answersInterrupts !== false;
    const resume = mayAnswer ? this.answers.toNewInput(transaction, request.kwargs) : null;
    this.policy.apply(transaction, request.multitaskStrategy);
    if (resume) this.answers.give(transaction, runId, Object.keys(resume));
    return resume ? { ...request, kwargs: { ...request.kwargs, command: { resume } } } : request;
  }

  private answer(transaction: ThreadUnit, runId: string, request: AnswerRequest): RunRequest {
    const resume = this.answers.byId(transaction, request.answers);
    const named = Object.keys(resume);
    const base = this.answers.contextOf(transaction, named);
    const missing = this.answers.notOpen(transaction, named);
    const { metadata, threadMetadata, multitaskStrategy, notBefore } = request;
    const accepted = { ...(request.target ?? base.target), metadata, threadMetadata, multitaskStrategy, notBefore };
    if (missing.length > 0) {
      if (!request.strict) throw this.answers.noSuchInterrupt(transaction, missing);
      return { ...accepted, kwargs: { input: null, config: {}, refusal: { interruptIds: missing } } };
    }
    this.policy.apply(transaction, multitaskStrategy);
    this.answers.give(transaction, runId, named);
    const kwargs = { input: null, ...this.answers.kwargsFor(base, request.kwargs, resume) };
    return { ...accepted, kwargs, priority: 1 };
  }

  private storeInside(
    transaction: ThreadUnit, caller: Caller, runId: string, asked: RunRequest | AnswerRequest,
  ): void {
    const now = Date.now();
    const { head, threadId } = transaction;
    const request = 'answers' in asked ? this.answer(transaction, runId, asked) : this.start(transaction, runId, asked);
    const { assistantId, graphId, kwargs, metadata, multitaskStrategy, priority = 0, notBefore } = request;
    this.limits.assertWebhook(kwargs.webhook);
    this.policy.checkRoom(transaction);
    const labels = request.threadMetadata ?? metadata;
    this.binding.bind(transaction, caller, { graphId, assistantId, metadata: labels }, now);
    if (head.openRuns === 0 && !kwargs.refusal) head.replayFromSeq = head.lastSeq + 1;
    head.openRuns += 1;
    head.lastAcceptedAt = now;
    const metadataJson = this.limits.metadataText(metadata);
    transaction.runs.insert({
      runId,
      threadId,
      owner: caller.owner,
      assistantId,
      graphId,
      metadataJson,
      kwargs,
      multitaskStrategy,
      priority,
      dueAt: notBefore ?? null,
      now,
    });
  }
}
