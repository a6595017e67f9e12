import type { EventDraft } from '../storage/log/event-draft.js';
import type { RunOutline } from '../storage/rows/run.js';

/** How a run ends; `completed` also when nothing was left to do. */
export type Terminal = 'completed' | 'failed' | 'interrupted';

/** The server owns the root lifecycle: `running` when a run really starts, and one terminal per accepted run. */
export function rootLifecycle(
  run: Pick<RunOutline, 'runId' | 'graphId'>,
  event: 'running' | Terminal,
  extra: Record<string, unknown> = {},
): EventDraft {
  return {
    method: 'lifecycle',
    namespace: [],
    data: JSON.stringify({ event, graph_name: run.graphId, ...extra }),
    runId: run.runId,
    at: Date.now(),
  };
}
