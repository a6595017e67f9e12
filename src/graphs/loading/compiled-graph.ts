import type { RunnableConfig } from '@langchain/core/runnables';
import type { BaseCheckpointSaver, BaseStore, CheckpointListOptions } from '@langchain/langgraph-checkpoint';
import type {
  Command,
  GetStateOptions,
  GraphRunStream,
  Pregel,
  StateSnapshot,
  StreamTransformer,
} from '@langchain/langgraph';

type AnyPregel = Pregel<Record<string, never>, Record<string, never>>;

/** What a run begins with; null goes on from the newest, or the named, checkpoint. */
export type GraphInput = Record<string, unknown> | Command | null;

/** Updates that are applied side by side and make one checkpoint. */
export type Superstep = Parameters<AnyPregel['bulkUpdateState']>[1][number];

/**
 * What a run hands to `streamEvents`; keys that are undefined must be left out, they would wipe the graph's defaults.
 */
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
  /** Absent in what is only called like a graph. */
  getGraphAsync?(config: RunnableConfig & { xray?: boolean | number }): ReturnType<AnyPregel['getGraphAsync']>;
  getSubgraphsAsync?: AnyPregel['getSubgraphsAsync'];
};

/**
 * Finds the compiled graph in what a module exports or a factory returns: the graph itself, an agent (of `createAgent`
 * or `createDeepAgent`) or another object with the graph in its `graph` property, or a builder (`StateGraph`,
 * compiled here). An agent has the methods of a graph too, but is not one: what it holds counts.
 *
 * @returns undefined when it is none of these.
 */
export function toCompiledGraph(value: unknown): CompiledGraph | undefined {
  if (!isObject(value)) return undefined;
  if (isPregel(value)) return value;
  if (value.graph !== value) {
    const held = toCompiledGraph(value.graph);
    if (held !== undefined) return held;
  }
  if (typeof value.compile === 'function' && typeof value.addNode === 'function') {
    const compiled: unknown = (value as { compile(): unknown }).compile();
    return isObject(compiled) && (isPregel(compiled) || hasGraphMethods(compiled)) ? compiled : undefined;
  }
  return hasGraphMethods(value) ? value : undefined;
}

/** True for a compiled graph of any copy of LangGraph. */
function isPregel(value: Record<string, unknown>): value is CompiledGraph & Record<string, unknown> {
  return value.lg_is_pregel === true;
}

/** True for what can be called like a compiled graph. */
function hasGraphMethods(value: Record<string, unknown>): value is CompiledGraph & Record<string, unknown> {
  return ['invoke', 'stream', 'getState', 'streamEvents'].every((method) => typeof value[method] === 'function');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
