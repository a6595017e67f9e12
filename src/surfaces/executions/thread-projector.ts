import type { LogRow } from '../../projections/log-row.js';
import { type Message, followMessage, newMessage, textsOf } from '../../projections/messages.js';
import { terminalOf } from '../../projections/terminal.js';
import { fieldsOf } from '../../protocol/fields-of.js';
import type { ThreadEvent, ThreadEventType } from './thread-event.js';
import { type ExecutionThread, ThreadRegistry } from './thread-registry.js';

interface Told {
  readonly thread: ExecutionThread;
  readonly type: ThreadEventType;
  readonly payload: Record<string, unknown>;
}

/**
 * Makes the thread events of one execution from the rows of its run, given in seq order from the run's first. It knows
 * nothing but these rows, so the same log gives the same events, numbers included; a row gives one event at most.
 */
export class ThreadProjector {
  readonly threads: ThreadRegistry;
  /** The run has ended: no row follows. */
  ended = false;
  private readonly messages = new Map<string, Message>();
  private readonly lastTexts = new Map<ExecutionThread, string>();
  private starts = 0;
  private questions = 0;

  constructor(private readonly graphId: string) {
    this.threads = new ThreadRegistry(graphId);
  }

  /** The event that this row gives, or null. */
  project(row: LogRow): ThreadEvent | null {
    const told = this.tell(row);
    if (!told) return null;
    told.thread.sequence += 1;
    const { type, payload, thread } = told;
    return { seq: row.seq, type, threadId: thread.id, sequence: thread.sequence, timestamp: row.at, payload };
  }

  private tell(row: LogRow): Told | null {
    switch (row.method) {
      case 'lifecycle':
        return row.namespace.length === 0 ? this.tellOfRoot(row) : this.tellOfChild(row);
      case 'messages':
        return this.tellOfMessage(row);
      case 'tools':
        return this.tellOfTool(row);
      case 'input.requested': {
        this.questions += 1;
        const { interrupt_id, payload } = row.data;
        return { thread: this.threads.ownerOf(row.namespace), type: 'blocked', payload: { interrupt_id, payload } };
      }
      case 'custom': {
        const payload = progressOf(row.data);
        return payload && { thread: this.threads.ownerOf(row.namespace), type: 'status', payload };
      }
      default:
        return null;
    }
  }

  private tellOfRoot(row: LogRow): Told | null {
    const { root } = this.threads;
    if (row.data.event === 'running') {
      this.starts += 1;
      this.questions = 0;
      if (this.starts > 1) return { thread: root, type: 'status', payload: { status: 'rescheduling' } };
      return { thread: root, type: 'started', payload: { agent_name: this.graphId, graph_name: this.graphId } };
    }
    this.ended = terminalOf(row) !== null;
    return this.tellOfEnd(root, row, this.questions > 0);
  }

  private tellOfChild(row: LogRow): Told | null {
    if (row.data.event !== 'started') {
      const thread = this.threads.threadAt(row.namespace);
      return thread && this.tellOfEnd(thread, row, true);
    }
    const thread = this.threads.noteStarted(row);
    if (!thread) return null;
    const { agentName, parent, toolCallId } = thread;
    const cause = { type: 'toolCall', tool_call_id: toolCallId };
    return {
      thread,
      type: 'started',
      payload: { agent_name: agentName, graph_name: agentName, parent: parent?.id, cause },
    };
  }

  private tellOfEnd(thread: ExecutionThread, row: LogRow, waits: boolean): Told | null {
    const end = terminalOf(row);
    switch (end?.how) {
      case 'completed':
        return { thread, type: 'completed', payload: { result: this.lastTexts.get(thread) ?? null } };
      case 'failed':
        return { thread, type: 'failed', payload: { error: end.error ?? 'failed' } };
      case 'interrupted':
        return { thread, type: 'status', payload: { status: waits ? 'blocked' : 'interrupted' } };
      default:
        return null;
    }
  }

  private tellOfMessage(row: LogRow): Told | null {
    const followed = followMessage(this.messages, row, newMessage);
    if (!followed?.message.isModel) return null;
    const { message, part } = followed;
    const thread = this.threads.ownerOf(row.namespace);
    switch (part.kind) {
      case 'thinking':
        return { thread, type: 'status', payload: { status: 'thinking' } };
      case 'piece':
        return { thread, type: 'output', payload: { text: part.text } };
      case 'block':
        return part.unsaid === '' ? null : { thread, type: 'output', payload: { text: part.unsaid } };
      case 'finished':
        return message.callsTools ? null : this.tellOfTurn(thread, message);
      default:
        return null;
    }
  }

  private tellOfTurn(thread: ExecutionThread, message: Message): Told {
    const text = textsOf(message).join('');
    this.lastTexts.set(thread, text);
    return { thread, type: 'turn_complete', payload: { text, message_id: message.id } };
  }

  private tellOfTool(row: LogRow): Told | null {
    this.threads.noteTool(row);
    const { event, tool_call_id, tool_name, input, delta, message } = row.data;
    const thread = this.threads.callerOf(row);
    switch (event) {
      case 'tool-started':
        return { thread, type: 'tool_running', payload: { tool_name, tool_call_id, input } };
      case 'tool-output-delta':
        return {
          thread,
          type: 'output',
          payload: { text: typeof delta === 'string' ? delta : JSON.stringify(delta ?? null), tool_call_id },
        };
      case 'tool-finished':
        return { thread, type: 'status', payload: { status: 'tool_finished', tool_call_id } };
      case 'tool-error':
        return { thread, type: 'status', payload: { status: 'tool_failed', tool_call_id, summary: message } };
      default:
        return null;
    }
  }
}

/**
 * A custom event that tells of progress: any of `status`, `summary`, `progress` (0 to 1) or `percent`; null for
 * another.
 */
function progressOf(data: Record<string, unknown>): Record<string, unknown> | null {
  const { status, summary, progress, percent } = { ...data, ...fieldsOf(data.payload) } as Record<string, unknown>;
  const share = typeof progress === 'number' ? progress : typeof percent === 'number' ? percent / 100 : undefined;
  const told = {
    ...(typeof status === 'string' ? { status } : {}),
    ...(typeof summary === 'string' ? { summary } : {}),
    ...(share === undefined ? {} : { progress: Math.min(Math.max(share, 0), 1) }),
  };
  return Object.keys(told).length > 0 ? { status: 'working', ...told } : null;
}
