import type { StreamMode } from '../../protocol/stream-mode.js';

/** `pending` waits, `running` is active; the others are final. */
export type RunStatus = 'pending' | 'running' | 'success' | 'error' | 'timeout' | 'interrupted';

export type MultitaskStrategy = 'enqueue' | 'reject' | 'interrupt' | 'rollback';

/**
 * How a graph is called. `native`: as `streamEvents` v3, so that nodes see the answers of models as lists of content
 * blocks. `classic`: as `stream` with every mode, so that they see them as models give them, mostly strings.
 */
export type GraphCall = 'native' | 'classic';

/** What a run was asked to do; kept until it has ended, so that it can be done again after a crash. */
export interface RunKwargs {
  /** State to start from; null continues the newest (or the named) checkpoint. */
  readonly input: unknown;
  /** LangGraph config: `configurable`, `recursion_limit`, `tags`, `metadata`. */
  readonly config: Record<string, unknown>;
  readonly context?: Readonly<Record<string, unknown>>;
  /** Nodes that the run stops before, or after; `*` is every node. */
  readonly interruptBefore?: '*' | string[];
  readonly interruptAfter?: '*' | string[];
  /** When checkpoints are written; LangGraph's own choice if absent. */
  readonly durability?: 'sync' | 'async' | 'exit';
  /** Answers and changes to state, instead of `input`. */
  readonly command?: RunCommand;
  /** URL that is told when the run has ended. */
  readonly webhook?: string;
  /** Every attempt of the run calls the graph in the same way; absent is native. */
  readonly call?: GraphCall;
  /** How its streams show it unless they ask otherwise; some of it has to be recorded while it runs. */
  readonly stream?: RunStreaming;
  /** The run is only there to refuse: it executes nothing and ends `failed` (docs/event-stream.md, strict_resume). */
  readonly refusal?: { readonly interruptIds: readonly string[] };
}

/** What the streams of a REST run show of it. */
export interface RunStreaming {
  readonly modes: readonly StreamMode[];
  readonly subgraphs: boolean;
}

/** LangGraph's Command as it was asked for; `resume` is keyed by interrupt id. */
export interface RunCommand {
  readonly resume?: Readonly<Record<string, unknown>>;
  readonly update?: unknown;
  readonly goto?: unknown;
}

/** How an active run is stopped from outside. */
export type CancelAction = 'interrupt' | 'rollback';

/** Why a run failed: the error's text, and the name of its class where it is known. */
export interface RunError {
  readonly message: string;
  readonly type: string | null;
}

/** A run without what it was given: what scheduling and cancelling need, however large its input is. */
export interface RunOutline {
  /** Order of acceptance. */
  readonly position: number;
  readonly runId: string;
  readonly threadId: string;
  readonly owner: string | null;
  readonly assistantId: string;
  readonly graphId: string;
  readonly status: RunStatus;
  readonly multitaskStrategy: MultitaskStrategy;
  /** Above 0 it runs before what was accepted earlier: an answer to what the thread waits for. */
  readonly priority: number;
  /** Epoch ms before which it is not started; null for at once. */
  readonly dueAt: number | null;
  /** Starts that count against it (docs/adr/0009-whose-crash-it-was.md). */
  readonly attempt: number;
  /** Milliseconds for which it is watched, as one that may have taken its process down; 0 for all others. */
  readonly watchMs: number;
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
  /** Somebody asked to stop it. */
  readonly cancelAction: CancelAction | null;
  readonly cancelReason: string | null;
  /** Ids of the interrupts that it answers. */
  readonly answers: readonly string[];
  /** Answers that each task it resumes had consumed when it first started, by interrupt id. */
  readonly resumeCounts: Readonly<Record<string, number>>;
  /** URL that is told when it has ended. */
  readonly webhook: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A run with what it was given. */
export interface Run extends RunOutline {
  readonly metadata: Record<string, unknown>;
  readonly kwargs: RunKwargs;
  /** Why it failed; null unless it did. */
  readonly error: RunError | null;
}

/** How the newest process that knew a run played it: not at all yet, as usual, or watched (`Quarantine`). */
export type AttemptState = 'waiting' | 'beside' | 'alone';

/** What is stored when a run is accepted; times in epoch ms, `metadataJson` within MAX_METADATA_BYTES. */
export interface NewRun
  extends Pick<
    RunOutline,
    'runId' | 'threadId' | 'owner' | 'assistantId' | 'graphId' | 'multitaskStrategy' | 'priority' | 'dueAt'
  > {
  readonly metadataJson: string;
  readonly kwargs: RunKwargs;
  readonly now: number;
}

/** What is stored when an attempt of a run starts. */
export interface StartedRun
  extends Pick<RunOutline, 'runId' | 'attempt' | 'startCheckpointId' | 'attemptCheckpointId' | 'resumeCounts'> {
  readonly attemptState: AttemptState;
  readonly firstSeq: number;
  readonly now: number;
}

/** A wish to stop a run. */
export interface StopWish {
  readonly runId: string;
  readonly action: CancelAction;
  readonly reason: string | null;
  readonly now: number;
}
