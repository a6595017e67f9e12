import { BadRequestException, Injectable } from '@nestjs/common';
import type { RunnableConfig } from '@langchain/core/runnables';
import type { CheckpointTuple } from '@langchain/langgraph-checkpoint';
import { Checkpointer } from '../storage/checkpointer.js';
import type { AccessContext } from '../graphs/loading/graph-loader.js';
import { GraphRegistry } from '../graphs/graph-registry.js';
import type { OwnedGraph } from '../graphs/owned-graph.js';
import { PendingInterrupts } from './pending-interrupts.js';
import { RunConfigs } from './run-configs.js';
import type { ThreadOutline } from '../storage/rows/thread.js';
import { emptyState, type Snapshot, type ThreadState, toThreadState } from './thread-state.js';

/** Which checkpoint of a thread is meant: the newest of the root namespace unless something is given. */
export interface CheckpointSelector {
  /** Levels joined by `|`, or by NUL as the JS SDK does. */
  checkpoint_ns?: string | null;
  checkpoint_id?: string | null;
  /** Checkpoint ids by namespace; the one of `checkpoint_ns` counts when there is no `checkpoint_id`. */
  checkpoint_map?: Record<string, string> | null;
}

export interface HistoryQuery {
  limit: number;
  checkpoint?: CheckpointSelector;
  /** Only checkpoints older than this one. */
  before?: string;
  /** Top-level keys that the checkpoint's metadata must have. */
  metadata?: Record<string, unknown>;
}

/** Channels of LangGraph's own, which are no values of the graph. */
const INTERNAL_CHANNEL = /^(__|branch:|start:|join:)/;

/**
 * Reads state through the graph the thread is bound to (`graphId`). When langgraph.json no longer has that graph,
 * the values are read straight from the checkpoint; `next` and `tasks` are empty then, since nobody can go on.
 */
@Injectable()
export class ThreadStateReader {
  constructor(
    private readonly graphs: GraphRegistry,
    private readonly checkpointer: Checkpointer,
    private readonly pending: PendingInterrupts,
    private readonly configs: RunConfigs,
  ) {}

  /** The state at a checkpoint; null when a `checkpoint_id` was given that the thread does not have. */
  async read(thread: ThreadOutline, selector: CheckpointSelector = {}, subgraphs = false): Promise<ThreadState | null> {
    if (!(await this.checkpointer.newestRootCheckpoint(thread.threadId)))
      return selector.checkpoint_id ? null : emptyState();
    const config = checkpointConfig(thread.threadId, selector);
    const graph = await this.graphOf(thread);
    // Always with subgraphs: their open interrupts are not all known to the parent.
    const snapshot = graph ? await graph.getState(config, { subgraphs: true }) : await this.readWithoutGraph(config);
    const isMissing = snapshot?.createdAt === undefined;
    if (isMissing && selector.checkpoint_id) return null;
    return snapshot ? toThreadState(snapshot, await this.pending.of(thread.threadId), subgraphs) : emptyState();
  }

  /** The values of the newest checkpoint as they are stored, without a graph; null where there is no checkpoint. */
  async storedValues(threadId: string): Promise<unknown> {
    const tuple = await this.checkpointer.getTuple(checkpointConfig(threadId, {}));
    return tuple ? withoutGraph(tuple).values : null;
  }

  /** States newest first; with a `checkpoint_id` only that one. */
  async history(thread: ThreadOutline, query: HistoryQuery): Promise<ThreadState[]> {
    const config = checkpointConfig(thread.threadId, query.checkpoint ?? {});
    const before =
      query.before === undefined ? {} : { before: checkpointConfig(thread.threadId, { checkpoint_id: query.before }) };
    const options = { limit: query.limit, ...before, ...(query.metadata ? { filter: query.metadata } : {}) };
    const graph = await this.graphOf(thread);
    const snapshots = graph ? graph.getStateHistory(config, options) : this.checkpointer.list(config, options);
    const isAnswered = await this.pending.of(thread.threadId);
    const states: ThreadState[] = [];
    for await (const snapshot of snapshots) {
      const state = 'checkpoint' in snapshot ? withoutGraph(snapshot) : snapshot;
      states.push(toThreadState(state, isAnswered));
      if (states.length >= query.limit) break;
    }
    return states;
  }

  /**
   * The graph the thread is bound to, made from the config of its newest run where a factory makes it; null when the
   * thread is bound to none, or langgraph.json has it no longer.
   */
  async graphOf(thread: ThreadOutline, accessContext: AccessContext = 'threads.read'): Promise<OwnedGraph | null> {
    const { threadId, graphId, owner } = thread;
    if (graphId === null || !this.graphs.has(graphId)) return null;
    return this.graphs.get(graphId, { owner, config: () => this.configs.newestOf(threadId, graphId), accessContext });
  }

  /** @throws BadRequestException unless langgraph.json has the graph */
  assertGraph(graphId: unknown): void {
    if (typeof graphId !== 'string') throw new BadRequestException('supersteps need a graph: give metadata.graph_id');
    if (!this.graphs.has(graphId)) {
      throw new BadRequestException(`No graph ${graphId}; langgraph.json has ${this.graphs.ids().join(', ')}`);
    }
  }

  private async readWithoutGraph(config: RunnableConfig): Promise<Snapshot | null> {
    const tuple = await this.checkpointer.getTuple(config);
    return tuple ? withoutGraph(tuple) : null;
  }
}

/** What LangGraph wants to be told to find a checkpoint. */
export function checkpointConfig(threadId: string, selector: CheckpointSelector): RunnableConfig {
  const checkpoint_ns = (selector.checkpoint_ns ?? '').replaceAll('\u0000', '|');
  const checkpoint_id = selector.checkpoint_id || selector.checkpoint_map?.[checkpoint_ns];
  return { configurable: { thread_id: threadId, checkpoint_ns, ...(checkpoint_id ? { checkpoint_id } : {}) } };
}

function withoutGraph(tuple: CheckpointTuple): Snapshot {
  const channels = Object.entries(tuple.checkpoint.channel_values).filter(([name]) => !INTERNAL_CHANNEL.test(name));
  return {
    values: Object.fromEntries(channels),
    next: [],
    tasks: [],
    config: tuple.config,
    metadata: tuple.metadata,
    createdAt: tuple.checkpoint.ts,
    parentConfig: tuple.parentConfig,
  };
}
