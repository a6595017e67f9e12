import { fieldsOf } from '../protocol/fields-of.js';
import { type Namespace, namespaceText } from '../protocol/namespace.js';
import type { LogRow } from './log-row.js';

/** One of the agents of a run: the graph itself, or a subagent that a tool call brought about. */
export interface AgentThread<T> {
  readonly parent: T | null;
  readonly toolCallId: string | null;
}

/** A subagent that a row is the first to tell of. */
export interface ThreadStart<T> {
  /** Where all that it does has its events. */
  readonly namespace: Namespace;
  readonly parent: T;
  readonly toolCallId: string;
  /** The name of its graph, or what its tool call says; null when nothing does. */
  readonly name: string | null;
}

interface RunningCall {
  /** As JSON text. */
  readonly namespace: string;
  readonly name: string;
}

/**
 * Which namespaces are agents of their own, and whose the events of the others are. A `started` that names the tool
 * call which caused it begins a subagent; where a graph does not say so, a graph that starts inside the namespace of
 * the one tool call that runs there does. Any other graph is part of the agent around it.
 *
 * Its fields are plain data, so that a reader can copy what it remembers.
 */
export class AgentThreads<T extends AgentThread<T>> {
  private readonly byNamespace = new Map<string, T>();
  private readonly byToolCall = new Map<string, T>();
  private readonly runningCalls = new Map<string, RunningCall>();

  constructor(readonly root: T) {
    this.byNamespace.set('[]', root);
  }

  /** The root and the subagents, in the order in which they came. */
  threads(): T[] {
    return [...new Set(this.byNamespace.values())];
  }

  /** The thread that begins exactly here, or null. */
  threadAt(namespace: Namespace): T | null {
    return this.byNamespace.get(namespaceText(namespace)) ?? null;
  }

  /** The thread that an event of this namespace belongs to: that of the longest prefix that has one. */
  ownerOf(namespace: Namespace): T {
    for (let depth = namespace.length; depth > 0; depth -= 1) {
      const thread = this.threadAt(namespace.slice(0, depth));
      if (thread) return thread;
    }
    return this.root;
  }

  /** The subagent that a tool call brought about, or null. */
  threadOfCall(toolCallId: unknown): T | null {
    return this.byToolCall.get(String(toolCallId)) ?? null;
  }

  /** Follows a row of channel `tools`: which calls are going on where. */
  noteTool({ namespace, data }: LogRow): void {
    const { event, tool_call_id: callId, tool_name: toolName, input } = data;
    if (typeof callId !== 'string') return;
    if (event === 'tool-started') {
      const name = nameOf(fieldsOf(input).subagent_type) ?? String(toolName);
      this.runningCalls.set(callId, { namespace: namespaceText(namespace), name });
    } else if (event === 'tool-finished' || event === 'tool-error') {
      this.runningCalls.delete(callId);
    }
  }

  /**
   * Follows a `started` below the root.
   * @param make makes a thread that there was not yet
   * @returns the thread that begins with it, or begins once more; null for none
   */
  begin(row: LogRow, make: (start: ThreadStart<T>) => T): T | null {
    const known = this.threadAt(row.namespace);
    if (known) return known;
    const start = this.startBy(row);
    if (!start) return null;
    const thread = this.threadOfCall(start.toolCallId) ?? make(start);
    this.byNamespace.set(namespaceText(start.namespace), thread);
    this.byToolCall.set(start.toolCallId, thread);
    return thread;
  }

  private startBy({ namespace, data }: LogRow): ThreadStart<T> | null {
    const { type, tool_call_id: toolCallId } = fieldsOf(data.cause);
    if (type !== 'toolCall' || typeof toolCallId !== 'string') return this.startInsideTool(namespace);
    return { namespace, toolCallId, name: nameOf(data.graph_name), parent: this.ownerOf(namespace) };
  }

  /** LangGraph alone does not say which call a graph works for: it is the one that runs where the graph was started. */
  private startInsideTool(namespace: Namespace): ThreadStart<T> | null {
    for (let depth = namespace.length - 1; depth > 0; depth -= 1) {
      const around = namespace.slice(0, depth);
      const text = namespaceText(around);
      if (this.byNamespace.has(text)) return null;
      const calls = [...this.runningCalls].filter(([, call]) => call.namespace === text);
      if (calls.length > 1) return null;
      for (const [toolCallId, { name }] of calls) {
        return { namespace: around, toolCallId, name, parent: this.ownerOf(around) };
      }
    }
    return null;
  }
}

function nameOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
