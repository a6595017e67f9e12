import { asText, contentBlocks, textBlocks } from './content-blocks.js';
import type { ProjectionContext } from './projection-context.js';
import type { ToolCallState } from './projection-state.js';
import type { TextBlock } from './session-event.js';
import { fieldsOf } from '../../../protocol/fields-of.js';

/** Channel `tools`: the calls that are carried out, and what they return. */
export function projectTool(context: ProjectionContext): void {
  const { row, state } = context;
  const { event, tool_call_id: callId, tool_name: name, input } = row.data;
  if (typeof callId !== 'string') return;
  state.noteTool(row);
  if (event === 'tool-started') {
    const call =
      state.tools.get(callId) ??
      noteToolCall(context, {
        callId,
        name: String(name),
        input: fieldsOf(input),
        thread: state.ownerOf(row.namespace),
      });
    emitToolUse(context, call, 'allow');
  } else if (event === 'tool-finished') {
    const { output } = row.data;
    finish(context, callId, contentBlocks(output), fieldsOf(output).status === 'error');
  } else if (event === 'tool-error' && !isAsking(context)) {
    finish(context, callId, textBlocks(asText(row.data.message ?? 'The tool failed.')), true);
  }
}

/** A model asks for a call. Its `agent.tool_use` is made once it is known whether somebody has to allow it. */
export function noteToolCall(
  { state }: ProjectionContext,
  call: Pick<ToolCallState, 'callId' | 'name' | 'input' | 'thread'>,
): ToolCallState {
  const noted = { ...call, eventId: null };
  state.tools.set(call.callId, noted);
  return noted;
}

/** Makes the `agent.tool_use` of a call, unless it was made. Returns its event id. */
export function emitToolUse(context: ProjectionContext, call: ToolCallState, permission: 'allow' | 'ask'): string {
  call.eventId ??= context.emit(
    call.thread,
    'agent.tool_use',
    { name: call.name, input: call.input, evaluated_permission: permission },
    { condensed: permission === 'ask' },
  );
  return call.eventId;
}

/** Makes the `agent.tool_use` of every call that was asked for. */
export function emitAllToolUses(context: ProjectionContext): void {
  for (const call of context.state.tools.values()) emitToolUse(context, call, 'allow');
}

function finish(context: ProjectionContext, callId: string, content: readonly TextBlock[], isError: boolean): void {
  const { state } = context;
  const call = state.tools.get(callId);
  if (!call) return;
  state.tools.delete(callId);
  const child = state.threadOfCall(callId);
  if (child) child.result = { content, isError };
  const toolUseId = emitToolUse(context, call, 'allow');
  context.emit(call.thread, 'agent.tool_result', { tool_use_id: toolUseId, content, is_error: isError });
}

/** A tool that asked a question is closed with its run, and goes on when it is answered. */
function isAsking({ row, state }: ProjectionContext): boolean {
  return row.namespace.length > 0 && [...state.questions.values()].some(({ namespace }) =>
    row.namespace.every((segment, level) => namespace[level] === segment),
  );
}
