import type { MultitaskStrategy, RunKwargs } from '../../storage/rows/run.js';

/** A graph, and the name that it was asked for under. */
export interface RunTarget {
  readonly assistantId: string;
  readonly graphId: string;
}

/** A run that somebody asks for. */
export interface RunRequest extends RunTarget {
  readonly kwargs: RunKwargs;
  readonly metadata: Record<string, unknown>;
  /** What its thread is labelled with; `metadata` unless given. */
  readonly threadMetadata?: Record<string, unknown>;
  readonly multitaskStrategy: MultitaskStrategy;
  /** Above 0 it runs before what was accepted earlier and has not started. */
  readonly priority?: number;
  /** Epoch ms before which it is not started; runs that are due go first. */
  readonly notBefore?: number;
  /** False: it is new input even when the thread waits for answers. */
  readonly answersInterrupts?: boolean;
}

/** Answers to interrupts: by their ids, or a value: an object of answers by id, or the answer to all that are open. */
export type Answers = { readonly byId: Readonly<Record<string, unknown>> } | { readonly value: unknown };

/** A run that answers interrupts; it runs before whatever waits on the thread. */
export interface AnswerRequest {
  readonly answers: Answers;
  /** An unknown interrupt makes a run that refuses, instead of an error. */
  readonly strict: boolean;
  /** Null: that of the run that asked. */
  readonly target: RunTarget | null;
  /** Goes over that of the run that asked: its config, its context, its kind of call. */
  readonly kwargs: Omit<RunKwargs, 'input'>;
  readonly metadata: Record<string, unknown>;
  readonly threadMetadata?: Record<string, unknown>;
  readonly multitaskStrategy: MultitaskStrategy;
  readonly notBefore?: number;
}
