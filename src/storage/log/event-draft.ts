import type { Namespace } from '../../protocol/namespace.js';

/**
 * Kinds of rows: only `protocol` rows are events of the Agent Protocol; the others are kept beside them. `session` rows
 * are what clients of the session API sent, or did to a session; their channel is `session`, which no stream of the
 * protocol can ask for. `frame` rows are what the streams of REST runs need of a run and its events do not say
 * (src/projections/run-frames/); their channel is `frame`.
 */
export const ROW_KIND = { protocol: 0, session: 1, frame: 2 } as const;

export type RowKind = (typeof ROW_KIND)[keyof typeof ROW_KIND];

/** The channel of `session` rows. */
export const SESSION_CHANNEL = 'session';

/** The channel of `frame` rows. */
export const FRAME_CHANNEL = 'frame';

/** The channel of rows that are not of the protocol. */
export const CHANNEL_OF_KIND: Readonly<Record<number, string>> = {
  [ROW_KIND.session]: SESSION_CHANNEL,
  [ROW_KIND.frame]: FRAME_CHANNEL,
};

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
  /** `ROW_KIND.protocol` unless given. */
  readonly kind?: RowKind;
  /** Marks an event that a stream without cursor skips (docs/event-stream.md, Replay). */
  readonly cursorOnly?: boolean;
}

/** Roughly what a draft costs while it waits, in bytes. */
export function draftBytes(draft: EventDraft): number {
  return draft.data.length + 256;
}
