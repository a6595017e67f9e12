import { AsyncLocalStorageProviderSingleton } from '@langchain/core/singletons';

/** Where `getLogger()` of `@langchain/langgraph-sdk/logging` looks for the logger of the server. */
const SDK_LOGGER = Symbol.for('langgraph.api.sdk-logger');

/** The levels of that logger, and ours for them. */
const LEVELS = {
  error: 'error', warn: 'warn', help: 'info', data: 'info', info: 'info', prompt: 'info', input: 'info',
  http: 'debug', verbose: 'debug', debug: 'debug', silly: 'trace',
} as const;

/** A logger that takes fields and a message, as pino does. */
export type LeveledLogger = Record<
  'error' | 'warn' | 'info' | 'debug' | 'trace',
  (fields: object, message: string) => void
>;

type Log = (message: unknown, ...meta: unknown[]) => SdkLogger;
type SdkLogger = Record<keyof typeof LEVELS, Log>;

/**
 * Gives graphs the logger that `getLogger()` of the SDK finds. It has to be there before a graph is imported, since
 * many ask for it at the top of their module. Lines of a run carry its `run_id`, `thread_id`, `graph` and node.
 * Of the whole process: the newest server of it has the say.
 */
export function provideSdkLogger(logger: LeveledLogger): void {
  const sdkLogger = {} as SdkLogger;
  for (const [name, level] of Object.entries(LEVELS)) {
    sdkLogger[name as keyof SdkLogger] = (message, ...meta) => {
      const { text, details } = readArguments(message, meta);
      logger[level]({ context: 'graph', ...runFields(), ...details }, text);
      return sdkLogger;
    };
  }
  (globalThis as Record<symbol, unknown>)[SDK_LOGGER] = sdkLogger;
}

/** A text with what belongs to it, an object with a `message` of its own, or anything else. */
function readArguments(message: unknown, meta: unknown[]): { text: string; details: Record<string, unknown> } {
  const isObject = typeof message === 'object' && message !== null;
  const all = isObject ? [message, ...meta] : meta;
  const err = all.find((part) => part instanceof Error);
  const rest = all.filter((part) => part !== err);
  const named = isObject ? (message as { message?: unknown }).message : message;
  return {
    text: typeof named === 'string' ? named : isObject ? '' : String(named),
    details: { ...(err && { err }), ...(rest.length > 0 && { details: rest.length === 1 ? rest[0] : rest }) },
  };
}

/** The run that logs, as LangGraph tells each node; nothing at import. */
function runFields(): Record<string, unknown> {
  const { configurable = {}, metadata = {} } = (AsyncLocalStorageProviderSingleton.getRunnableConfig() ?? {}) as {
    configurable?: Record<string, unknown>; metadata?: Record<string, unknown>;
  };
  const fields = {
    run_id: configurable.run_id,
    thread_id: configurable.thread_id,
    graph: configurable.graph_id,
    node: metadata.langgraph_node,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => typeof value === 'string'));
}
