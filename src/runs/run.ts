/** `pending` waits, `running` is active; the others are final. */
export type RunStatus = 'pending' | 'running' | 'success' | 'error' | 'timeout' | 'interrupted';

export type MultitaskStrategy = 'enqueue' | 'reject' | 'interrupt' | 'rollback';

/** What a run was asked to do; kept until it has ended, so that it can be done again after a crash. */
export interface RunKwargs {
  /** State to start from; null continues the newest (or the named) checkpoint. */
  readonly input: unknown;
  /** LangGraph config: `configurable`, `recursion_limit`, `tags`, `metadata`. */
  readonly config: Record<string, unknown>;
  readonly context?: unknown;
}

export interface Run {
  /** Order of acceptance. */
  readonly position: number;
  readonly runId: string;
  readonly threadId: string;
  readonly owner: string | null;
  readonly assistantId: string;
  readonly graphId: string;
  readonly status: RunStatus;
  readonly metadata: Record<string, unknown>;
  readonly kwargs: RunKwargs;
  readonly multitaskStrategy: MultitaskStrategy;
  /** Starts since the last new checkpoint; a graceful stop is none. */
  readonly attempt: number;
  /** It has been started at least once, so `startCheckpointId` is known. */
  readonly started: boolean;
  /** The thread's newest root checkpoint when the run first started, or null when it had none. */
  readonly startCheckpointId: string | null;
  /** The same when its newest attempt started. */
  readonly attemptCheckpointId: string | null;
  /** Seq of the `running` of its newest attempt. */
  readonly firstSeq: number | null;
  /** The terminal that a run cancelled while it waited still owes to the log. */
  readonly owedTerminal: 'interrupted' | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}
