import type { RunnableConfig } from '@langchain/core/runnables';
import type { BaseCheckpointSaver, BaseStore, CheckpointListOptions } from '@langchain/langgraph-checkpoint';
import type { Command, GetStateOptions, GraphRunStream, Pregel, StateSnapshot, StreamTransformer } from '@langchain/langgraph';

type AnyPregel = Pregel<Record<string, never>, Record<string, never>>;

/** What a run begins with; null goes on from the newest, or the named, checkpoint. */
export type GraphInput = Record<string, unknown> | Command | null;

/** Updates that are applied side by side and make one checkpoint. */
export type Superstep = Parameters<AnyPregel['bulkUpdateState']>[1][number];

/** What a run hands to `streamEvents`; keys that are undefined must be left out, they would wipe the graph's defaults. */
export type GraphStreamOptions = RunnableConfig & {
  version: 'v3';
  context?: Record<string, unknown>;
  interruptBefore?: '*' | string[];
  interruptAfter?: '*' | string[];
  durability?: 'exit' | 'async' | 'sync';
  /** Added behind those of the graph. */
  transformers?: (() => StreamTransformer<unknown>)[];
};

/**
 * The part of a compiled LangGraph graph that the server uses. Structural on purpose: a graph runs on the
 * LangGraph of its own project, whose classes are not ours.
 */
export type CompiledGraph = {
  name?: string;
  checkpointer?: BaseCheckpointSaver | boolean;
  /** What the graph does to its own stream of events. */
  streamTransformers?: readonly unknown[];
  streamEvents(
    input: GraphInput,
    options: GraphStreamOptions & { store?: BaseStore },
  ): Promise<GraphRunStream<Record<string, unknown>>>;
  getState(config: RunnableConfig, options?: GetStateOptions): Promise<StateSnapshot>;
  getStateHistory(config: RunnableConfig, options?: CheckpointListOptions): AsyncIterableIterator<StateSnapshot>;
  updateState(config: RunnableConfig, values: unknown, asNode?: string): Promise<RunnableConfig>;
  bulkUpdateState: AnyPregel['bulkUpdateState'];
  getGraphAsync: AnyPregel['getGraphAsync'];
};

/** True for a compiled graph of any copy and version of LangGraph. */
export function isCompiledGraph(value: unknown): value is CompiledGraph {
  if (!isObject(value)) return false;
  if (value.lg_is_pregel === true) return true;
  return ['invoke', 'stream', 'getState', 'streamEvents'].every((method) => typeof value[method] === 'function');
}

/**
 * Finds the compiled graph in what a module exports or a factory returns: the graph itself, a builder
 * (`StateGraph`, compiled here) or an agent object with the compiled graph in its `graph` property.
 *
 * @returns undefined when it is none of these.
 */
export function toCompiledGraph(value: unknown): CompiledGraph | undefined {
  if (isCompiledGraph(value)) return value;
  if (!isObject(value)) return undefined;
  if (typeof value.compile === 'function' && typeof value.addNode === 'function') {
    const compiled: unknown = (value as { compile(): unknown }).compile();
    return isCompiledGraph(compiled) ? compiled : undefined;
  }
  return isCompiledGraph(value.graph) ? value.graph : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
