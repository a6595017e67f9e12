import { type AgentThread, AgentThreads } from '../../projections/agent-threads.js';
import type { LogRow } from '../../projections/log-row.js';
import { nodeOf } from '../../protocol/namespace.js';

/** A thread of an execution: the graph itself, or a subagent that a tool call brought about. */
export interface ExecutionThread extends AgentThread<ExecutionThread> {
  /** The name that clients know it by; unique within the execution. */
  readonly id: string;
  readonly agentName: string;
  /** Events so far. */
  sequence: number;
}

/** The threads of a run, each under a name of its own. */
export class ThreadRegistry extends AgentThreads<ExecutionThread> {
  private readonly ids: Set<string>;

  constructor(graphId: string) {
    super({ id: graphId, agentName: graphId, parent: null, toolCallId: null, sequence: 0 });
    this.ids = new Set([graphId]);
  }

  /** The names so far. */
  get names(): ReadonlySet<string> {
    return this.ids;
  }

  /**
   * The thread that made a tool call: not the one that the call brought about, although it has the call's namespace.
   */
  callerOf({ namespace, data }: LogRow): ExecutionThread {
    return this.threadOfCall(data.tool_call_id)?.parent ?? this.ownerOf(namespace);
  }

  /** Follows a child's `started`. Returns the thread that begins with it, or begins once more; null for none. */
  noteStarted(row: LogRow): ExecutionThread | null {
    return this.begin(row, ({ namespace, parent, toolCallId, name }) => {
      const agentName = name ?? nodeOf(namespace.at(-1) ?? '');
      return { id: this.idFor(agentName), agentName, parent, toolCallId, sequence: 0 };
    });
  }

  private idFor(agentName: string): string {
    let id = agentName;
    for (let count = 2; this.ids.has(id); count += 1) id = `${agentName}-${count}`;
    this.ids.add(id);
    return id;
  }
}
