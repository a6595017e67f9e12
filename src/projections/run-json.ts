import type { Run } from '../storage/rows/run.js';

/** A run as the REST API and webhooks give it; times are ISO 8601. */
export interface RunJson {
  readonly run_id: string;
  readonly thread_id: string;
  readonly assistant_id: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly status: Run['status'];
  readonly metadata: Record<string, unknown>;
  readonly kwargs: Record<string, unknown>;
  readonly multitask_strategy: Run['multitaskStrategy'];
  readonly cancel_reason?: string;
  /** Why it failed, and the name of the error's class. */
  readonly error?: string;
  readonly error_type?: string;
}

/** The fields of a run, or those of them that `select` names. */
export function runJson(run: Run, select: readonly string[] = []): Partial<RunJson> {
  const { input, config, context, command } = run.kwargs;
  const json: RunJson = {
    run_id: run.runId,
    thread_id: run.threadId,
    assistant_id: run.assistantId,
    created_at: new Date(run.createdAt).toISOString(),
    updated_at: new Date(run.updatedAt).toISOString(),
    status: run.status,
    metadata: run.metadata,
    kwargs: { input, config, context, command },
    multitask_strategy: run.multitaskStrategy,
    ...(run.cancelReason === null ? {} : { cancel_reason: run.cancelReason }),
    ...(run.error && { error: run.error.message }),
    ...(run.error?.type && { error_type: run.error.type }),
  };
  if (select.length === 0) return json;
  return Object.fromEntries(Object.entries(json).filter(([field]) => select.includes(field)));
}
