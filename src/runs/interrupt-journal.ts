import { Injectable } from '@nestjs/common';
import type { EventDraft } from '../event-log/event-draft.js';
import type { ThreadTransaction } from '../event-log/thread-transaction.js';
import { namespaceText } from '../protocol/namespace.js';
import { InterruptRepository, type InterruptRow } from './interrupt-repository.js';
import type { Run } from './run.js';

/** An interrupt as a graph raised it. `dataJson` is the data of its `input.requested`. */
export interface RaisedInterrupt {
  readonly interruptId: string;
  readonly namespace: readonly string[];
  readonly taskId: string;
  readonly dataJson: string;
}

/**
 * The events of channel `input`, each in the transaction that changes the row it tells of. A row is open until a run
 * that answers it is accepted; `input.answered` follows that run's `running`.
 */
@Injectable()
export class InterruptJournal {
  constructor(private readonly interrupts: InterruptRepository) {}

  /** A run raises an interrupt: once more under the same id, if its task asks again after an answer. */
  raise(transaction: ThreadTransaction, runId: string, raised: RaisedInterrupt, at: number): void {
    const { threadId } = transaction;
    const known = this.interrupts.find(threadId, raised.interruptId);
    const requestedSeq = transaction.append(requested(raised.namespace, raised.dataJson, runId, at));
    // An answer that another, waiting run holds still stands: this run only came to the same question again.
    const answered = known?.answeredByRun != null && known.answeredByRun !== runId;
    if (known && !answered) this.hideAnswer(transaction, known);
    this.interrupts.save({
      threadId,
      interruptId: raised.interruptId,
      runId,
      namespace: namespaceText(raised.namespace),
      taskId: raised.taskId,
      dataJson: raised.dataJson,
      requestedSeq,
      answeredByRun: answered ? known.answeredByRun : null,
      answeredSeq: answered ? known.answeredSeq : null,
    }, at);
    this.count(transaction);
  }

  /** The run that answers them has started: one `input.answered` per id. */
  announceAnswers(transaction: ThreadTransaction, run: Run): void {
    for (const row of this.interrupts.ofThread(run.threadId)) {
      if (row.answeredByRun !== run.runId || row.answeredSeq !== null) continue;
      const seq = transaction.append({
        method: 'input.answered',
        namespace: [],
        data: JSON.stringify({ interrupt_ids: [row.interruptId] }),
        runId: run.runId,
        at: Date.now(),
      });
      this.interrupts.setAnsweredSeq(run.threadId, row.interruptId, seq);
    }
  }

  /**
   * The run that should have answered them did not: they are open again, and asked again before its terminal.
   * @param isAsked tells which of them the graph still waits for; the others got through
   */
  reopen(transaction: ThreadTransaction, run: Run, isAsked: (row: InterruptRow) => boolean): void {
    for (const row of this.interrupts.ofThread(run.threadId)) {
      if (row.answeredByRun !== run.runId || !isAsked(row)) continue;
      this.hideAnswer(transaction, row);
      transaction.append(requested(JSON.parse(row.namespace) as string[], row.dataJson, run.runId, Date.now()));
      this.interrupts.setOpen(run.threadId, row.interruptId);
    }
    this.count(transaction);
  }

  /** Without telling anybody, when the run never started: its terminal tells, when it can. */
  reopenSilently(transaction: ThreadTransaction, run: Run): void {
    for (const row of this.interrupts.ofThread(run.threadId)) {
      if (row.answeredByRun === run.runId) this.interrupts.setOpen(run.threadId, row.interruptId);
    }
    this.count(transaction);
  }

  /** Asks once more for the named interrupts that are open. */
  askAgain(transaction: ThreadTransaction, run: Run, interruptIds: readonly string[]): void {
    const asked = new Set(interruptIds);
    for (const row of this.interrupts.openOf(run.threadId)) {
      if (!asked.has(row.interruptId)) continue;
      transaction.append(requested(JSON.parse(row.namespace) as string[], row.dataJson, run.runId, Date.now()));
    }
  }

  /** Removes the rows that the graph does not list any more; what it lists stays, so that an answered one is known as such. */
  close(transaction: ThreadTransaction, isListed: (row: InterruptRow) => boolean): void {
    for (const row of this.interrupts.ofThread(transaction.threadId)) {
      if (!isListed(row)) this.interrupts.delete(row.threadId, row.interruptId);
    }
    this.count(transaction);
  }

  /** A stream without cursor must not hide a question that is open again behind its old answer. */
  private hideAnswer(transaction: ThreadTransaction, { answeredSeq }: InterruptRow): void {
    if (answeredSeq !== null) transaction.hide([answeredSeq]);
  }

  private count(transaction: ThreadTransaction): void {
    transaction.head.openInterrupts = this.interrupts.countOpen(transaction.threadId);
  }
}

function requested(namespace: readonly string[], data: string, runId: string, at: number): EventDraft {
  return { method: 'input.requested', namespace, data, runId, at };
}
