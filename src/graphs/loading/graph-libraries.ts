import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CallbackManager } from '@langchain/core/callbacks/manager';
import { convertChunksToEvents } from '@langchain/core/language_models/compat';
import { schemaMetaRegistry } from '@langchain/langgraph/zod';
import * as readers from '@langchain/langgraph/zod/schema';

/** What reads the schemas that a graph was built with; another copy of LangGraph misses what its own registered. */
export type SchemaReaders = Partial<
  Record<
    'getStateTypeSchema' | 'getInputTypeSchema' | 'getOutputTypeSchema' | 'getConfigTypeSchema',
    (graph: unknown) => unknown
  >
> & {
  /** What is known of the schema of one channel. */
  readonly schemaMetaRegistry?: { get(schema: never): { jsonSchemaExtra?: unknown } | undefined };
};

/** What the server uses of the LangChain that a graph runs on: classes of another copy would not know its messages. */
export interface GraphLibraries {
  readonly CallbackManager: typeof CallbackManager;
  readonly convertChunksToEvents: typeof convertChunksToEvents;
  readonly schemaReaders: SchemaReaders;
}

/** Those of the server, for a project without a LangGraph of its own. */
export const OWN_LIBRARIES: GraphLibraries = {
  CallbackManager,
  convertChunksToEvents,
  schemaReaders: { ...readers, schemaMetaRegistry },
};

/** The libraries of the project that the graph's file belongs to; what cannot be found there is the server's own. */
export async function librariesOf(graphFile: string): Promise<GraphLibraries> {
  const langgraph = findPackage(dirname(realpathSync(graphFile)), '@langchain/langgraph');
  const core = langgraph && findPackage(langgraph, '@langchain/core');
  if (!core) return OWN_LIBRARIES;
  const { CallbackManager: manager } = await importFrom<GraphLibraries>(core, './callbacks/manager');
  const { convertChunksToEvents: convert } = await importFrom<GraphLibraries>(core, './language_models/compat');
  return {
    ...OWN_LIBRARIES,
    ...(manager && { CallbackManager: manager }),
    ...(convert && { convertChunksToEvents: convert }),
    schemaReaders: { ...OWN_LIBRARIES.schemaReaders, ...(await schemaReadersOf(langgraph)) },
  };
}

/** A LangGraph whose readers cannot be imported runs graphs all the same. */
async function schemaReadersOf(langgraph: string): Promise<Partial<SchemaReaders>> {
  try {
    return {
      ...(await importFrom<SchemaReaders>(langgraph, './zod')),
      ...(await importFrom<SchemaReaders>(langgraph, './zod/schema')),
    };
  } catch {
    return {};
  }
}

/**
 * The folder of the package that an import gets in a file of this folder, or undefined when there is none.
 * Walks the folders as Node does, since a package's `exports` may hide its package.json.
 */
export function findPackage(from: string, name: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name);
    if (existsSync(join(found, 'package.json'))) return realpathSync(found);
    if (folder === dirname(folder)) return undefined;
  }
}

/** What `package.json` says of a package. */
export function readManifest(folder: string): { version?: string; exports?: Record<string, unknown> } {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as ReturnType<typeof readManifest>;
}

/** The module of a subpath as an `import` of the package gets it; nothing when the package has no such subpath. */
async function importFrom<T>(folder: string, subpath: string): Promise<Partial<T>> {
  const target = importTarget(readManifest(folder).exports?.[subpath]);
  if (target === undefined) return {};
  return (await import(pathToFileURL(join(folder, target)).href)) as Partial<T>;
}

function importTarget(conditions: unknown): string | undefined {
  if (typeof conditions === 'string') return conditions;
  if (typeof conditions !== 'object' || conditions === null) return undefined;
  const { node, import: own, default: any } = conditions as Record<string, unknown>;
  return importTarget(node) ?? importTarget(own) ?? importTarget(any);
}
