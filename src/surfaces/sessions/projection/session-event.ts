import type { SessionThreadId } from './session-ids.js';

/** An event as clients read it; the fields beyond these depend on `type` (docs/sessions.md, Events). */
export interface SessionEvent {
  readonly id: string;
  readonly type: string;
  /** ISO time; null while what a client sent waits for its turn. */
  readonly processed_at: string | null;
  readonly [field: string]: unknown;
}

export type StopReason =
  | { readonly type: 'end_turn' | 'retries_exhausted' | 'archive' }
  | { readonly type: 'requires_action'; readonly event_ids: readonly string[] };

/** A block of content; text is the only kind that graphs give rise to. */
export interface TextBlock {
  readonly type: 'text';
  readonly text: string;
}

/** An event with what a view needs to know of it. */
export interface ProjectedEvent {
  readonly event: SessionEvent;
  /** The session thread that it belongs to. */
  readonly thread: SessionThreadId;
  readonly isPrimary: boolean;
  /** Of a child, and shown on a condensed stream of the session all the same. */
  readonly condensed: boolean;
  /** Seq of the row it was made from, and that row's time in epoch ms. */
  readonly seq: number;
  readonly at: number;
  readonly runId: string | null;
  /** Fields that only some profiles show. */
  readonly extra: Readonly<Record<string, unknown>>;
}

/** What is sent on live streams alone, to whoever asked for `event_deltas[]`; it has no id and is not kept. */
export interface EventPreview {
  readonly thread: SessionThreadId;
  readonly isPrimary: boolean;
  /** The event that it is a part of. */
  readonly eventId: string;
  readonly previewOf: 'agent.message' | 'agent.thinking';
  readonly body: { readonly type: 'event_start' | 'event_delta'; readonly [field: string]: unknown };
}
