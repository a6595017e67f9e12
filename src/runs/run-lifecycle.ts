import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import type { EventDraft } from '../storage/log/event-draft.js';
import { EventLog } from '../event-log/event-log.js';
import type { ThreadUnit } from '../storage/unit/thread-unit.js';
import type { RootCheckpoint } from '../storage/checkpointer.js';
import type { InterruptRow } from '../storage/rows/interrupt.js';
import type { ThreadStatus } from '../storage/rows/thread.js';
import { v7 as uuidv7 } from 'uuid';
import { webhookBody } from '../webhooks/webhook-body.js';
import { WebhookSender } from '../webhooks/webhook-sender.js';
import { RunValues } from './run-values.js';
import { InterruptJournal } from './interrupts/interrupt-journal.js';
import { type Terminal, rootLifecycle } from './root-lifecycle.js';
import type { Run, RunError, RunOutline, RunStatus } from '../storage/rows/run.js';

/** How a run ended. `removed` deletes its row once its terminal is in the log (rollback). */
export interface RunEnd {
  readonly terminal: Terminal;
  readonly status: RunStatus;
  readonly error?: RunError;
  readonly removed?: boolean;
}

/** The same with the thread's values, as JSON text, for the webhook of the run. */
interface ToldEnd extends RunEnd {
  readonly valuesJson?: string | null;
}

/** What a lost attempt left in the log: the events that close it, and those a stream without cursor skips. */
export interface LostAttempt {
  readonly closers: readonly EventDraft[];
  readonly abandoned: readonly number[];
}

/** What the graph says of a thread's interrupts. */
export interface ListedInterrupts {
  /** The newest root checkpoint lists it; an answered one too, until the step is over. */
  isListed(row: InterruptRow): boolean;
  /** It is listed and its task has no result yet, so that it still has to be answered. */
  isAsked(row: InterruptRow): boolean;
}

/** The transactions of a run's life: its status and the event that says so always commit together. */
@Injectable()
export class RunLifecycle {
  constructor(
    private readonly log: EventLog,
    private readonly journal: InterruptJournal,
    private readonly values: RunValues,
    private readonly webhooks: WebhookSender,
    private readonly settings: Settings,
  ) {}

  /**
   * The end of a run that may not be started again, or null: MAX_RUN_ATTEMPTS starts without a new checkpoint count
   * against it. One that was cancelled is only started to be ended.
   */
  exhausted(run: RunOutline, newest: RootCheckpoint | null): RunEnd | null {
    if (nextAttempt(run, newest) <= this.settings.MAX_RUN_ATTEMPTS || run.cancelAction) return null;
    const message = `The run was started ${run.attempt} times without reaching a new checkpoint; it is not tried again.`;
    return { terminal: 'failed', status: 'error', error: { message, type: 'RunAttemptsExhaustedError' } };
  }

  /**
   * Announces that the run starts, or starts again after its process was lost.
   * @param newest the thread's newest root checkpoint
   * @returns the stored run; null when it must not start: it ended while it waited.
   */
  start(
    run: Run,
    newest: RootCheckpoint | null,
    lost: LostAttempt,
    resumeCounts: Readonly<Record<string, number>>,
  ): Promise<Run | null> {
    return this.decide(run.threadId, (transaction) => {
      const stored = transaction.runs.outline(run.runId);
      if (!stored || (stored.status !== 'pending' && stored.status !== 'running')) return null;
      this.settleOwedTerminals(transaction);
      if (newest) transaction.raiseTimestamp(newest.ts);
      this.closeLostAttempt(transaction, lost);
      const newestId = newest?.id ?? null;
      const firstSeq = transaction.append(rootLifecycle(stored, 'running'));
      this.journal.announceAnswers(transaction, stored);
      const first = stored.started ? stored : { startCheckpointId: newestId, resumeCounts };
      const started = { startCheckpointId: first.startCheckpointId, resumeCounts: first.resumeCounts };
      transaction.runs.start({
        runId: run.runId,
        attempt: nextAttempt(stored, newest),
        attemptState: stored.watchMs > 0 ? 'alone' : 'beside',
        ...started,
        attemptCheckpointId: newestId,
        firstSeq,
        now: Date.now(),
      });
      return { ...run, ...stored, ...started };
    });
  }

  /**
   * Ends the run, started or not: what it left open is closed, answers that did not get through are asked for again,
   * then its one terminal, then the terminals owed by runs that waited.
   */
  async end(
    run: RunOutline, end: RunEnd, closers: readonly EventDraft[], listed: ListedInterrupts | null,
  ): Promise<void> {
    const valuesJson = run.webhook === null ? null : await this.values.of(run);
    return this.decide(run.threadId, (transaction) => {
      const status = transaction.runs.statusOf(run.runId);
      if (status !== 'running' && status !== 'pending') return;
      for (const closer of closers) transaction.append(closer);
      if (listed) {
        this.journal.reopen(transaction, run, (row) => listed.isAsked(row));
        this.journal.close(transaction, (row) => listed.isListed(row));
      }
      this.finish(transaction, run, { ...end, valuesJson });
    });
  }

  /** Ends a run that is only there to refuse: nothing runs, the thread stays as it is. */
  refuse(run: Run): Promise<void> {
    return this.decide(run.threadId, (transaction) => {
      if (transaction.runs.statusOf(run.runId) !== 'pending') return;
      this.settleOwedTerminals(transaction);
      const named = run.kwargs.refusal?.interruptIds ?? [];
      const message = `No interrupt of this thread waits for an answer under ${named.join(', ')}.`;
      this.finish(transaction, run, { terminal: 'failed', status: 'error', error: { message, type: null } }, {
        reason: 'unknown_interrupt',
        interrupt_ids: named,
        pending_ids: transaction.interrupts.open().map(({ interruptId }) => interruptId),
      });
    });
  }

  /** Commits the terminals of runs that were cancelled while they waited, unless a run is active. */
  settleOwed(threadId: string): Promise<void> {
    return this.decide(threadId, (transaction) => {
      this.settleOwedTerminals(transaction);
      if (transaction.head.openRuns === 0 && transaction.thread.outline?.status === 'busy') {
        transaction.thread.setStatus(idleStatus(transaction), Date.now());
      }
    });
  }

  /** Webhooks of what the decision ended are sent as soon as they are stored. */
  private async decide<T>(threadId: string, work: (unit: ThreadUnit) => T): Promise<T> {
    const [value, tells] = await this.log.transact(
      threadId, (unit) => [work(unit), unit.hasWebhooks] as const, { waits: true },
    );
    if (tells) this.webhooks.wake();
    return value;
  }

  private finish(transaction: ThreadUnit, run: RunOutline, end: ToldEnd, refusal?: Record<string, unknown>): void {
    const { terminal, status, error } = end;
    const now = Date.now();
    this.tell(transaction, run, end, now);
    transaction.append(rootLifecycle(run, terminal, { ...errorFields(error), ...refusal }));
    if (end.removed) transaction.runs.remove(run.runId);
    else transaction.runs.end(run.runId, status, error ?? null, now);
    transaction.head.openRuns -= 1;
    this.settleOwedTerminals(transaction);
    const failed = terminal === 'failed' && !refusal;
    // A static breakpoint interrupts the thread without a question.
    const paused = terminal === 'interrupted' && status === 'success';
    const rest: ThreadStatus = failed ? 'error' : paused ? 'interrupted' : idleStatus(transaction);
    transaction.thread.touchState(now);
    transaction.thread.setStatus(transaction.head.openRuns > 0 ? 'busy' : rest,
      now,
      failed ? error?.message : null,
    );
  }

  /** What its webhook is sent, with the same commit: a process that is lost a moment later leaves it to the next. */
  private tell(
    transaction: ThreadUnit,
    { runId, webhook }: RunOutline,
    { status, error, valuesJson }: Pick<ToldEnd, 'status' | 'error' | 'valuesJson'>,
    now: number,
  ): void {
    const run = webhook === null ? null : transaction.runs.whole(runId);
    if (webhook === null || !run) return;
    const bodyJson = webhookBody(run, {
      status,
      error: error ?? null,
      startedAt: run.firstSeq === null ? null : transaction.timestampOf(run.firstSeq),
      endedAt: now,
      valuesJson: valuesJson ?? null,
    });
    transaction.enqueueWebhook({ webhookId: `msg_${uuidv7()}`, runId, url: webhook, dueAt: now, bodyJson });
  }

  /**
   * Not while a run has started and not ended, be it in a lost process: root lifecycles of two runs never interleave.
   */
  private settleOwedTerminals(transaction: ThreadUnit): void {
    if (transaction.runs.running()) return;
    for (const owing of transaction.runs.owing()) {
      if (owing.answers.length > 0) {
        // Without these a client keeps the questions hidden that this run was to answer.
        transaction.append(rootLifecycle(owing, 'running'));
        this.journal.askAgain(transaction, owing);
      }
      this.tell(transaction, owing, { status: 'interrupted' }, Date.now());
      transaction.append(rootLifecycle(owing, 'interrupted'));
      if (owing.cancelAction === 'rollback') transaction.runs.remove(owing.runId);
      else transaction.runs.settle(owing.runId);
    }
  }

  private closeLostAttempt(transaction: ThreadUnit, { closers, abandoned }: LostAttempt): void {
    transaction.hide(abandoned);
    for (const closer of closers) transaction.append(closer);
  }
}

/** The number of the start that comes next; a new checkpoint since the last one begins anew. */
function nextAttempt({ started, attempt, attemptCheckpointId }: RunOutline, newest: RootCheckpoint | null): number {
  const progressed = (newest?.id ?? null) !== attemptCheckpointId;
  return started && !progressed ? attempt + 1 : 1;
}

function errorFields(error: RunError | undefined): Record<string, unknown> {
  if (!error) return {};
  return { error: error.message, ...(error.type === null ? {} : { error_type: error.type }) };
}

function idleStatus({ head }: ThreadUnit): ThreadStatus {
  return head.openInterrupts > 0 ? 'interrupted' : 'idle';
}
