import type { Run, RunKwargs, RunOutline } from '../../rows/run.js';

/** A row of `runs` as SQLite gives it. */
export interface OutlineRow extends Omit<RunOutline, 'started' | 'answers' | 'resumeCounts'> {
  readonly started: number;
  readonly resumeCountsJson: string;
  readonly answersJson: string;
}

/** The same with what the run was given, which has a table of its own and is read for whole runs only. */
export interface WholeRow extends OutlineRow {
  readonly metadataJson: string;
  readonly kwargsJson: string;
  readonly errorText: string | null;
  readonly errorType: string | null;
}

const OUTLINE = `runs.position, run_id AS runId, thread_id AS threadId, owner, assistant_id AS assistantId,
  graph_id AS graphId, status, multitask_strategy AS multitaskStrategy, attempt, watch_ms AS watchMs, started,
  start_checkpoint_id AS startCheckpointId, attempt_checkpoint_id AS attemptCheckpointId, first_seq AS firstSeq,
  owed_terminal AS owedTerminal, priority, due_at AS dueAt, cancel_action AS cancelAction, cancel_reason AS cancelReason,
  answers_json AS answersJson, resume_counts_json AS resumeCountsJson,
  webhook, created_at AS createdAt, updated_at AS updatedAt`;
export const SELECT_OUTLINE = `SELECT ${OUTLINE} FROM runs`;
export const SELECT_WHOLE = `SELECT ${OUTLINE}, error AS errorText, error_type AS errorType,
  metadata_json AS metadataJson, kwargs_json AS kwargsJson FROM runs JOIN run_documents USING (position)`;

export function toOutline({ started, resumeCountsJson, answersJson, ...rest }: OutlineRow): RunOutline {
  return {
    ...rest,
    started: started === 1,
    resumeCounts: JSON.parse(resumeCountsJson) as Record<string, number>,
    answers: JSON.parse(answersJson) as string[],
  };
}

export function toRun({ metadataJson, kwargsJson, errorText, errorType, ...outline }: WholeRow): Run {
  return {
    ...toOutline(outline),
    metadata: JSON.parse(metadataJson) as Record<string, unknown>,
    kwargs: JSON.parse(kwargsJson) as RunKwargs,
    error: errorText === null ? null : { message: errorText, type: errorType },
  };
}
