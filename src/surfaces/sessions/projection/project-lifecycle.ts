import { terminalOf } from '../../../projections/terminal.js';
import type { ProjectionContext } from './projection-context.js';
import type { StopReason } from './session-event.js';
import { asText } from './content-blocks.js';
import { emitThreadStatus } from './project-children.js';
import { emitAllToolUses } from './project-tools.js';

/** Lifecycle of the root: the turns of the session. */
export function projectRootLifecycle(context: ProjectionContext): void {
  const { row } = context;
  if (row.runId === null) return;
  if (row.data.event === 'running') startTurn(context, row.runId);
  else endTurn(context, row.runId);
}

function startTurn(context: ProjectionContext, runId: string): void {
  const { state, lookup } = context;
  const { primary } = state;
  if (state.activeRun === runId) return restart(context);
  state.activeRun = runId;
  state.hasAsked = false;
  for (const question of state.questions.values()) question.stale = true;
  if (!state.announcedRuns.has(runId)) {
    for (const { type, ...fields } of lookup.messagesOf(runId)) {
      context.emit(primary, type, fields, { id: context.nextLookupId() });
    }
  }
  // A turn that was interrupted only to be answered at once has not been idle.
  if (state.status === 'running') return;
  state.status = 'running';
  context.emit(primary, 'session.status_running');
  primary.status = 'running';
  primary.stopReason = null;
  emitThreadStatus(context, primary, 'running');
}

/** The same run starts again: its process was lost. */
function restart(context: ProjectionContext): void {
  const { primary } = context.state;
  context.emit(primary, 'session.error', {
    error: {
      type: 'unknown_error',
      message: 'The server was stopped during the turn.',
      retry_status: { type: 'retrying' },
    },
  });
  context.emit(primary, 'session.status_rescheduled');
  emitThreadStatus(context, primary, 'rescheduled');
  context.emit(primary, 'session.status_running');
  emitThreadStatus(context, primary, 'running');
}

function endTurn(context: ProjectionContext, runId: string): void {
  const { state, row } = context;
  const terminal = terminalOf(row);
  state.announcedRuns.delete(runId);
  // A run that is only there to refuse an answer is no turn.
  if (!terminal || terminal.isRefusal) return;
  const hasFailed = terminal.how === 'failed';
  if (state.activeRun === runId) {
    emitAllToolUses(context);
    forgetSuperseded(context, terminal.how === 'completed');
    state.messages.clear();
    state.activeRun = null;
  }
  if (hasFailed) {
    context.emit(state.primary, 'session.error', {
      error: {
        type: 'unknown_error',
        message: asText(terminal.error ?? 'The run failed.'),
        retry_status: { type: 'exhausted' },
      },
    });
  }
  const stopReason = stopReasonOf(context, hasFailed);
  if (stopReason) emitIdle(context, stopReason);
}

/** Questions that a finished graph, or one that went on to others, asks no more. */
function forgetSuperseded({ state }: ProjectionContext, isCompleted: boolean): void {
  for (const [id, { stale, answeredBy }] of state.questions) {
    if (isCompleted || (stale && state.hasAsked && answeredBy === null)) state.questions.delete(id);
  }
  if (state.questions.size === 0) state.tools.clear();
}

/** Null when the turn is not over: everything that was asked has been answered already. */
function stopReasonOf({ state }: ProjectionContext, hasFailed: boolean): StopReason | null {
  if (state.unanswered().length > 0) return { type: 'requires_action', event_ids: state.requiredEventIds() };
  if (hasFailed) return { type: 'retries_exhausted' };
  return state.questions.size > 0 ? null : { type: 'end_turn' };
}

/** The session rests. */
export function emitIdle(context: ProjectionContext, stopReason: StopReason): void {
  const { state } = context;
  if (state.status === 'terminated') return;
  state.status = 'idle';
  state.primary.status = 'idle';
  state.primary.stopReason = stopReason;
  emitThreadStatus(context, state.primary, 'idle');
  context.emit(state.primary, 'session.status_idle', { stop_reason: stopReason, stop_details: null });
}
