import type { LogEvent } from '../../storage/log/log-event.js';
import type { EventFilter } from '../../protocol/event-filter.js';
import { NODE_NAMESPACE } from '../../protocol/namespace.js';

/**
 * Where a reader wants to see `messages` and `tools`: at the namespace of the node that produced them, as LangGraph.js
 * tells it, or at that of the graph which holds the node, as LangGraph for Python does and as its SDK expects
 * (docs/event-stream.md, Namespaces).
 */
export type NamespaceView = 'node' | 'graph';

/** Channels whose namespace ends with the node's own segment. */
const AT_THE_NODE: ReadonlySet<string> = new Set(['messages', 'tools']);

/** The Python SDK by its own name, or on a WebSocket, where it does not give it, by that of its library. */
const PYTHON_SDK = /^(langgraph-sdk-py\/|Python\/\S+ websockets\/)/;

/** The view that a request asks for by `Threadlog-Namespaces`, or by being the Python SDK and saying nothing else. */
export function namespaceView(headers: Record<string, string | string[] | undefined>): NamespaceView {
  const asked = headers['threadlog-namespaces'];
  if (asked === 'graph' || asked === 'node') return asked;
  return PYTHON_SDK.test(String(headers['user-agent'] ?? '')) ? 'graph' : 'node';
}

/** The event as the view shows it. Its text is not parsed: the namespace stands at a known place in it. */
export function inView(view: NamespaceView, event: LogEvent): LogEvent {
  if (view === 'node' || !AT_THE_NODE.has(event.channel) || event.namespace === '[]') return event;
  const namespace = JSON.stringify((JSON.parse(event.namespace) as string[]).slice(0, -1));
  const envelope = event.envelope.replace(
    `"params":{"namespace":${event.namespace}`,
    () => `"params":{"namespace":${namespace}`,
  );
  return { ...event, namespace, envelope };
}

/** True when a reader with this view and this filter gets the event. At graphs, nodes have no lifecycle. */
export function matchesInView(view: NamespaceView, filter: EventFilter, event: LogEvent): boolean {
  if (view === 'graph' && event.channel === 'lifecycle' && event.name === NODE_NAMESPACE) return false;
  return filter.matches(inView(view, event));
}
