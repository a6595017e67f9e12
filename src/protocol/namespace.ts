/** Where in the graph an event was produced: `[]` is the root, a segment is `<node>:<task id>`. */
export type Namespace = readonly string[];

/** Marks, as their name, the `lifecycle` events of a namespace that is only a node's, not a graph's. */
export const NODE_NAMESPACE = 'node';

/** A segment as a filter may write it: without the task id. */
export function nodeOf(segment: string): string {
  const colon = segment.indexOf(':');
  return colon === -1 ? segment : segment.slice(0, colon);
}

/**
 * True when `prefix` names `namespace` or one of its ancestors. A prefix segment without `:` matches any task of
 * that node; one with `:` matches only itself (docs/event-stream.md, Namespaces).
 */
export function isPrefixOf(prefix: Namespace, namespace: Namespace): boolean {
  if (prefix.length > namespace.length) return false;
  return prefix.every((wanted, level) => {
    const segment = namespace[level] as string;
    return segment === wanted || (!wanted.includes(':') && nodeOf(segment) === wanted);
  });
}

/** The namespace as it is stored and compared: its JSON text. */
export function namespaceText(namespace: Namespace): string {
  return namespace.length === 0 ? '[]' : JSON.stringify(namespace);
}
