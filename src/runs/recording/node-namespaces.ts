import { NODE_NAMESPACE, namespaceText, nodeOf } from '../../protocol/namespace.js';
import { fieldsOf } from '../../protocol/fields-of.js';
import type { NormalisedEvent } from './normalise-event.js';
import type { Stage } from './stages.js';

const OF_A_NODE: ReadonlySet<string> = new Set(['messages', 'tools', 'lifecycle']);

/**
 * Tells the namespace of a node that calls a model or a tool from that of a graph. LangGraph.js begins both alike;
 * what follows the beginning shows which it is. The lifecycle of the former is marked, for readers that see the
 * events of a node at its graph (docs/event-stream.md, Namespaces).
 */
export class NodeNamespaces implements Stage<NormalisedEvent> {
  private begun: NormalisedEvent[] = [];
  private readonly nodes = new Set<string>();

  /** The beginning of a namespace waits for the event after it. */
  pass(event: NormalisedEvent, next: (event: NormalisedEvent) => void): void {
    if (isBeginning(event)) {
      this.begun.push(event);
      return;
    }
    this.learn(event);
    this.rest(next);
    next(this.marked(event));
  }

  /** What still waits. */
  rest(next: (event: NormalisedEvent) => void): void {
    if (this.begun.length === 0) return;
    const { begun } = this;
    this.begun = [];
    for (const start of begun) next(this.marked(start));
  }

  private learn({ method, namespace }: NormalisedEvent): void {
    if (!OF_A_NODE.has(method)) {
      if (this.nodes.size > 0) this.nodes.delete(namespaceText(namespace));
    } else if (this.begun.length > 0 && method !== 'lifecycle') {
      const key = namespaceText(namespace);
      const isNode = this.begun.some((start) => namespaceText(start.namespace) === key && !isNamed(start));
      if (isNode) this.nodes.add(key);
    }
  }

  private marked(event: NormalisedEvent): NormalisedEvent {
    const isNode = event.method === 'lifecycle' && this.nodes.has(namespaceText(event.namespace));
    return isNode ? { ...event, name: NODE_NAMESPACE } : event;
  }
}

function isBeginning(event: NormalisedEvent): boolean {
  return event.method === 'lifecycle' && fieldsOf(event.data).event === 'started';
}

/** A subagent has a name of its own, other than that of the node that runs it. */
function isNamed({ namespace, data }: NormalisedEvent): boolean {
  const name = fieldsOf(data).graph_name;
  return name !== undefined && name !== nodeOf(namespace.at(-1) ?? '');
}
