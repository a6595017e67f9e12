import { fieldsOf } from '../protocol/fields-of.js';
import type { Namespace } from '../protocol/namespace.js';
import type { LogEvent } from '../storage/log/log-event.js';

/** A row of the log, read: what projections are made from. */
export interface LogRow {
  readonly seq: number;
  /** One of `ROW_KIND`. */
  readonly kind: number;
  readonly method: string;
  readonly namespace: Namespace;
  readonly node: string | null;
  /** Epoch ms. */
  readonly at: number;
  readonly runId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Parses a row of the log. */
export function readRow({ seq, kind, method, runId, envelope }: LogEvent): LogRow {
  const { params } = JSON.parse(envelope) as {
    params: { namespace: string[]; node?: string; timestamp: number; data: unknown };
  };
  const { namespace, node, timestamp, data } = params;
  return { seq, kind, method, runId, namespace, node: node ?? null, at: timestamp, data: fieldsOf(data) };
}
