import type { ThreadStart } from '../../../projections/agent-threads.js';
import { terminalOf } from '../../../projections/terminal.js';
import type { ProjectionContext } from './projection-context.js';
import type { SessionThreadState, ToolCallState } from './projection-state.js';
import type { StopReason, TextBlock } from './session-event.js';
import { sessionThreadIdOf } from './session-ids.js';
import { asText, textBlocks } from './content-blocks.js';
import { emitToolUse } from './project-tools.js';

/** Lifecycle of a namespace below the root: a subagent is a thread of its own. */
export function projectChildLifecycle(context: ProjectionContext): void {
  const { row, state } = context;
  if (row.data.event === 'started') {
    const thread = state.begin(row, (start) => create(context, start));
    if (thread) setRunning(context, thread);
    return;
  }
  const known = state.threadAt(row.namespace);
  if (known && known.parent && known.status === 'running') end(context, known);
}

function create(
  context: ProjectionContext,
  { toolCallId, name, parent }: ThreadStart<SessionThreadState>,
): SessionThreadState {
  const { state, row } = context;
  const call = state.tools.get(toolCallId);
  const child: SessionThreadState = {
    id: sessionThreadIdOf(state.threadId, toolCallId),
    parent,
    agentName: name ?? call?.name ?? 'subagent',
    toolCallId,
    createdBy: call ? emitToolUse(context, call, 'allow') : null,
    createdAt: row.at,
    updatedAt: row.at,
    archivedAt: null,
    status: 'idle',
    stopReason: null,
    lastText: null,
    result: null,
  };
  const { id, agentName, createdBy } = child;
  context.emit(
    parent,
    'session.thread_created',
    { session_thread_id: id, agent_name: agentName, workflow_run_id: null },
    {
      condensed: true,
      extra: {
        parent_thread_id: parent.id,
        agent_id: `agent_${agentName}`,
        agent_version: 1,
        role: 'child',
        created_by_tool_use_id: createdBy,
      },
    },
  );
  sendMessage(context, parent, child, taskOf(call), false);
  return child;
}

function setRunning(context: ProjectionContext, thread: SessionThreadState): void {
  if (thread.status === 'running') return;
  thread.status = 'running';
  thread.stopReason = null;
  emitThreadStatus(context, thread, 'running');
}

function end(context: ProjectionContext, child: SessionThreadState): void {
  const { row, state } = context;
  const parent = child.parent as SessionThreadState;
  child.status = 'idle';
  const terminal = terminalOf(row);
  if (terminal?.how === 'completed' || terminal?.how === 'failed') {
    const hasFailed = terminal.how === 'failed';
    const failure = textBlocks(asText(terminal.error ?? 'The agent failed.'));
    const report = hasFailed ? failure : (child.result?.content ?? textBlocks(child.lastText ?? ''));
    sendMessage(context, child, parent, report, hasFailed || child.result?.isError === true);
  }
  if (terminal?.how === 'failed') {
    child.stopReason = { type: 'retries_exhausted' };
    emitThreadStatus(context, child, 'idle');
    child.status = 'terminated';
    return emitThreadStatus(context, child, 'terminated');
  }
  const asked = state.unanswered().filter(({ thread }) => thread === child).flatMap(({ eventIds }) => eventIds);
  child.stopReason = asked.length > 0 ? { type: 'requires_action', event_ids: asked } : { type: 'end_turn' };
  emitThreadStatus(context, child, 'idle');
}

/** A message from one thread to another is an event of both, each from its own point of view. */
function sendMessage(
  context: ProjectionContext,
  from: SessionThreadState,
  to: SessionThreadState,
  content: readonly TextBlock[],
  isError: boolean,
): void {
  const isReport = from.parent === to;
  const extra = {
    direction: isReport ? 'child_to_coordinator' : 'coordinator_to_child',
    is_error: isError,
    from_session_thread_id: from.id,
    to_session_thread_id: to.id,
    from_agent_name: from.agentName,
    to_agent_name: to.agentName,
  };
  context.emit(
    from,
    'agent.thread_message_sent',
    { to_session_thread_id: to.id, to_agent_name: to.agentName, content },
    { extra },
  );
  context.emit(
    to,
    'agent.thread_message_received',
    { from_session_thread_id: from.id, from_agent_name: from.agentName, content },
    { extra },
  );
}

/** `session.thread_status_<status>`, which a condensed stream shows too. */
export function emitThreadStatus(
  context: ProjectionContext, thread: SessionThreadState, status: 'running' | 'rescheduled' | 'idle' | 'terminated',
  stopReason: StopReason | null = thread.stopReason,
): void {
  const fields = { session_thread_id: thread.id, agent_name: thread.agentName };
  const idle = status === 'idle' ? { stop_reason: stopReason, stop_details: null } : {};
  const extra = { status, ...(status === 'terminated' ? { stop_reason: stopReason } : {}) };
  context.emit(thread, `session.thread_status_${status}`, { ...fields, ...idle }, { condensed: true, extra });
}

function taskOf(call: ToolCallState | undefined): TextBlock[] {
  if (!call) return [];
  const { description, task, prompt, input } = call.input;
  const words = [description, task, prompt, input].find((value) => typeof value === 'string');
  return textBlocks(words === undefined ? asText(call.input) : words);
}
