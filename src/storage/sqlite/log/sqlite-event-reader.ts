import { Inject, Injectable } from '@nestjs/common';
import { Settings } from '../../../config/settings.js';
import { Database } from '../database.js';
import { CHANNEL_OF_KIND, ROW_KIND } from '../../log/event-draft.js';
import {
  type EventPage, EventReader, type LifecycleRow, type ReadRequest, type RunEvent, type RunStart,
} from '../../log/event-reader.js';
import type { LogEvent } from '../../log/log-event.js';

type Row = [
  seq: number, channel: string, method: string | null, name: string | null, namespace: string, runId: string | null,
  envelope: string, cursorOnly: number, kind: number,
];

const OTHER_CHANNELS = Object.values(CHANNEL_OF_KIND)
  .map((channel) => `'${channel}'`)
  .join(', ');

/** What a frame adds to an envelope at most: the names of its fields, the method, the seq. */
const FRAMING_BYTES = 64;

/** Events of a run that are read at once. */
const RUN_PAGE_ROWS = 500;

/** Reads the log from both tables of events. Every read is one synchronous statement. */
@Injectable()
export class SqliteEventReader extends EventReader {
  private readonly range;
  private readonly keys;
  private readonly one;
  private readonly lowest;
  private readonly lifecycle;
  private readonly runStart;
  private readonly ofRun;

  constructor(
    database: Database,
    @Inject(Settings) private readonly settings: Pick<Settings, 'READ_PAGE_ROWS'>,
  ) {
    super();
    const select = (envelope: string): string => `SELECT seq, channel, method, name, namespace, run_id, ${envelope},
      cursor_only, kind FROM log_events WHERE thread_key = ? AND seq > ? AND seq <= ?
      AND (kind = ${ROW_KIND.protocol} OR channel IN (${OTHER_CHANNELS})) AND channel IN (SELECT value FROM json_each(?)) ORDER BY seq`;
    this.range = database.handle.prepare<[number, number, number, string]>(select('envelope')).raw();
    this.keys = database.handle.prepare<[number, number, number, string]>(select("''")).raw();
    this.lifecycle = database.handle
      .prepare<[string, number], string>(
        `SELECT envelope FROM log_events WHERE run_id = ? AND channel = 'lifecycle' AND thread_key = ? ORDER BY seq`,
      )
      .pluck();
    this.runStart = database.handle.prepare<[string, number], RunStart>(
      `SELECT seq, timestamp FROM log_events WHERE run_id = ? AND channel = 'lifecycle' AND thread_key = ? ORDER BY seq LIMIT 1`,
    );
    this.one = database.handle
      .prepare<[number, number], string>('SELECT envelope FROM log_events WHERE thread_key = ? AND seq = ?')
      .pluck();
    this.lowest = database.handle
      .prepare<[number, number], number>(
        'SELECT seq FROM log_events WHERE thread_key = ? AND seq > ? ORDER BY seq LIMIT 1',
      )
      .pluck();
    this.ofRun = database.handle.prepare<[number, number, string, number], RunEvent>(
      `SELECT seq, channel, namespace, timestamp, envelope FROM log_events WHERE thread_key = ? AND seq >= ? AND run_id = ?
         AND channel IN ('messages', 'tools', 'lifecycle', 'checkpoints') ORDER BY seq LIMIT ?`,
    );
  }

  override readPage(request: ReadRequest): EventPage {
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

  override count({
    threadKey,
    after,
    through,
    filter,
  }: Omit<ReadRequest, 'maxBytes' | 'skipCursorOnlyThrough'>): number {
    let count = 0;
    for (const row of this.keys.iterate(threadKey, after, through, filter.channelsJson) as IterableIterator<Row>) {
      if (filter.matches(toEvent(row))) count += 1;
    }
    return count;
  }

  override lifecycleOf(threadKey: number, runId: string): LifecycleRow[] {
    return this.lifecycle
      .all(runId, threadKey)
      .map((envelope) => (JSON.parse(envelope) as { params: LifecycleRow }).params);
  }

  override lowestSeq(threadKey: number, after: number): number | null {
    return this.lowest.get(threadKey, after) ?? null;
  }

  override runStartOf(threadKey: number, runId: string): RunStart | null {
    return this.runStart.get(runId, threadKey) ?? null;
  }

  override envelopeAt(threadKey: number, seq: number): string | null {
    return this.one.get(threadKey, seq) ?? null;
  }

  override eventsOfRun(threadKey: number, runId: string, fromSeq: number): RunEvent[] {
    return this.ofRun.all(threadKey, fromSeq, runId, RUN_PAGE_ROWS);
  }
}

function toEvent([seq, channel, method, name, namespace, runId, envelope, cursorOnly, kind]: Row): LogEvent {
  return {
    seq, kind, channel, method: method ?? channel, name, namespace, runId,
    cursorOnly: cursorOnly === 1, envelope,
  };
}
