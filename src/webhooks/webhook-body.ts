import { runJson } from '../projections/run-json.js';
import type { Run, RunError, RunStatus } from '../storage/rows/run.js';

/** How a run ended, for those who are told. Times in epoch ms. */
export interface ToldEnd {
  readonly status: RunStatus;
  readonly error: RunError | null;
  /** Null for a run that never started. */
  readonly startedAt: number | null;
  readonly endedAt: number;
  /** The thread's values when the run ended, as JSON text; null when they could not be read. */
  readonly valuesJson: string | null;
}

/** What is sent of a run that has ended, as JSON text; the time of sending is added to it. */
export function webhookBody(run: Run, { status, error, startedAt, endedAt, valuesJson }: ToldEnd): string {
  const text = JSON.stringify({
    ...runJson({ ...run, status, error, updatedAt: endedAt }),
    error: error === null ? null : { error: error.type ?? 'Error', message: error.message },
    run_started_at: startedAt === null ? null : new Date(startedAt).toISOString(),
    run_ended_at: new Date(endedAt).toISOString(),
  });
  return `${text.slice(0, -1)},"values":${valuesJson ?? 'null'}}`;
}
