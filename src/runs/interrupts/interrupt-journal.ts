import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import type { EventDraft } from '../../storage/log/event-draft.js';
import type { ThreadUnit } from '../../storage/unit/thread-unit.js';
import { namespaceText } from '../../protocol/namespace.js';
import type { InterruptRow } from '../../storage/rows/interrupt.js';
import type { RunOutline } from '../../storage/rows/run.js';

/** An interrupt as a graph raised it. `dataJson` is the data of its `input.requested`. */
export interface RaisedInterrupt {
  readonly interruptId: string;
  readonly namespace: readonly string[];
  readonly taskId: string;
  readonly dataJson: string;
  /** Bytes of what the graph gave to `interrupt()`, as JSON. */
  readonly valueBytes: number;
}

/** A graph asks with more than MAX_INTERRUPT_BYTES. */
export class InterruptTooLargeError extends Error {
  override readonly name = 'InterruptTooLargeError';
}

/**
 * The events of channel `input`, each in the transaction that changes the row it tells of. A row is open until a run
 * that answers it is accepted; `input.answered` follows that run's `running`.
 */
@Injectable()
export class InterruptJournal {
  constructor(private readonly settings: Settings) {}

  /** @throws InterruptTooLargeError for one that may not be raised */
  assertSize({ interruptId, valueBytes }: RaisedInterrupt): void {
    const { MAX_INTERRUPT_BYTES: limit } = this.settings;
    if (valueBytes <= limit) return;
    throw new InterruptTooLargeError(
      `The graph asks with ${valueBytes} bytes of JSON (interrupt ${interruptId}), more than the ${limit} that MAX_INTERRUPT_BYTES allows. ` +
        'Keep what is large in the state, and ask with a short value.',
    );
  }

  /** A run raises an interrupt: once more under the same id, if its task asks again after an answer. */
  raise(transaction: ThreadUnit, runId: string, raised: RaisedInterrupt, at: number): void {
    const { threadId } = transaction;
    const known = transaction.interrupts.find(raised.interruptId);
    const requestedSeq = transaction.append(requested(raised.namespace, raised.dataJson, runId, at));
    // An answer that another, waiting run holds still stands: this run only came to the same question again.
    const answered = known?.answeredByRun != null && known.answeredByRun !== runId;
    if (known && !answered) this.hideAnswer(transaction, known);
    transaction.interrupts.save({
      threadId,
      interruptId: raised.interruptId,
      runId,
      namespace: namespaceText(raised.namespace),
      taskId: raised.taskId,
      requestedSeq,
      answeredByRun: answered ? known.answeredByRun : null,
      answeredSeq: answered ? known.answeredSeq : null,
    }, raised.dataJson, at);
    this.count(transaction);
  }

  /** The run that answers them has started: one `input.answered` per id. */
  announceAnswers(transaction: ThreadUnit, run: RunOutline): void {
    if (run.answers.length === 0) return;
    for (const row of transaction.interrupts.answeredBy(run.runId)) {
      if (row.answeredSeq !== null) continue;
      const seq = transaction.append({
        method: 'input.answered',
        namespace: [],
        data: JSON.stringify({ interrupt_ids: [row.interruptId] }),
        runId: run.runId,
        at: Date.now(),
      });
      transaction.interrupts.setAnsweredSeq(row, seq);
    }
  }

  /**
   * The run that should have answered them did not: they are open again, and asked again before its terminal.
   * @param isAsked tells which of them the graph still waits for; the others got through
   */
  reopen(transaction: ThreadUnit, run: RunOutline, isAsked: (row: InterruptRow) => boolean): void {
    for (const row of transaction.interrupts.answeredBy(run.runId)) {
      if (!isAsked(row)) continue;
      this.hideAnswer(transaction, row);
      this.ask(transaction, row, run.runId);
      transaction.interrupts.reopen(row);
    }
    this.count(transaction);
  }

  /** Without telling anybody, when the run never started: its terminal tells, when it can. */
  reopenSilently(transaction: ThreadUnit, run: RunOutline): void {
    for (const row of transaction.interrupts.answeredBy(run.runId)) transaction.interrupts.reopen(row);
    this.count(transaction);
  }

  /** Asks once more for those of the interrupts that the run was to answer that are open. */
  askAgain(transaction: ThreadUnit, run: RunOutline): void {
    for (const interruptId of run.answers) {
      const row = transaction.interrupts.find(interruptId);
      if (row?.answeredByRun === null) this.ask(transaction, row, run.runId);
    }
  }

  /**
   * Removes the rows that the graph does not list any more; what it lists stays, so that an answered one is known as
   * such.
   */
  close(transaction: ThreadUnit, isListed: (row: InterruptRow) => boolean): void {
    for (const row of transaction.interrupts.all()) {
      if (!isListed(row)) transaction.interrupts.remove(row);
    }
    this.count(transaction);
  }

  private ask(transaction: ThreadUnit, row: InterruptRow, runId: string): void {
    transaction.append(
      requested(JSON.parse(row.namespace) as string[], transaction.interrupts.dataOf(row), runId, Date.now()),
    );
  }

  /** A stream without cursor must not hide a question that is open again behind its old answer. */
  private hideAnswer(transaction: ThreadUnit, { answeredSeq }: InterruptRow): void {
    if (answeredSeq !== null) transaction.hide([answeredSeq]);
  }

  private count(transaction: ThreadUnit): void {
    transaction.head.openInterrupts = transaction.interrupts.open().length;
  }
}

function requested(namespace: readonly string[], data: string, runId: string, at: number): EventDraft {
  return { method: 'input.requested', namespace, data, runId, at };
}
