import type { RunnableConfig } from '@langchain/core/runnables';
import type { BaseStore, CheckpointListOptions } from '@langchain/langgraph-checkpoint';
import type { GetStateOptions, GraphRunStream, StateSnapshot } from '@langchain/langgraph';
import type { CompiledGraph, GraphInput, GraphStreamOptions, Superstep } from './loading/compiled-graph.js';

/** A graph as it is drawn. */
export interface GraphDrawing {
  readonly nodes: readonly { readonly id: string | number; readonly type: string; readonly data: unknown }[];
  readonly edges: readonly {
    readonly source: string | number;
    readonly target: string | number;
    readonly data?: string;
    readonly conditional?: boolean;
  }[];
}

/**
 * A graph in the hands of one owner: whatever of it runs gets the store of that owner. The compiled graph itself is
 * shared by the runs of all owners, so its `store` cannot say whose turn it is: the store goes with each call, from
 * where LangGraph hands it on to tools, to subgraphs and to `getStore()`.
 */
export class OwnedGraph {
  constructor(private readonly graph: CompiledGraph, private readonly store: BaseStore) {}

  get name(): string | undefined {
    return this.graph.name;
  }

  /** What the graph does to its own stream of events. */
  get streamTransformers(): readonly unknown[] {
    return this.graph.streamTransformers ?? [];
  }

  streamEvents(input: GraphInput, options: GraphStreamOptions): Promise<GraphRunStream<Record<string, unknown>>> {
    return this.graph.streamEvents(input, this.owned(options));
  }

  getState(config: RunnableConfig, options?: GetStateOptions): Promise<StateSnapshot> {
    return this.graph.getState(this.owned(config), options);
  }

  getStateHistory(config: RunnableConfig, options?: CheckpointListOptions): AsyncIterableIterator<StateSnapshot> {
    return this.graph.getStateHistory(this.owned(config), options);
  }

  /** Makes a checkpoint as if `asNode` had returned the values; the functions of its edges run. */
  updateState(config: RunnableConfig, values: unknown, asNode?: string): Promise<RunnableConfig> {
    return this.graph.updateState(this.owned(config), values, asNode);
  }

  /**
   * Makes a checkpoint for each step, in a call of its own: within one LangGraph hands the store to the first step
   * alone.
   */
  async bulkUpdateState(config: RunnableConfig, steps: readonly Superstep[]): Promise<RunnableConfig> {
    let at = config;
    for (const step of steps) at = await this.graph.bulkUpdateState(this.owned(at), [step]);
    return at;
  }

  /**
   * Nodes and edges as JSON; with `xray` subgraphs are drawn in place of their nodes, down to so many levels where it
   * is a number.
   */
  async drawing(xray: boolean | number): Promise<GraphDrawing> {
    const drawable = await this.graph.getGraphAsync?.({ xray });
    return (drawable?.toJSON() ?? { nodes: [], edges: [] }) as unknown as GraphDrawing;
  }

  /** Subgraphs by namespace, the names of the nodes on the way joined by `|`. */
  async subgraphs(namespace: string | undefined, recurse: boolean): Promise<Map<string, object>> {
    const found = new Map<string, object>();
    const all = this.graph.getSubgraphsAsync?.(namespace, recurse) ?? [];
    for await (const [name, subgraph] of all) found.set(name, subgraph);
    return found;
  }

  /** What the graph was compiled from and with, for whoever reads its schemas. */
  get definition(): object {
    return this.graph;
  }

  private owned<T extends RunnableConfig>(config: T): T & { store: BaseStore } {
    return { ...config, store: this.store };
  }
}
