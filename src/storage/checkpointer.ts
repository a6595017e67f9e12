import { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint';
import type { Awaitable } from './awaitable.js';
import type { WriteHealth } from './write-health.js';

/** A stored checkpoint; `ts` in epoch milliseconds. */
export interface SavedCheckpoint {
  id: string;
  ts: number;
}

/** A thread's newest checkpoint at the root namespace. */
export type RootCheckpoint = SavedCheckpoint;

/** Names one task of a graph: `namespace` as the checkpointer writes it, levels joined by `|`. */
export interface TaskRef {
  readonly threadId: string;
  readonly namespace: string;
  readonly taskId: string;
}

/** What a thread keeps of its checkpoints; at least one of the two says something. */
export interface CheckpointKeeping {
  /** Root checkpoints, the newest ones. */
  readonly newest?: number;
  /** Only what was made at this time (epoch ms) or later, and the newest whenever it was made. */
  readonly since?: number;
}

/**
 * Where graphs keep their state: LangGraph's saver, and what the life of runs asks of it. "Newest" is what was stored
 * last, whatever its id says of a clock. A run's writes wait while the storage is in trouble.
 */
export abstract class Checkpointer extends BaseCheckpointSaver {
  /** Whether checkpoints can be written. */
  abstract get health(): WriteHealth;

  /** The thread's newest root checkpoint, or null when it has none. */
  abstract newestRootCheckpoint(threadId: string): Awaitable<RootCheckpoint | null>;

  /** The newest checkpoint of one graph of the thread; `checkpointNs` is '' for the root, segments joined by `|`. */
  abstract newestCheckpoint(threadId: string, checkpointNs: string): Awaitable<SavedCheckpoint | null>;

  /** Whether the thread has this checkpoint of the graph at `checkpointNs`. */
  abstract hasCheckpoint(threadId: string, checkpointNs: string, checkpointId: string): Awaitable<boolean>;

  /**
   * Ids of the tasks of one graph whose writes are saved, in its newest step and in those before: they are not run
   * again.
   */
  abstract finishedTasks(threadId: string, checkpointNs: string): Awaitable<ReadonlySet<string>>;

  /**
   * Epoch milliseconds of the newest root checkpoint that this process saved for the thread, 0 when there is none: the
   * floor for the timestamps of its events. Known in the same tick.
   */
  abstract rootTimestamp(threadId: string): number;

  /** How many answers the task has consumed so far. */
  abstract countResumes(task: TaskRef): Awaitable<number>;

  /** True when the task has its result: LangGraph lists its interrupt still, but never runs it again. */
  abstract isFinished(task: TaskRef): Awaitable<boolean>;

  /**
   * Makes a task forget the answers after the first `keep`, so that it asks for them again. Waits while the storage is
   * in trouble.
   */
  abstract trimResumes(task: TaskRef, keep: number): Promise<void>;

  /**
   * Removes what was stored after the root checkpoint named, in all namespaces of the thread; null removes all. Waits
   * while the storage is in trouble.
   */
  abstract rollBackTo(threadId: string, checkpointId: string | null): Promise<void>;

  /** Gives a thread that has no checkpoint those of another, with their order. Reads them in the tick of the call. */
  abstract copyThread(from: string, to: string): Promise<void>;

  /** Removes the checkpoints of a thread without an unfinished run that need not be kept. */
  abstract prune(threadId: string, keeping: CheckpointKeeping): Promise<void>;

  /** The first thread with checkpoints whose id is above `after`, or null. */
  abstract threadAfter(after: string): Awaitable<string | null>;

  /**
   * Merges into the metadata of the thread's newest root checkpoint, key by key; what LangGraph and the server say of
   * it stays. Resolves with false for a thread without a checkpoint.
   */
  abstract patchMetadata(threadId: string, patch: Readonly<Record<string, unknown>>): Promise<boolean>;
}
