import type { CommitUnit } from '../storage/log/commit-unit.js';
import { type EventDraft, draftBytes } from '../storage/log/event-draft.js';

/** A unit that waits for its commit. */
export interface FlushUnit extends CommitUnit {
  readonly bytes: number;
  /** Waits while the database cannot write; otherwise it is refused, having changed nothing. */
  readonly waits: boolean;
  /** Null when nobody waits for it. */
  readonly resolve: ((value: unknown) => void) | null;
  readonly reject: (error: unknown) => void;
}

/** Bytes that the drafts hold in memory. */
export function bytesOf(drafts: readonly EventDraft[]): number {
  let bytes = 0;
  for (const draft of drafts) bytes += draftBytes(draft);
  return bytes;
}
