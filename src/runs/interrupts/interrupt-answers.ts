import { Injectable } from '@nestjs/common';
import type { ThreadUnit } from '../../storage/unit/thread-unit.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import type { AnswerRequest, Answers, RunTarget } from '../requests/run-request.js';
import type { RunCommand, RunKwargs } from '../../storage/rows/run.js';

/** What a run that answers goes on with: the graph of the thread, and what the run that asked was called with. */
export interface AnswerContext {
  readonly target: RunTarget;
  readonly config: Record<string, unknown>;
  readonly configurable: Record<string, unknown>;
  readonly kwargs: Pick<RunKwargs, 'context' | 'call'>;
}

/** LangGraph's ids of interrupts. An object with such keys alone is meant as answers by id, whatever is open. */
const INTERRUPT_ID = /^[0-9a-f]{32}$/;

/** Decides, inside the transaction that accepts a run, which interrupts it answers. */
@Injectable()
export class InterruptAnswers {
  /**
   * Input that comes while the thread waits for answers answers all of them; null when there are none, when there is
   * no input, or when a checkpoint was named. The caller has checked that nothing is active or queued.
   */
  toNewInput(unit: ThreadUnit, { input, config, command }: RunKwargs): Record<string, unknown> | null {
    const { checkpoint_id: fork } = (config.configurable ?? {}) as Record<string, unknown>;
    if (input === null || input === undefined || command || fork) return null;
    const open = unit.interrupts.open();
    if (open.length === 0) return null;
    return Object.fromEntries(open.map(({ interruptId }) => [interruptId, input]));
  }

  /**
   * The answers by interrupt id. A value alone is the answer to all that are open.
   * @throws ProtocolError `no_such_interrupt` for a value while nothing is open
   */
  byId(unit: ThreadUnit, answers: Answers): Readonly<Record<string, unknown>> {
    if ('byId' in answers) return answers.byId;
    const { value } = answers;
    const open = unit.interrupts.open().map(({ interruptId }) => interruptId);
    const keys = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
    if (keys.length > 0 && keys.every((key) => INTERRUPT_ID.test(key) || open.includes(key)))
      return value as Record<string, unknown>;
    if (open.length === 0) throw this.noSuchInterrupt(unit, []);
    return Object.fromEntries(open.map((id) => [id, value]));
  }

  /** Those of the named interrupts that do not wait for an answer. */
  notOpen(unit: ThreadUnit, interruptIds: readonly string[]): string[] {
    const open = new Set(unit.interrupts.open().map(({ interruptId }) => interruptId));
    return interruptIds.filter((id) => !open.has(id));
  }

  /** Gives them to the run: from now on nobody else can answer them. */
  give({ interrupts, head }: ThreadUnit, runId: string, interruptIds: readonly string[]): void {
    for (const id of interruptIds) interrupts.giveTo(id, runId);
    head.openInterrupts = interrupts.open().length;
  }

  noSuchInterrupt(unit: ThreadUnit, missing: readonly string[]): ProtocolError {
    const open = unit.interrupts.open().map(({ interruptId }) => interruptId);
    const pending = open.length > 0 ? `it waits for ${open.join(', ')}` : 'it waits for no answer';
    const named = missing.length > 0 ? ` ${missing.join(', ')}` : '';
    return new ProtocolError('no_such_interrupt', `Thread ${unit.threadId} has no open interrupt${named}; ${pending}.`);
  }

  /**
   * The graph, the config and the kind of call to answer with; they survive a restart, since they are read from the
   * thread and its runs.
   * @throws ProtocolError `no_such_run` when the thread has had no run
   */
  contextOf(unit: ThreadUnit, interruptIds: readonly string[]): AnswerContext {
    const { graphId, assistantId } = unit.thread.outline ?? { graphId: null, assistantId: null };
    if (graphId === null || assistantId === null) {
      throw new ProtocolError('no_such_run', `Thread ${unit.threadId} has had no run that could wait for an answer.`);
    }
    const asking = interruptIds.map((id) => unit.interrupts.find(id)).find((row) => row !== null);
    const run = asking ? unit.runs.whole(asking.runId) : null;
    const { configurable, ...config } = run?.kwargs.config ?? {};
    const { checkpoint_id: _, ...kept } = (configurable ?? {}) as Record<string, unknown>;
    const { context, call } = run?.kwargs ?? {};
    return {
      target: { assistantId: run?.assistantId ?? assistantId, graphId: run?.graphId ?? graphId },
      config,
      configurable: kept,
      kwargs: { ...(context === undefined ? {} : { context }), ...(call === undefined ? {} : { call }) },
    };
  }

  /** What the answering run is called with: its own fields over those of the run that asked. */
  kwargsFor(
    base: AnswerContext,
    { config, command, ...own }: AnswerRequest['kwargs'],
    resume: RunCommand['resume'],
  ): Omit<RunKwargs, 'input'> {
    const configurable = { ...base.configurable, ...(config.configurable as object | undefined) };
    return {
      ...base.kwargs,
      ...own,
      config: { ...base.config, ...config, configurable },
      command: { resume, ...command },
    };
  }
}
