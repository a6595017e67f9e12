import type { RunnableConfig } from '@langchain/core/runnables';
import type { CheckpointMetadata } from '@langchain/langgraph-checkpoint';

/** What LangGraph says of a checkpoint or of the task at hand; nobody else may. */
const OF_LANGGRAPH = /^(?:source|step|parents|writes|counters_since_delta_snapshot|checkpoint_.*|langgraph_.*|__.*)$/;

/**
 * The metadata that is stored with a checkpoint: LangGraph's own, and that of the run, by which a history can be
 * filtered (`run_id`, `thread_id`, `graph_id`, `assistant_id`, and what clients gave to the run or to its config).
 */
export function checkpointMetadata(config: RunnableConfig, own: CheckpointMetadata): CheckpointMetadata {
  const given = Object.entries(config.metadata ?? {}).filter(([name]) => !OF_LANGGRAPH.test(name));
  return { ...Object.fromEntries(given), ...own };
}

/** What the server says of the run that made the checkpoint. */
const OF_SERVER: readonly string[] = ['run_id', 'thread_id', 'graph_id', 'assistant_id'];

/** Metadata with what a client adds to it; `reservedNames` stay as they are. */
export function patchedMetadata(
  stored: CheckpointMetadata,
  patch: Readonly<Record<string, unknown>>,
): CheckpointMetadata {
  const reserved = reservedNames(patch);
  return { ...stored, ...Object.fromEntries(Object.entries(patch).filter(([name]) => !reserved.includes(name))) };
}

/** The names in a patch that only LangGraph or the server may give. */
export function reservedNames(patch: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(patch).filter((name) => OF_LANGGRAPH.test(name) || OF_SERVER.includes(name));
}
