import type { ProjectionContext } from './projection-context.js';
import { emitThreadStatus } from './project-children.js';
import { emitIdle } from './project-lifecycle.js';

/** The fields that name what an answer answers. */
export const ANSWERED_FIELD: Readonly<Record<string, string>> = {
  'user.tool_confirmation': 'tool_use_id',
  'user.custom_tool_result': 'custom_tool_use_id',
  'user.tool_result': 'tool_use_id',
};

/** Rows of clients of the session: what they sent, as they sent it, and what they did to the session. */
export function projectInbound(context: ProjectionContext): void {
  const { row, state } = context;
  switch (row.method) {
    case 'session.archived':
      emitThreadStatus(context, state.primary, 'terminated', { type: 'archive' });
      state.status = 'terminated';
      state.primary.status = 'terminated';
      return void context.emit(state.primary, 'session.status_terminated');
    case 'session.thread_archived':
      return archiveThread(context, String(row.data.session_thread_id));
    case 'session.deleted':
      state.status = 'terminated';
      return void context.emit(state.primary, row.method);
    case 'session.updated':
      return void context.emit(state.primary, row.method, row.data);
    default:
      return row.method in ANSWERED_FIELD ? answer(context) : message(context);
  }
}

/** `processed_at` of what a client sent: when the run that it started was started; null while that waits. */
function processedAt({ row, lookup }: ProjectionContext): number | null {
  return row.runId === null ? row.at : lookup.startedAt(row.runId);
}

function message(context: ProjectionContext): void {
  const { row, state } = context;
  if (row.runId !== null && row.method !== 'user.interrupt') state.announcedRuns.add(row.runId);
  context.emit(state.primary, row.method, row.data, {
    processedAt: row.method === 'user.interrupt' ? row.at : processedAt(context),
  });
}

function answer(context: ProjectionContext): void {
  const { row, state } = context;
  const eventId = String(row.data[ANSWERED_FIELD[row.method] as string]);
  const question = state.questionOf(eventId);
  context.emit(question?.thread ?? state.primary, row.method, row.data, {
    condensed: true,
    processedAt: processedAt(context),
  });
  if (!question) return;
  question.decisions.set(eventId, row.data);
  if (row.runId !== null) {
    state.announcedRuns.add(row.runId);
    question.answeredBy = row.runId;
  } else if (state.status === 'idle' && state.unanswered().length > 0) {
    emitIdle(context, { type: 'requires_action', event_ids: state.requiredEventIds() });
  }
}

function archiveThread(context: ProjectionContext, id: string): void {
  const thread = context.state.threadById(id);
  if (!thread) return;
  thread.status = 'terminated';
  thread.archivedAt = context.row.at;
  thread.stopReason = { type: 'archive' };
  emitThreadStatus(context, thread, 'terminated');
}
