import type { ListNamespacesOperation, MatchCondition } from '@langchain/langgraph-checkpoint';
import { encodeNamespace } from '../../storage/store-namespace.js';

/** The part of the first prefix condition before its first wildcard: what the index can narrow down. */
export function commonPrefix(conditions: MatchCondition[] | undefined): string[] {
  const path = conditions?.find((condition) => condition.matchType === 'prefix')?.path ?? [];
  const wildcard = path.indexOf('*');
  return wildcard === -1 ? path : path.slice(0, wildcard);
}

/** The namespaces that match, cut to `maxDepth`, each once, sorted, one page of them. */
export function listedNamespaces(namespaces: string[][], op: ListNamespacesOperation): string[][] {
  const listed = new Map<string, string[]>();
  for (const namespace of namespaces) {
    if (op.matchConditions?.some((condition) => !matchesCondition(condition, namespace))) continue;
    const cut = op.maxDepth === undefined ? namespace : namespace.slice(0, op.maxDepth);
    listed.set(encodeNamespace(cut), cut);
  }
  const offset = op.offset ?? 0;
  const end = op.limit === undefined ? undefined : offset + op.limit;
  return [...listed.values()].sort(compareNamespaces).slice(offset, end);
}

function matchesCondition({ matchType, path }: MatchCondition, namespace: string[]): boolean {
  const start = matchType === 'prefix' ? 0 : namespace.length - path.length;
  if (path.length > namespace.length) return false;
  return path.every((label, index) => label === '*' || label === namespace[start + index]);
}

/** Label by label; a namespace stands before what is under it. */
function compareNamespaces(a: string[], b: string[]): number {
  const differs = a.findIndex((label, index) => label !== b[index]);
  if (differs === -1 || differs >= b.length) return a.length - b.length;
  return a[differs]! < b[differs]! ? -1 : 1;
}
