import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { Caller } from '../auth/caller.js';
import { EventLog } from '../event-log/event-log.js';
import type { ThreadUnit as ThreadTransaction } from '../storage/thread-unit.js';
import { InterruptAnswers } from './interrupt-answers.js';
import { MultitaskPolicy } from './multitask-policy.js';
import type { MultitaskStrategy, RunCommand, RunKwargs } from './run.js';
import { RunRepository } from './run-repository.js';
import { RunScheduler } from './run-scheduler.js';
import { ThreadBinding } from './thread-binding.js';

/** A run that somebody asks for. */
export interface RunRequest {
  readonly assistantId: string;
  readonly graphId: string;
  readonly kwargs: RunKwargs;
  readonly metadata: Record<string, unknown>;
  readonly multitaskStrategy: MultitaskStrategy;
  /** Above 0 it runs before what was accepted earlier and has not started. */
  readonly priority?: number;
  /** False: it is new input even when the thread waits for answers. */
  readonly answersInterrupts?: boolean;
}

export interface AcceptedRun {
  readonly runId: string;
  /** The thread's seq before the run can emit anything. */
  readonly appliedThroughSeq: number;
}

export interface RespondOptions {
  readonly config: Record<string, unknown>;
  readonly metadata: Record<string, unknown>;
  /** An unknown interrupt makes a run that refuses, instead of an error. */
  readonly strict: boolean;
}

/** What can be accepted inside one commit; a run gets the id (a UUID) that it is given. */
export interface AcceptanceScope {
  readonly transaction: ThreadTransaction;
  start(runId: string, request: RunRequest): void;
  respond(runId: string, command: RunCommand, options: RespondOptions): void;
  /** Stops the run that is active, or else the one that is next; those that wait go on. Returns its id, or null. */
  interruptActive(): string | null;
  /** Stops every run that is active or waits. */
  interruptAll(): void;
}

type Decision = (transaction: ThreadTransaction, runId: string) => RunRequest;

/** Accepts runs: once this has resolved, the run is stored and will end in exactly one terminal. */
@Injectable()
export class RunAcceptance {
  constructor(
    private readonly log: EventLog,
    private readonly runs: RunRepository,
    private readonly binding: ThreadBinding,
    private readonly answers: InterruptAnswers,
    private readonly policy: MultitaskPolicy,
    private readonly scheduler: RunScheduler,
  ) {}

  /**
   * Stores the run and, where it is missing, its thread, in one commit; does not wait for the run, nor for those that
   * its strategy stops. Input for an idle thread that waits for answers is the answer to all of them.
   * @throws NotFoundException for another's thread, StorageUnavailableError, ProtocolError for a run that is refused
   */
  async accept(threadId: string, caller: Caller, request: RunRequest): Promise<AcceptedRun> {
    return this.store(threadId, caller, this.startOf(request));
  }

  /**
   * Stores a run that answers interrupts; it runs before whatever waits on the thread.
   * @throws ProtocolError `no_such_interrupt` when one of them is not open, `no_such_run` for a thread without runs
   */
  async respond(threadId: string, caller: Caller, command: RunCommand, options: RespondOptions): Promise<AcceptedRun> {
    return this.store(threadId, caller, this.responseOf(command, options));
  }

  /**
   * Any number of runs, and what else belongs to them, in one commit: all of it is stored, or nothing.
   * @param work synchronous; may run again after a rollback; what it throws refuses everything
   * @throws NotFoundException for another's thread, StorageUnavailableError, ProtocolError, whatever `work` throws
   */
  async together<T>(threadId: string, caller: Caller, work: (scope: AcceptanceScope) => T): Promise<T> {
    const result = await this.log.transact(threadId, (transaction) => {
      this.binding.assertOwner(threadId, caller);
      return work({
        transaction,
        start: (runId, request) => this.storeInside(transaction, caller, runId, this.startOf(request)),
        respond: (runId, command, options) => this.storeInside(transaction, caller, runId, this.responseOf(command, options)),
        interruptAll: () => this.policy.apply(transaction, 'interrupt'),
        interruptActive: () => this.policy.interruptActive(transaction),
      });
    }, { waits: false });
    this.scheduler.stop(threadId);
    return result;
  }

  private startOf(request: RunRequest): Decision {
    return (transaction, runId) => {
      const mayAnswer = transaction.head.openRuns === 0 && request.answersInterrupts !== false;
      const resume = mayAnswer ? this.answers.toNewInput(transaction.threadId, request.kwargs) : null;
      this.policy.apply(transaction, request.multitaskStrategy);
      if (resume) this.answers.give(transaction, runId, Object.keys(resume));
      return resume ? { ...request, kwargs: { ...request.kwargs, command: { resume } } } : request;
    };
  }

  private responseOf(command: RunCommand, { metadata, config, strict }: RespondOptions): Decision {
    return (transaction, runId) => {
      const { threadId } = transaction;
      const base = this.answers.contextOf(threadId, Object.keys(command.resume ?? {}));
      const named = Object.keys(command.resume ?? {});
      const missing = this.answers.notOpen(threadId, named);
      const accepted = { ...base, metadata, multitaskStrategy: 'enqueue' as const };
      if (missing.length > 0) {
        if (!strict) throw this.answers.noSuchInterrupt(threadId, missing);
        return { ...accepted, kwargs: { input: null, config: {}, refusal: { interruptIds: missing } } };
      }
      this.answers.give(transaction, runId, named);
      const merged = { ...base.config, ...config, configurable: { ...base.configurable, ...asObject(config.configurable) } };
      return { ...accepted, kwargs: { input: null, config: merged, command }, priority: 1 };
    };
  }

  private async store(threadId: string, caller: Caller, decide: Decision): Promise<AcceptedRun> {
    const runId = uuidv7();
    const appliedThroughSeq = await this.together(threadId, caller, ({ transaction }) => {
      this.storeInside(transaction, caller, runId, decide);
      return transaction.head.lastSeq;
    });
    return { runId, appliedThroughSeq };
  }

  private storeInside(transaction: ThreadTransaction, caller: Caller, runId: string, decide: Decision): void {
    const now = Date.now();
    const { head, threadId } = transaction;
    const { assistantId, graphId, kwargs, metadata, multitaskStrategy, priority = 0 } = decide(transaction, runId);
    this.policy.checkRoom(transaction);
    this.binding.bind(threadId, caller, { graphId, assistantId, metadata }, now);
    if (head.openRuns === 0 && !kwargs.refusal) head.replayFromSeq = head.lastSeq + 1;
    head.openRuns += 1;
    head.lastAcceptedAt = now;
    this.runs.insert({
      runId, threadId, owner: caller.owner, assistantId, graphId, metadata, kwargs, multitaskStrategy, priority, now,
    });
  }
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
