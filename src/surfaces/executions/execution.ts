import type { Run } from '../../storage/rows/run.js';

const PREFIX = 'exec-';

/** `blocked` waits for an answer, which a run of its own gives; the last four are final. */
export type ExecutionStatus = 'pending' | 'running' | 'completed' | 'blocked' | 'failed' | 'cancelled';

/** An execution as the API gives it; times are ISO 8601. */
export interface ExecutionJson {
  readonly id: string;
  readonly status: ExecutionStatus;
  /** As it was asked for: a graph id or an assistant id. */
  readonly patternName: string;
  readonly input: unknown;
  /** The LangGraph thread, for the other surfaces. */
  readonly threadId: string;
  readonly runId: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** An execution is a run: `exec-<run id>`. */
export function executionId(runId: string): string {
  return `${PREFIX}${runId}`;
}

/** The run of an execution id; the bare run id will do. */
export function runIdOf(id: string): string {
  return id.startsWith(PREFIX) ? id.slice(PREFIX.length) : id;
}

/** @param isBlocked whether the run ended because somebody has to answer */
export function executionJson(run: Run, isBlocked: boolean): ExecutionJson {
  return {
    id: executionId(run.runId),
    status: isBlocked ? 'blocked' : statusOf(run),
    patternName: run.assistantId,
    input: run.kwargs.input ?? null,
    threadId: run.threadId,
    runId: run.runId,
    createdAt: new Date(run.createdAt).toISOString(),
    updatedAt: new Date(run.updatedAt).toISOString(),
  };
}

function statusOf({ status }: Run): ExecutionStatus {
  switch (status) {
    case 'pending':
    case 'running':
      return status;
    case 'success':
      return 'completed';
    case 'interrupted':
      return 'cancelled';
    case 'error':
    case 'timeout':
      return 'failed';
  }
}
