import { NODE_NAMESPACE, nodeOf } from '../../protocol/namespace.js';
import { fieldsOf } from './native-event.js';
import type { NormalisedEvent } from './normalise-event.js';

const OF_A_NODE: ReadonlySet<string> = new Set(['messages', 'tools', 'lifecycle']);

/**
 * Tells the namespace of a node that calls a model or a tool from that of a graph. LangGraph.js begins both alike;
 * what follows the beginning shows which it is. The lifecycle of the former is marked, for readers that see the
 * events of a node at its graph (docs/event-stream.md, Namespaces).
 */
export class NodeNamespaces {
  private readonly begun: NormalisedEvent[] = [];
  private readonly nodes = new Set<string>();

  /** The events that can be written now, in order; the beginning of a namespace waits for the event after it. */
  pass(event: NormalisedEvent): NormalisedEvent[] {
    if (isBeginning(event)) {
      this.begun.push(event);
      return [];
    }
    const key = JSON.stringify(event.namespace);
    const begun = this.begun.splice(0);
    if (!OF_A_NODE.has(event.method)) this.nodes.delete(key);
    else if (
      event.method !== 'lifecycle' &&
      begun.some((start) => JSON.stringify(start.namespace) === key && !isNamed(start))
    ) {
      this.nodes.add(key);
    }
    return [...begun, event].map((each) => this.marked(each));
  }

  /** What still waits. */
  rest(): NormalisedEvent[] {
    return this.begun.splice(0);
  }

  private marked(event: NormalisedEvent): NormalisedEvent {
    const isNode = event.method === 'lifecycle' && this.nodes.has(JSON.stringify(event.namespace));
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
