import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { EventLog } from '../event-log/event-log.js';
import type { Metadata, StoredMetadata } from '../storage/rows/thread.js';
import type { ThreadUnit } from '../storage/unit/thread-unit.js';
import { metadataText } from './metadata-text.js';

/** A thread to be made; `now` in epoch ms. */
export interface NewThread {
  readonly owner: string | null;
  readonly metadata?: Metadata;
  readonly config?: Record<string, unknown>;
  readonly now: number;
}

/** Makes threads and changes their metadata. */
@Injectable()
export class ThreadMetadata {
  constructor(private readonly log: EventLog, private readonly settings: Settings) {}

  /** `insertIfAbsent` in a commit of its own. @throws StorageUnavailableError */
  make(threadId: string, thread: NewThread): Promise<boolean> {
    return this.log.transact(threadId, (unit) => this.insertIfAbsent(unit, thread), { waits: false });
  }

  /** Takes back a thread that could not be made whole; its head stays. */
  unmake(threadId: string): Promise<void> {
    return this.log.transact(threadId, (unit) => unit.removeRows(), { waits: true });
  }

  /** `merge` in a commit of its own. @throws StorageUnavailableError */
  patch(threadId: string, metadata: Metadata): Promise<void> {
    return this.log.transact(threadId, (unit) => this.merge(unit, metadata, Date.now()), { waits: false });
  }

  /**
   * Makes an idle thread unless there is one. @returns whether it was made
   * @throws LimitExceededError for metadata above MAX_METADATA_BYTES
   */
  insertIfAbsent({ thread }: ThreadUnit, { owner, metadata = {}, config = {}, now }: NewThread): boolean {
    return thread.insertIfAbsent({ owner, ...this.stored(metadata), configJson: JSON.stringify(config), now });
  }

  /**
   * Replaces the top-level keys of the metadata that `patch` names; the others stay.
   * @throws LimitExceededError when it would grow above MAX_METADATA_BYTES
   */
  merge({ thread }: ThreadUnit, patch: Metadata, now: number): void {
    const { metadataJson } = thread;
    if (metadataJson === null) return;
    const merged = { ...(JSON.parse(metadataJson) as Metadata), ...patch };
    thread.setMetadata(this.stored(merged, Buffer.byteLength(metadataJson)), now);
  }

  private stored(metadata: Metadata, formerBytes = 0): StoredMetadata {
    const { graph_id: graphId, assistant_id: assistantId } = metadata;
    return {
      metadataJson: metadataText(metadata, this.settings, formerBytes),
      graphId: typeof graphId === 'string' ? graphId : null,
      assistantId: typeof assistantId === 'string' ? assistantId : null,
    };
  }
}
