import type { RunOutline } from '../../../../storage/rows/run.js';

/** The path of a run; `Location` is a path, so that a client behind a proxy stays behind it. */
export function runPath({ threadId, runId }: Pick<RunOutline, 'threadId' | 'runId'>): string {
  return `/threads/${encodeURIComponent(threadId)}/runs/${runId}`;
}

/**
 * `Content-Location` names the run, `Location` where its stream is resumed.
 * @param isTemporary its thread is nobody's to use: only the run is named
 */
export function runHeaders(
  run: Pick<RunOutline, 'threadId' | 'runId'>, isTemporary = false, resumedAt = 'stream',
): Record<string, string> {
  return {
    'content-location': isTemporary ? `/runs/${run.runId}` : runPath(run),
    location: `${runPath(run)}/${resumedAt}`,
  };
}
