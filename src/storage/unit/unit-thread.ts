import type { StoredMetadata, ThreadOutline, ThreadStatus } from '../rows/thread.js';
import type { NewThreadRow, RowChange } from './row-change.js';
import type { UnitSource } from './unit-source.js';

/** The row of a unit's thread. */
export class UnitThread {
  private row: ThreadOutline | null | undefined;
  private ownMetadata: string | null | undefined;

  constructor(
    private readonly threadId: string,
    private readonly source: UnitSource,
    private readonly changes: RowChange[],
  ) {}

  /** Without what can be large; null when there is no thread. */
  get outline(): ThreadOutline | null {
    if (this.row === undefined) this.row = this.source.thread();
    return this.row;
  }

  /** JSON text; null when there is no thread. */
  get metadataJson(): string | null {
    if (this.ownMetadata === undefined) this.ownMetadata = this.source.threadMetadata();
    return this.ownMetadata;
  }

  /** Makes an idle thread unless there is one. Returns whether it was made. */
  insertIfAbsent(thread: NewThreadRow): boolean {
    if (this.outline) return false;
    const { owner, graphId, assistantId, metadataJson, now } = thread;
    this.row = {
      threadId: this.threadId,
      owner,
      graphId,
      assistantId,
      status: 'idle',
      createdAt: now,
      updatedAt: now,
      stateUpdatedAt: now,
    };
    this.ownMetadata = metadataJson;
    this.changes.push({ kind: 'thread.insert', thread });
    return true;
  }

  /** Sets the status, and with it the error of the last run: none unless given. */
  setStatus(status: ThreadStatus, now: number, error: string | null = null): void {
    if (!this.outline) return;
    this.row = { ...this.outline, status, updatedAt: now };
    this.changes.push({ kind: 'thread.status', status, error, now });
  }

  setMetadata(metadata: StoredMetadata, now: number): void {
    if (!this.outline) return;
    const { graphId, assistantId, metadataJson } = metadata;
    this.row = { ...this.outline, graphId, assistantId, updatedAt: now };
    this.ownMetadata = metadataJson;
    this.changes.push({ kind: 'thread.metadata', metadata, now });
  }

  /** It goes by itself some time after its run has ended. */
  makeTemporary(): void {
    this.changes.push({ kind: 'thread.temporary' });
  }

  /** Notes that the thread has a new checkpoint. */
  touchState(now: number): void {
    if (!this.outline) return;
    this.row = { ...this.outline, stateUpdatedAt: now, updatedAt: now };
    this.changes.push({ kind: 'thread.state', now });
  }
}
