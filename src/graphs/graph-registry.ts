import { Injectable } from '@nestjs/common';
import type { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint';
import type { CompiledGraph } from './loading/compiled-graph.js';
import { type DefaultConfig, readDefaultConfigs } from './loading/config/default-config.js';
import { applyGraphEnvironment, graphVariable } from './loading/graph-environment.js';
import { UnknownGraphError } from './loading/graph-errors.js';
import { type GraphLibraries, librariesOf } from './loading/graph-libraries.js';
import {
  createGraph,
  loadGraph,
  type AccessContext,
  type GraphFactory,
  type GraphSource,
} from './loading/graph-loader.js';
import type { Awaitable } from '../storage/awaitable.js';
import { readLanggraphConfig, type GraphEntry, type LanggraphConfig } from './loading/config/langgraph-config.js';
import { readStoreRules } from './loading/config/store-config.js';
import { detectStreaming, type StreamingSupport } from './loading/langgraph-version.js';
import { OwnedGraph } from './owned-graph.js';
import type { LeveledLogger } from './loading/sdk-logger.js';
import type { StoreScopes } from './store/store-scopes.js';

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
  config?: () => Awaitable<object>;
  /** Runs it unless told otherwise. */
  accessContext?: AccessContext;
}

/** The two levels of a logger that loading needs. */
export type GraphLogger = Pick<LeveledLogger, 'info' | 'warn'>;

interface LoadedGraph {
  entry: GraphEntry;
  description: GraphDescription;
  source: GraphSource;
  libraries: GraphLibraries;
}

/** The graphs of one langgraph.json, each with the server's checkpointer, and for each use the store of its owner. */
@Injectable()
export class GraphRegistry {
  private constructor(
    private readonly graphs: ReadonlyMap<string, LoadedGraph>,
    private readonly defaults: ReadonlyMap<string, DefaultConfig>,
    private readonly checkpointer: BaseCheckpointSaver,
    readonly stores: StoreScopes,
    /** What langgraph.json says beside its graphs. */
    readonly config: Pick<LanggraphConfig, 'checkpointerTtl' | 'http'>,
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
    for (const { level, message } of config.notices) logger?.[level]({}, message);
    applyGraphEnvironment(config);
    stores.rules = await readStoreRules(config.configPath, config.store);
    const ids = config.graphs.map(({ id }) => id);
    const defaults = readDefaultConfigs(config.configPath, graphVariable('LANGGRAPH_CONFIG'), ids);
    const graphs = new Map<string, LoadedGraph>();
    for (const entry of config.graphs) {
      const source = await loadGraph(config.configPath, entry);
      const description = describeGraph(entry, source);
      const loaded = { entry, source, description, libraries: await librariesOf(entry.file) };
      graphs.set(entry.id, loaded);
      logLoaded(entry, loaded.description, logger);
    }
    return new GraphRegistry(graphs, defaults, checkpointer, stores, config);
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

  /** The libraries that the graph runs on. @throws UnknownGraphError */
  libraries(id: string): GraphLibraries {
    return this.find(id).libraries;
  }

  /** Where langgraph.json has it. @throws UnknownGraphError */
  entry(id: string): GraphEntry {
    return this.find(id).entry;
  }

  /** What LANGGRAPH_CONFIG says that a graph runs with unless a run says otherwise. */
  defaultsOf(id: string): DefaultConfig | undefined {
    return this.defaults.get(id);
  }

  /**
   * The graph with the server's checkpointer and its owner's store. A factory is called anew with `config`, so what it
   * returns belongs to the caller; every other graph is shared by all runs.
   *
   * @throws UnknownGraphError; whatever a factory throws.
   */
  async get(id: string, { owner, config, accessContext = 'threads.create_run' }: GraphUse): Promise<OwnedGraph> {
    const { source } = this.find(id);
    const make = async (create: GraphFactory): Promise<CompiledGraph> =>
      createGraph(id, create, this.factoryConfig(id, { ...(await config?.()) }), accessContext);
    const graph = source.kind === 'graph' ? source.graph : await make(source.create);
    graph.checkpointer = this.checkpointer;
    return new OwnedGraph(graph, this.stores.of(owner));
  }

  /** A factory sees the defaults also where no run brings a config along: when a state is read or updated. */
  private factoryConfig(id: string, config: Record<string, unknown>): Record<string, unknown> {
    const defaults = this.defaults.get(id);
    if (defaults === undefined) return config;
    const configurable = {
      ...(defaults.config.configurable as object | undefined),
      ...(config.configurable as object | undefined),
    };
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
  logger?.warn(
    { graph: id },
    `this graph cannot stream events: its project has @langchain/langgraph ${found}, ${streaming.needed} is needed`,
  );
}
