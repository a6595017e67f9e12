import type { Awaitable } from '../awaitable.js';
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

/** A stored event of a run, as the end of a lost attempt needs it; `timestamp` in epoch ms. */
export interface RunEvent {
  readonly seq: number;
  readonly channel: string;
  readonly namespace: string;
  readonly timestamp: number;
  readonly envelope: string;
}

/** Reads the log in bounded pages, without parsing an event. */
export abstract class EventReader {
  /** One page. It looks at READ_PAGE_ROWS seqs at most, so that a filter that matches little cannot hold the loop. */
  abstract readPage(request: ReadRequest): Awaitable<EventPage>;

  /** How many events of the range the filter matches. */
  abstract count(range: Omit<ReadRequest, 'maxBytes' | 'skipCursorOnlyThrough'>): Awaitable<number>;

  /** The lifecycle of one run, in seq order. */
  abstract lifecycleOf(threadKey: number, runId: string): Awaitable<LifecycleRow[]>;

  /** The lowest stored seq above `after`, or null when there is none. */
  abstract lowestSeq(threadKey: number, after: number): Awaitable<number | null>;

  /** A run's first event, its `running`; null before that, and when it is not kept any more. */
  abstract runStartOf(threadKey: number, runId: string): Awaitable<RunStart | null>;

  /** The stored envelope of one event, or null when there is no such row. */
  abstract envelopeAt(threadKey: number, seq: number): Awaitable<string | null>;

  /** Messages, tools, lifecycle and checkpoints of a run from a seq on, in seq order, a bounded page at a time. */
  abstract eventsOfRun(threadKey: number, runId: string, fromSeq: number): Awaitable<RunEvent[]>;
}
