import type { LifecycleRow } from '../../storage/log/event-reader.js';

/** A namespace of a run and those below it (Agent Protocol CDDL, `AgentTreeNode`). */
export interface AgentTreeNode {
  readonly namespace: readonly string[];
  status: string;
  graph_name: string;
  children?: AgentTreeNode[];
}

/** Before its `running` a run waits: the protocol has no word for that but `started`. */
const WAITING = 'started';

/** Builds the tree of one run from its lifecycle events, in seq order; the last word on a namespace counts. */
export function agentTree(graphId: string, rows: readonly LifecycleRow[]): AgentTreeNode {
  const root: AgentTreeNode = { namespace: [], status: WAITING, graph_name: graphId };
  for (const { namespace, data } of rows) {
    const node = nodeAt(root, namespace);
    node.status = data.event;
    node.graph_name = data.graph_name ?? node.graph_name;
  }
  return root;
}

function nodeAt(root: AgentTreeNode, namespace: readonly string[]): AgentTreeNode {
  let node = root;
  for (const [level, segment] of namespace.entries()) {
    node.children ??= [];
    let child = node.children.find((candidate) => candidate.namespace[level] === segment);
    if (!child) {
      child = {
        namespace: namespace.slice(0, level + 1),
        status: WAITING,
        graph_name: segment.split(':')[0] as string,
      };
      node.children.push(child);
    }
    node = child;
  }
  return node;
}
