import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Database } from '../database/database.js';
import { ROW_KIND, SESSION_CHANNEL } from './event-draft.js';
import type { LogEvent } from './log-event.js';

/** Which events a reader wants; `channelsJson` is a JSON array of the channels to look at. */
export interface ReadFilter {
  readonly channelsJson: string;
  matches(event: LogEvent): boolean;
}

/** What to read: rows with `after < seq <= through` that the filter matches. */
export interface ReadRequest {
  readonly threadKey: number;
  readonly after: number;
  readonly through: number;
  readonly filter: ReadFilter;
  /** Bytes of UTF-8, framed, to stop at; the first event is returned whatever its size. */
  readonly maxBytes: number;
  /** Rows up to this seq that are marked `cursor_only` are left out; 0 leaves out none. */
  readonly skipCursorOnlyThrough: number;
}

/** Events in seq order; every matching row up to `through` has been considered. */
export interface EventPage {
  readonly events: LogEvent[];
  readonly through: number;
}

/** A lifecycle event of a run, with the part of its data that says what happened. */
export interface LifecycleRow {
  readonly namespace: readonly string[];
  readonly data: { readonly event: string; readonly graph_name?: string };
}

/** Where and when (epoch ms) a run started. */
export interface RunStart {
  readonly seq: number;
  readonly timestamp: number;
}

type Row = [
  seq: number, channel: string, method: string | null, name: string | null, namespace: string, runId: string | null,
  envelope: string, cursorOnly: number, kind: number,
];

/** What a frame adds to an envelope at most: the names of its fields, the method, the seq. */
const FRAMING_BYTES = 64;

/** Reads the log in bounded pages, without parsing an event. Every read is one synchronous statement. */
@Injectable()
export class EventReader {
  private readonly range;
  private readonly keys;
  private readonly one;
  private readonly lowest;
  private readonly lifecycle;
  private readonly runStart;

  constructor(database: Database, private readonly settings: Settings) {
    const select = (envelope: string): string => `SELECT seq, channel, method, name, namespace, run_id, ${envelope},
      cursor_only, kind FROM log_events WHERE thread_key = ? AND seq > ? AND seq <= ?
      AND (kind = ${ROW_KIND.protocol} OR channel = '${SESSION_CHANNEL}') AND channel IN (SELECT value FROM json_each(?)) ORDER BY seq`;
    this.range = database.handle.prepare<[number, number, number, string]>(select('envelope')).raw();
    this.keys = database.handle.prepare<[number, number, number, string]>(select("''")).raw();
    this.lifecycle = database.handle
      .prepare<[string, number], string>(
        `SELECT envelope FROM log_events WHERE run_id = ? AND channel = 'lifecycle' AND thread_key = ? ORDER BY seq`,
      )
      .pluck();
    this.runStart = database.handle
      .prepare<[string, number], RunStart>(
        `SELECT seq, timestamp FROM log_events WHERE run_id = ? AND channel = 'lifecycle' AND thread_key = ? ORDER BY seq LIMIT 1`,
      );
    this.one = database.handle
      .prepare<[number, number], string>('SELECT envelope FROM log_events WHERE thread_key = ? AND seq = ?')
      .pluck();
    this.lowest = database.handle
      .prepare<[number, number], number>('SELECT seq FROM log_events WHERE thread_key = ? AND seq > ? ORDER BY seq LIMIT 1')
      .pluck();
  }

  /** One page. It looks at READ_PAGE_ROWS seqs at most, so that a filter that matches little cannot hold the loop. */
  readPage(request: ReadRequest): EventPage {
    const { threadKey, after, filter, maxBytes } = request;
    const through = Math.min(request.through, after + this.settings.READ_PAGE_ROWS);
    const events: LogEvent[] = [];
    let bytes = 0;
    for (const row of this.range.iterate(threadKey, after, through, filter.channelsJson) as IterableIterator<Row>) {
      const event = toEvent(row);
      if (!filter.matches(event)) continue;
      if (event.cursorOnly && event.seq <= request.skipCursorOnlyThrough) continue;
      events.push(event);
      bytes += Buffer.byteLength(event.envelope) + FRAMING_BYTES;
      if (bytes >= maxBytes) return { events, through: event.seq };
    }
    return { events, through };
  }

  /** How many events of the range the filter matches. */
  count({ threadKey, after, through, filter }: Omit<ReadRequest, 'maxBytes' | 'skipCursorOnlyThrough'>): number {
    let count = 0;
    for (const row of this.keys.iterate(threadKey, after, through, filter.channelsJson) as IterableIterator<Row>) {
      if (filter.matches(toEvent(row))) count += 1;
    }
    return count;
  }

  /** The lifecycle of one run, in seq order. */
  lifecycleOf(threadKey: number, runId: string): LifecycleRow[] {
    return this.lifecycle
      .all(runId, threadKey)
      .map((envelope) => (JSON.parse(envelope) as { params: LifecycleRow }).params);
  }

  /** The lowest stored seq above `after`, or null when there is none. */
  lowestSeq(threadKey: number, after: number): number | null {
    return this.lowest.get(threadKey, after) ?? null;
  }

  /** A run's first event, its `running`; null before that, and when it is not kept any more. */
  runStartOf(threadKey: number, runId: string): RunStart | null {
    return this.runStart.get(runId, threadKey) ?? null;
  }

  /** The stored envelope of one event, or null when there is no such row. */
  envelopeAt(threadKey: number, seq: number): string | null {
    return this.one.get(threadKey, seq) ?? null;
  }
}

function toEvent([seq, channel, method, name, namespace, runId, envelope, cursorOnly, kind]: Row): LogEvent {
  return {
    seq, kind, channel, method: method ?? channel, name, namespace, runId,
    cursorOnly: cursorOnly === 1, envelope,
  };
}
