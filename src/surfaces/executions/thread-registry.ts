import { namespaceText } from '../../protocol/namespace.js';
import { type ExecutionRow, fieldsOf } from './execution-row.js';

/** A thread of an execution: the graph itself, or a subagent that a tool call brought about. */
export interface ExecutionThread {
  /** The name that clients know it by; unique within the execution. */
  readonly id: string;
  readonly agentName: string;
  readonly namespace: readonly string[];
  readonly parent: ExecutionThread | null;
  readonly toolCallId: string | null;
  /** Events so far. */
  sequence: number;
}

interface OpenTool {
  readonly toolCallId: string;
  readonly name: string;
}

/**
 * Which namespaces of a run are threads. A `started` that names the tool call which caused it begins one; where a graph
 * does not say so, a tool call in whose namespace a graph starts does. Any other namespace belongs to the thread around
 * it.
 */
export class ThreadRegistry {
  readonly root: ExecutionThread;
  private readonly byNamespace = new Map<string, ExecutionThread>();
  private readonly byToolCall = new Map<string, ExecutionThread>();
  private readonly ids = new Set<string>();
  private readonly openTools = new Map<string, OpenTool[]>();

  constructor(graphId: string) {
    this.root = this.add({ agentName: graphId, namespace: [], parent: null, toolCallId: null });
  }

  /** The names so far. */
  get names(): ReadonlySet<string> {
    return this.ids;
  }

  /** The thread that a namespace belongs to: the one with the longest prefix of it. */
  of(namespace: readonly string[]): ExecutionThread {
    for (let depth = namespace.length; depth > 0; depth -= 1) {
      const thread = this.at(namespace.slice(0, depth));
      if (thread) return thread;
    }
    return this.root;
  }

  /** The thread whose namespace this is, or null. */
  at(namespace: readonly string[]): ExecutionThread | null {
    return this.byNamespace.get(namespaceText(namespace)) ?? null;
  }

  /**
   * The thread that made a tool call: not the one that the call brought about, although it has the call's namespace.
   */
  callerOf(row: ExecutionRow): ExecutionThread {
    const called = this.byToolCall.get(String(row.data.tool_call_id));
    return called?.parent ?? this.of(row.namespace);
  }

  /** Follows `tools` events: which calls are going on where. */
  noteTool({ namespace, data }: ExecutionRow): void {
    const key = namespaceText(namespace);
    const open = (this.openTools.get(key) ?? []).filter(({ toolCallId }) => toolCallId !== data.tool_call_id);
    if (data.event === 'tool-started') {
      const { subagent_type: agent } = fieldsOf(data.input);
      open.push({
        toolCallId: String(data.tool_call_id),
        name: String(typeof agent === 'string' ? agent : data.tool_name),
      });
    } else if (data.event !== 'tool-finished' && data.event !== 'tool-error') {
      return;
    }
    if (open.length > 0) this.openTools.set(key, open);
    else this.openTools.delete(key);
  }

  /** Follows a child's `started`. Returns the thread that begins with it, or begins once more; null for none. */
  noteStarted({ namespace, data }: ExecutionRow): ExecutionThread | null {
    const known = this.at(namespace);
    if (known) return known;
    const cause = fieldsOf(data.cause);
    if (cause.type === 'toolCall') {
      const node = (namespace.at(-1) ?? '').split(':')[0] as string;
      const agentName = typeof data.graph_name === 'string' ? data.graph_name : node;
      const toolCallId = typeof cause.tool_call_id === 'string' ? cause.tool_call_id : null;
      return this.add({ agentName, namespace, parent: this.of(namespace), toolCallId });
    }
    return this.startedInsideTool(namespace);
  }

  private startedInsideTool(namespace: readonly string[]): ExecutionThread | null {
    for (let depth = namespace.length - 1; depth > 0; depth -= 1) {
      const around = namespace.slice(0, depth);
      if (this.at(around)) return null;
      const [tool] = this.openTools.get(namespaceText(around)) ?? [];
      if (tool)
        return this.add({
          agentName: tool.name,
          namespace: around,
          parent: this.of(around),
          toolCallId: tool.toolCallId,
        });
    }
    return null;
  }

  private add(thread: Omit<ExecutionThread, 'id' | 'sequence'>): ExecutionThread {
    let id = thread.agentName;
    for (let count = 2; this.ids.has(id); count += 1) id = `${thread.agentName}-${count}`;
    this.ids.add(id);
    const added = { ...thread, id, sequence: 0 };
    this.byNamespace.set(namespaceText(thread.namespace), added);
    if (thread.toolCallId !== null) this.byToolCall.set(thread.toolCallId, added);
    return added;
  }
}
