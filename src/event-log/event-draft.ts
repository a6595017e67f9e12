import type { Namespace } from '../protocol/namespace.js';

/** Kinds of rows: only `protocol` rows are events of the Agent Protocol; the others are kept beside them. */
export const ROW_KIND = { protocol: 0 } as const;

/** An event as a producer hands it in: everything but its place in the log. `data` is JSON text. */
export interface EventDraft {
  readonly method: string;
  readonly namespace: Namespace;
  readonly node?: string;
  readonly data: string;
  /** The name of a named `custom` event, `NODE_NAMESPACE` for the lifecycle of a mere node, else absent. */
  readonly name?: string | null;
  readonly runId: string | null;
  /** Epoch ms at which it was produced; the stored timestamp is never below it, nor below the thread's last one. */
  readonly at: number;
  /** Marks an event that a stream without cursor skips (docs/event-stream.md, Replay). */
  readonly cursorOnly?: boolean;
}

/** Roughly what a draft costs while it waits, in bytes. */
export function draftBytes(draft: EventDraft): number {
  return draft.data.length + 256;
}
