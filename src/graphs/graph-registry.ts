import { Injectable } from '@nestjs/common';
import type { BaseCheckpointSaver, BaseStore } from '@langchain/langgraph-checkpoint';
import type { CompiledGraph } from './compiled-graph.js';
import { type DefaultConfig, readDefaultConfigs } from './default-config.js';
import { applyGraphEnvironment, graphVariable } from './graph-environment.js';
import { UnknownGraphError } from './graph-errors.js';
import { createGraph, loadGraph, type AccessContext, type GraphSource } from './graph-loader.js';
import { readLanggraphConfig, type GraphEntry } from './langgraph-config.js';
import { detectStreaming, type StreamingSupport } from './langgraph-version.js';
import type { LeveledLogger } from './sdk-logger.js';

/** What is known of a graph without running it. */
export interface GraphDescription {
  id: string;
  description?: string;
  streaming: StreamingSupport;
}

/** The two levels of a logger that loading needs. */
export type GraphLogger = Pick<LeveledLogger, 'info' | 'warn'>;

interface LoadedGraph {
  description: GraphDescription;
  source: GraphSource;
}

/** The graphs of one langgraph.json, each with the server's checkpointer and store. */
@Injectable()
export class GraphRegistry {
  private constructor(
    private readonly graphs: ReadonlyMap<string, LoadedGraph>,
    private readonly defaults: ReadonlyMap<string, DefaultConfig>,
    private readonly checkpointer: BaseCheckpointSaver,
    private readonly store: BaseStore,
  ) {}

  /**
   * Reads a langgraph.json, sets its `env` and loads every graph, one after the other so that the first broken one
   * is always the one that is named. A graph whose LangGraph cannot stream is loaded all the same, with a warning.
   *
   * @throws GraphConfigError when the file or one of its graphs is broken.
   */
  static async load(
    configPath: string,
    checkpointer: BaseCheckpointSaver,
    store: BaseStore,
    logger?: GraphLogger,
  ): Promise<GraphRegistry> {
    const config = readLanggraphConfig(configPath);
    for (const { level, message } of config.notices) logger?.[level]({}, message);
    applyGraphEnvironment(config);
    const ids = config.graphs.map(({ id }) => id);
    const defaults = readDefaultConfigs(config.configPath, graphVariable('LANGGRAPH_CONFIG'), ids);
    const graphs = new Map<string, LoadedGraph>();
    for (const entry of config.graphs) {
      const source = await loadGraph(config.configPath, entry);
      const loaded = { source, description: describeGraph(entry, source) };
      graphs.set(entry.id, loaded);
      logLoaded(entry, loaded.description, logger);
    }
    return new GraphRegistry(graphs, defaults, checkpointer, store);
  }

  /** The ids, in the order of langgraph.json. */
  ids(): string[] {
    return [...this.graphs.keys()];
  }

  has(id: string): boolean {
    return this.graphs.has(id);
  }

  /** @throws UnknownGraphError */
  describe(id: string): GraphDescription {
    return this.find(id).description;
  }

  /** What LANGGRAPH_CONFIG says that a graph runs with unless a run says otherwise. */
  defaultsOf(id: string): DefaultConfig | undefined {
    return this.defaults.get(id);
  }

  /**
   * The compiled graph with the server's checkpointer and store set on it. A factory is called anew with
   * `config`, so what it returns belongs to the caller; every other graph is shared by all runs.
   *
   * @throws UnknownGraphError; whatever a factory throws.
   */
  async get(
    id: string,
    config: Record<string, unknown> = {},
    accessContext: AccessContext = 'threads.create_run',
  ): Promise<CompiledGraph> {
    const { source } = this.find(id);
    const graph = source.kind === 'graph' ? source.graph : await createGraph(id, source.create, this.factoryConfig(id, config), accessContext);
    graph.checkpointer = this.checkpointer;
    graph.store = this.store;
    return graph;
  }

  /** A factory sees the defaults also where no run brings a config along: when a state is read or updated. */
  private factoryConfig(id: string, config: Record<string, unknown>): Record<string, unknown> {
    const defaults = this.defaults.get(id);
    if (defaults === undefined) return config;
    const configurable = { ...(defaults.config.configurable as object | undefined), ...(config.configurable as object | undefined) };
    const context = config.context ?? defaults.context;
    return { ...config, configurable, ...(context !== undefined && { context }) };
  }

  private find(id: string): LoadedGraph {
    const loaded = this.graphs.get(id);
    if (loaded === undefined) throw new UnknownGraphError(id, this.ids());
    return loaded;
  }
}

function describeGraph(entry: GraphEntry, source: GraphSource): GraphDescription {
  return {
    id: entry.id,
    ...(entry.description === undefined ? {} : { description: entry.description }),
    streaming: detectStreaming(entry.file, source.kind === 'graph' ? source.graph : undefined),
  };
}

function logLoaded(entry: GraphEntry, { id, streaming }: GraphDescription, logger?: GraphLogger): void {
  logger?.info({ graph: id, path: entry.path }, 'graph loaded');
  if (streaming.supported) return;
  const found = streaming.found ?? 'an unknown version';
  logger?.warn({ graph: id }, `this graph cannot stream events: its project has @langchain/langgraph ${found}, ${streaming.needed} is needed`);
}
