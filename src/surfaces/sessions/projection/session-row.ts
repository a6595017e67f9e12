import { ROW_KIND } from '../../../storage/event-draft.js';
import type { LogEvent } from '../../../storage/log-event.js';

/** The channels that the events of a session are made from. */
export const SESSION_CHANNELS = ['lifecycle', 'messages', 'tools', 'input', 'session'] as const;

/** A row of the log, read. */
export interface SessionLogRow {
  readonly seq: number;
  /** What a client sent or did to the session, and not an event of the protocol. */
  readonly isInbound: boolean;
  readonly method: string;
  readonly namespace: readonly string[];
  readonly node: string | null;
  /** Epoch ms. */
  readonly at: number;
  readonly runId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

const DELTA = '"data":{"event":"content-block-delta"';

/** Whether it is a piece of a message: nothing that is kept is made from it, so that a replay need not read it. */
export function isDelta({ channel, envelope }: LogEvent): boolean {
  return channel === 'messages' && envelope.includes(DELTA);
}

/** Parses a row of one of the channels above. */
export function readRow({ seq, kind, method, runId, envelope }: LogEvent): SessionLogRow {
  const { params } = JSON.parse(envelope) as {
    params: { namespace: string[]; node?: string; timestamp: number; data: unknown };
  };
  return {
    seq, method, runId, isInbound: kind === ROW_KIND.session, namespace: params.namespace, node: params.node ?? null,
    at: params.timestamp, data: objectOf(params.data),
  };
}

/** The value if it is an object, else one without fields. */
export function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
