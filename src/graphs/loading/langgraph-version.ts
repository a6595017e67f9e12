import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import type { CompiledGraph } from './compiled-graph.js';
import { findPackage, readManifest } from './graph-libraries.js';

/** The first release of `@langchain/langgraph` whose graphs have `streamEvents(..., { version: 'v3' })`. */
export const FIRST_STREAMING_VERSION = '1.3.0';

/** Whether a graph can be streamed; `found` is absent when its project brings no LangGraph of its own. */
export interface StreamingSupport {
  supported: boolean;
  found?: string;
  needed?: string;
}

/**
 * Tells whether a graph's own LangGraph can stream. The graph itself is asked first (only graphs that can stream
 * carry `streamTransformers`); a factory has none to ask yet, there the version decides. A project without a LangGraph
 * of its own runs on ours.
 */
export function detectStreaming(graphFile: string, graph?: CompiledGraph): StreamingSupport {
  const found = findLanggraphVersion(graphFile);
  const supported =
    graph === undefined
      ? found === undefined || isAtLeast(found, FIRST_STREAMING_VERSION)
      : 'streamTransformers' in graph;
  return {
    supported,
    ...(found === undefined ? {} : { found }),
    ...(supported ? {} : { needed: `>=${FIRST_STREAMING_VERSION}` }),
  };
}

/** The version of `@langchain/langgraph` that an import in this file gets, or undefined when there is none. */
export function findLanggraphVersion(graphFile: string): string | undefined {
  const folder = findPackage(dirname(realpathSync(graphFile)), '@langchain/langgraph');
  return folder === undefined ? undefined : readManifest(folder).version;
}

/** Compares by major, minor, patch; a pre-release comes before its release. */
function isAtLeast(version: string, minimum: string): boolean {
  const [core = '', prerelease] = version.split('+')[0]!.split(/-(.*)/s);
  const found = core.split('.').map(Number);
  const needed = minimum.split('.').map(Number);
  for (let i = 0; i < needed.length; i += 1) {
    if ((found[i] ?? 0) !== needed[i]) return (found[i] ?? 0) > needed[i]!;
  }
  return prerelease === undefined;
}
