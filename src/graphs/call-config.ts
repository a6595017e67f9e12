import { isOwnKey } from './loading/own-keys.js';

/** A run, as much of it as the config of its graph is made of. */
export interface CalledRun {
  readonly runId: string;
  readonly threadId: string;
  readonly owner: string | null;
  readonly assistantId: string;
  readonly graphId: string;
  /** Of the run; goes with that of the config into the checkpoints. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly kwargs: {
    /** `configurable`, `recursion_limit`, `tags` and `metadata`, as a client gave them. */
    readonly config: Readonly<Record<string, unknown>>;
    readonly context?: unknown;
  };
}

/** LangGraph's config of a run; a key that the run says nothing about is left out. */
export interface CallConfig {
  configurable: Record<string, unknown>;
  metadata: Record<string, unknown>;
  context?: Record<string, unknown>;
  recursionLimit?: number;
  tags?: string[];
}

/**
 * The config that a run's graph is called with, and that a factory makes the graph from, be it to run it or to read or
 * change what it left. What a client says about who or where it is counts for nothing.
 */
export function callConfig({ runId, threadId, owner, assistantId, graphId, metadata, kwargs }: CalledRun): CallConfig {
  const { configurable, recursion_limit: recursionLimit, tags, metadata: ofConfig } = kwargs.config;
  const given = Object.entries(configurable ?? {}).filter(([key]) => !isOwnKey(key));
  const ids = { run_id: runId, thread_id: threadId, graph_id: graphId, assistant_id: assistantId };
  const caller = owner === null ? {} : { langgraph_auth_user_id: owner, langgraph_auth_user: { identity: owner } };
  return withoutUndefined({
    configurable: { ...(Object.fromEntries(given) as Record<string, unknown>), ...ids, ...caller },
    metadata: { ...(ofConfig as object | undefined), ...metadata, ...ids },
    context: kwargs.context as Record<string, unknown> | undefined,
    recursionLimit: recursionLimit as number | undefined,
    tags: tags as string[] | undefined,
  });
}

/** An undefined option would wipe the graph's own default. */
export function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as T;
}
