export type ThreadStatus = 'idle' | 'busy' | 'interrupted' | 'error';
export type Metadata = Record<string, unknown>;

/** A thread without its metadata and config; times are epoch milliseconds. */
export interface ThreadOutline {
  readonly threadId: string;
  readonly owner: string | null;
  readonly status: ThreadStatus;
  /** `metadata.graph_id`, which binds the thread to a graph, and `metadata.assistant_id`, where they are strings. */
  readonly graphId: string | null;
  readonly assistantId: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** When the newest checkpoint was made, as far as the server knows. */
  readonly stateUpdatedAt: number;
}

export interface ThreadRow extends ThreadOutline {
  readonly metadata: Metadata;
  readonly config: Record<string, unknown>;
  /** Why the last run failed; null unless it did. */
  readonly error: string | null;
}

/** A thread's metadata as it is stored: its text, and what is read from it for decisions. */
export interface StoredMetadata extends Pick<ThreadOutline, 'graphId' | 'assistantId'> {
  readonly metadataJson: string;
}
