import { type EventDraft, ROW_KIND } from '../../../storage/log/event-draft.js';
import { stateJson } from '../../../graphs/state-json.js';

/** Takes rows of the kind `frame` of one attempt. */
export type FrameWriter = (method: string, namespace: readonly string[], data: unknown) => void;

/**
 * Makes rows for the streams of REST runs of what the events of the protocol do not say. What has no JSON form is left
 * out of the row: a run never fails for the sake of them.
 */
export function frameWriter(runId: string, write: (draft: EventDraft) => void): FrameWriter {
  return (method, namespace, data) =>
    write({ kind: ROW_KIND.frame, method, namespace, data: textOf(data), runId, at: Date.now() });
}

function textOf(data: unknown): string {
  try {
    return stateJson(data);
  } catch (error) {
    return JSON.stringify({ unserializable: error instanceof Error ? error.message : String(error) });
  }
}
