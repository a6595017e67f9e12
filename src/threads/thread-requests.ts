import type { CommandParams } from '@langchain/langgraph';
import type { GivenTtl } from './finding/thread-lifetime.js';
import type { CheckpointSelector } from './thread-state-reader.js';

/** One write of a superstep, as if the node `as_node` had made it; `command` counts before `values`. */
export interface SuperstepUpdate {
  readonly values?: unknown;
  readonly command?: CommandParams<unknown, Record<string, unknown>, string> | null;
  readonly as_node?: string | null;
}

/** Updates that make one checkpoint together. */
export interface Superstep {
  readonly updates: readonly SuperstepUpdate[];
}

/** A thread to be made; what is absent or null is chosen by the server. */
export interface ThreadRequest {
  readonly thread_id?: string | null;
  /** `graph_id` binds it to a graph. */
  readonly metadata?: Record<string, unknown> | null;
  readonly if_exists?: 'raise' | 'do_nothing' | null;
  /** State to start with; needs `metadata.graph_id`. */
  readonly supersteps?: readonly Superstep[] | null;
  readonly ttl?: GivenTtl | null;
}

/**
 * A checkpoint to be made: `values` as the node `as_node` would return them, on top of the newest or of the one named.
 */
export interface StateUpdate {
  readonly values?: unknown;
  readonly as_node?: string | null;
  readonly checkpoint_id?: string | null;
  readonly checkpoint?: CheckpointSelector | null;
}
