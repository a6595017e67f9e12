import { Injectable } from '@nestjs/common';
import type { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint';
import { applyGraphEnvironment } from './graph-environment.js';
import { UnknownGraphError } from './graph-errors.js';
import { createGraph, loadGraph, type AccessContext, type GraphSource } from './graph-loader.js';
import { readLanggraphConfig, type GraphEntry } from './langgraph-config.js';
import { detectStreaming, type StreamingSupport } from './langgraph-version.js';
import { OwnedGraph } from './owned-graph.js';
import type { StoreScopes } from './store-scopes.js';

/** What is known of a graph without running it. */
export interface GraphDescription {
  id: string;
  description?: string;
  streaming: StreamingSupport;
}

/** Who uses a graph, and how. */
export interface GraphUse {
  /** Whose store it gets: the owner of the thread or run that it is used for; null where nobody is authenticated. */
  owner: string | null;
  /** The config of the run, which a factory makes the graph from; asked for only where there is one. */
  config?: () => object;
  /** Runs it unless told otherwise. */
  accessContext?: AccessContext;
}

/** The two lines of a logger that loading needs. */
export interface GraphLogger {
  info(message: string): void;
  warn(message: string): void;
}

interface LoadedGraph {
  description: GraphDescription;
  source: GraphSource;
}

/** The graphs of one langgraph.json, each with the server's checkpointer, and for each use the store of its owner. */
@Injectable()
export class GraphRegistry {
  private constructor(
    private readonly graphs: ReadonlyMap<string, LoadedGraph>,
    private readonly checkpointer: BaseCheckpointSaver,
    private readonly stores: StoreScopes,
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
    stores: StoreScopes,
    logger?: GraphLogger,
  ): Promise<GraphRegistry> {
    const config = readLanggraphConfig(configPath);
    applyGraphEnvironment(config);
    const graphs = new Map<string, LoadedGraph>();
    for (const entry of config.graphs) {
      const source = await loadGraph(config.configPath, entry);
      const loaded = { source, description: describeGraph(entry, source) };
      graphs.set(entry.id, loaded);
      logLoaded(entry, loaded.description, logger);
    }
    return new GraphRegistry(graphs, checkpointer, stores);
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

  /**
   * The graph with the server's checkpointer and its owner's store. A factory is called anew with `config`, so what it
   * returns belongs to the caller; every other graph is shared by all runs.
   *
   * @throws UnknownGraphError; whatever a factory throws.
   */
  async get(id: string, { owner, config, accessContext = 'threads.create_run' }: GraphUse): Promise<OwnedGraph> {
    const { source } = this.find(id);
    const graph = source.kind === 'graph' ? source.graph : await createGraph(id, source.create, { ...config?.() }, accessContext);
    graph.checkpointer = this.checkpointer;
    return new OwnedGraph(graph, this.stores.of(owner));
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
  logger?.info(`graph "${id}" loaded from ${entry.path}`);
  if (streaming.supported) return;
  const found = streaming.found ?? 'an unknown version';
  logger?.warn(`graph "${id}" cannot stream events: its project has @langchain/langgraph ${found}, ${streaming.needed} is needed`);
}
