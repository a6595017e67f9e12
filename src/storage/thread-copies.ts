import type { Awaitable } from './awaitable.js';

/** An interrupt that nobody has answered yet; `namespace` is JSON text, `dataJson` that of its `input.requested`. */
export interface AskedInterrupt {
  readonly interruptId: string;
  readonly namespace: string;
  readonly dataJson: string;
}

/** A thread to be stored as a copy of another: with its owner, its config, its status and its interrupts. */
export interface ThreadCopy {
  readonly from: string;
  readonly to: string;
  readonly metadataJson: string;
  readonly graphId: string | null;
  readonly assistantId: string | null;
  /** Seqs of the events that announce the open interrupts in the copy's own log, by their ids. */
  readonly announcedAt: Readonly<Record<string, number>>;
  readonly now: number;
}

/** The rows of threads that are copied. */
export abstract class ThreadCopies {
  /** The thread's open interrupts, in the order in which they were announced. */
  abstract openInterrupts(threadId: string): Awaitable<AskedInterrupt[]>;

  /** Stores the copy; the thread is there with all that belongs to it, or not at all. */
  abstract insert(copy: ThreadCopy): Awaitable<void>;
}
