import type { RecordedDraft } from './event-drafts.js';
import type { Stage } from './stages.js';

/**
 * Holds a `checkpoints` event until the next event of the run, its `values`: both go on as one batch, which is one
 * commit, and share a timestamp.
 */
export class CheckpointPairs implements Stage<RecordedDraft, readonly RecordedDraft[]> {
  private held: RecordedDraft | null = null;

  pass(draft: RecordedDraft, next: (batch: readonly RecordedDraft[]) => void): void {
    const { held } = this;
    const isCheckpoint = draft.method === 'checkpoints';
    this.held = isCheckpoint ? draft : null;
    if (!held) {
      if (!isCheckpoint) next([draft]);
    } else if (isCheckpoint) {
      next([held]);
    } else if (draft.interrupt) {
      next([held]);
      next([draft]);
    } else {
      next([{ ...held, at: Math.max(held.at, draft.at) }, draft]);
    }
  }

  rest(next: (batch: readonly RecordedDraft[]) => void): void {
    if (this.held) next([this.held]);
    this.held = null;
  }
}
