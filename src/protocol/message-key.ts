import type { Namespace } from './namespace.js';

/**
 * Which message an event of channel `messages` belongs to: only its start has the id, and several may be open at once
 * (docs/event-stream.md, messages).
 * @param namespace as it is, or as its JSON text: one of the two for all events that are compared
 */
export function messageKey(namespace: Namespace | string, node: string | null | undefined, runId: unknown): string {
  return JSON.stringify([namespace, node ?? null, runId ?? null]);
}
