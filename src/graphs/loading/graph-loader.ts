import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { toCompiledGraph, type CompiledGraph } from './compiled-graph.js';
import { locationInUserCode } from './error-location.js';
import { GraphConfigError } from './graph-errors.js';
import type { GraphEntry } from './config/langgraph-config.js';
import { registerTypeScript } from './typescript-loader.js';

/** Why a graph is asked for; a factory may build a lighter graph when it is only read. */
export type AccessContext = 'threads.create_run' | 'threads.read' | 'threads.update' | 'assistants.read';

/** The second argument of a graph factory. `executionRuntime` is null unless the graph is about to run. */
export interface GraphFactoryRuntime {
  accessContext: AccessContext;
  executionRuntime: { context: unknown } | null;
}

/** A function that makes the graph for one use. */
export type GraphFactory = (config: Record<string, unknown>, runtime: GraphFactoryRuntime) => unknown;

/** What an entry of langgraph.json led to. */
export type GraphSource = { kind: 'graph'; graph: CompiledGraph } | { kind: 'factory'; create: GraphFactory };

const TYPESCRIPT_EXTENSIONS = ['.ts', '.mts', '.cts', '.tsx'];

/**
 * Imports the module of an entry and finds its graph: compiled, a builder, an agent object, a promise of one of
 * them, or a factory.
 *
 * @throws GraphConfigError with the entry's path and the reason.
 */
export async function loadGraph(configPath: string, entry: GraphEntry): Promise<GraphSource> {
  const refuse = (reason: string, cause?: unknown): GraphConfigError =>
    new GraphConfigError({ configPath, graphId: entry.id, entryPath: entry.path, reason, cause });

  const value = await loadExport(entry.file, entry.exportName, refuse);
  try {
    const source = toGraphSource(value);
    if (source !== undefined) return source;
  } catch (error) {
    throw refuse(`does not compile: ${describe(error, entry.file)}`, error);
  }
  throw refuse(
    `export "${entry.exportName}" is ${kindOf(value)}, not a graph, a builder, an agent or a function that makes one`,
  );
}

/**
 * What a module of the user's exports, awaited when it is a promise.
 * @throws what `refuse` makes of the reason
 */
export async function loadExport(
  file: string,
  exportName: string,
  refuse: (reason: string, cause?: unknown) => Error,
): Promise<unknown> {
  if (!existsSync(file)) throw refuse(`file not found: ${file}`);
  const module = await importGraphModule(file).catch((error: unknown) => {
    throw refuse(`cannot be imported: ${describe(error, file)}`, error);
  });
  const exported = pickExport(module, exportName);
  if (exported === undefined) throw refuse(`has no export "${exportName}"${exportHint(module)}`);
  return Promise.resolve(exported).catch((error: unknown) => {
    throw refuse(`its promise was rejected: ${describe(error, file)}`, error);
  });
}

/** The graph of one use of a factory; rejects when the factory throws or returns something else. */
export async function createGraph(
  id: string,
  create: GraphFactory,
  config: Record<string, unknown>,
  accessContext: AccessContext,
): Promise<CompiledGraph> {
  const executionRuntime = accessContext === 'threads.create_run' ? { context: config.context ?? {} } : null;
  const value: unknown = await create(config, { accessContext, executionRuntime });
  const graph = toCompiledGraph(value);
  if (graph === undefined) throw new TypeError(`the factory of graph "${id}" returned ${kindOf(value)}, not a graph`);
  return graph;
}

function toGraphSource(value: unknown): GraphSource | undefined {
  const graph = toCompiledGraph(value);
  if (graph !== undefined) return { kind: 'graph', graph };
  if (typeof value !== 'function' || isClass(value)) return undefined;
  return { kind: 'factory', create: value as GraphFactory };
}

async function importGraphModule(file: string): Promise<Record<string, unknown>> {
  if (TYPESCRIPT_EXTENSIONS.includes(extname(file))) await registerTypeScript();
  return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
}

/** A CommonJS module has its exports on `default`; Node lists by name only those that it can tell by reading. */
function pickExport(module: Record<string, unknown>, name: string): unknown {
  const fallback = module.default;
  const isObject = typeof fallback === 'object' && fallback !== null;
  if (name !== 'default' && name in module) return module[name];
  if (name !== 'default') return isObject ? (fallback as Record<string, unknown>)[name] : undefined;
  return isObject && '__esModule' in fallback && 'default' in fallback ? fallback.default : fallback;
}

function exportHint(module: Record<string, unknown>): string {
  const names = Object.keys(module);
  return names.length === 0 ? '; it exports nothing' : `; it exports ${names.map((name) => `"${name}"`).join(', ')}`;
}

function isClass(value: unknown): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'function') return isClass(value) ? 'a class' : 'a function';
  return Array.isArray(value) ? 'an array' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** The error's message, and where in the user's code it comes from. */
function describe(error: unknown, file: string): string {
  const message = (error as { message?: unknown } | null | undefined)?.message;
  const location = locationInUserCode(error, file);
  return `${typeof message === 'string' ? message : String(error)}${location === null ? '' : `\n  at ${location}`}`;
}
