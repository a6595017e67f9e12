import { isDeepStrictEqual } from 'node:util';
import type { ProjectionContext } from './projection-context.js';
import type { OpenQuestion, SessionThreadState } from './projection-state.js';
import { asText, textBlocks } from './content-blocks.js';
import { emitToolUse } from './project-tools.js';
import { fieldsOf } from '../../../protocol/fields-of.js';

/** One action that a human has to allow: what LangChain's human-in-the-loop middleware asks. */
interface ActionRequest {
  readonly name: string;
  readonly args: Record<string, unknown>;
}

/** Channel `input`: questions to the client, and that they were answered. */
export function projectInput(context: ProjectionContext): void {
  if (context.row.method === 'input.requested') ask(context);
  else answered(context);
}

function ask(context: ProjectionContext): void {
  const { row, state } = context;
  const interruptId = String(row.data.interrupt_id);
  const known = state.questions.get(interruptId);
  state.hasAsked = true;
  if (known && (known.answeredBy === null || known.answeredBy !== state.activeRun)) {
    // A run came to it again; nobody has answered it yet, or a run that waits is to answer it.
    known.stale = false;
    return;
  }
  const thread = state.ownerOf(row.namespace);
  const payload = row.data.payload ?? row.data.value;
  const actions = actionsOf(payload);
  const eventIds = actions
    ? actions.map((action) => emitToolUse(context, requestedCall(context, thread, action), 'ask'))
    : [emitCustomToolUse(context, thread, payload)];
  state.questions.set(interruptId, {
    interruptId,
    namespace: row.namespace,
    thread,
    kind: actions ? 'confirmations' : 'result',
    eventIds,
    decisions: new Map(),
    answeredBy: null,
    stale: false,
  });
}

function emitCustomToolUse(context: ProjectionContext, thread: SessionThreadState, payload: unknown): string {
  const { name } = fieldsOf(payload);
  const isObject = typeof payload === 'object' && payload !== null && !Array.isArray(payload);
  return context.emit(
    thread,
    'agent.custom_tool_use',
    {
      name: typeof name === 'string' && name !== '' ? name : 'request_input',
      input: isObject ? payload : { value: payload },
    },
    { condensed: true },
  );
}

/** The call that the model asked for, or one made of the request itself. */
function requestedCall({ state }: ProjectionContext, thread: SessionThreadState, { name, args }: ActionRequest) {
  const asked = [...state.tools.values()].find(
    (call) => call.eventId === null && call.name === name && isDeepStrictEqual(call.input, args),
  );
  return asked ?? { callId: '', name, input: args, thread, eventId: null };
}

function actionsOf(payload: unknown): ActionRequest[] | null {
  const { action_requests: requests } = fieldsOf(payload);
  if (!Array.isArray(requests) || requests.length === 0) return null;
  return requests.map((request: unknown) => {
    const { name, action, args, arguments: given } = fieldsOf(request);
    return { name: String(name ?? action), args: fieldsOf(args ?? given) };
  });
}

function answered(context: ProjectionContext): void {
  const { row, state } = context;
  const { interrupt_ids: ids } = row.data;
  for (const id of Array.isArray(ids) ? ids.map(String) : []) {
    const question = state.questions.get(id);
    if (!question) continue;
    state.questions.delete(id);
    if (question.answeredBy === null && row.runId !== null) showAnswer(context, question, row.runId);
  }
}

/** It was answered on another surface: the story has the answer all the same. */
function showAnswer(
  context: ProjectionContext,
  { kind, eventIds, thread, interruptId }: OpenQuestion,
  runId: string,
): void {
  const answer = context.lookup.answerOf(runId, interruptId);
  if (answer === undefined) return;
  const decisions = fieldsOf(answer).decisions;
  for (const [index, eventId] of eventIds.entries()) {
    const id = context.nextLookupId();
    if (kind === 'result') {
      context.emit(
        thread,
        'user.custom_tool_result',
        { custom_tool_use_id: eventId, content: textBlocks(asText(answer)) },
        { id },
      );
      continue;
    }
    const decision = fieldsOf(Array.isArray(decisions) ? decisions[index] : null);
    const verdict =
      decision.type === 'reject' ? { result: 'deny', deny_message: decision.message ?? null } : { result: 'allow' };
    context.emit(thread, 'user.tool_confirmation', { tool_use_id: eventId, ...verdict }, { id });
  }
}
