import type { ThreadHead } from '../../storage/log/thread-head.js';
import { SEQ_BEFORE_FIRST } from '../../storage/log/thread-head.js';
import type { EventFilter } from '../../protocol/event-filter.js';
import { seqOfCursor } from '../../protocol/envelope.js';

/** Where a stream starts: it gets events above `cursor`. */
export interface StreamStart {
  readonly cursor: number;
  /** Events up to this seq that are marked `cursor_only` are left out. */
  readonly skipCursorOnlyThrough: number;
  /**
   * Events that the cursor asked for and that are not there any more, at least; above 0 the cursor could not be
   * honoured and the answer says so (docs/event-stream.md, Signs of loss).
   */
  readonly missedEvents: number;
}

/** A cursor as a client gave it: a seq, or an event_id. */
export type GivenCursor = { readonly seq: number } | { readonly eventId: string };

const WATCHED: ReadonlySet<string> = new Set(['lifecycle', 'input']);

/** Reads a header or body cursor: a bare number is a seq, all else an event_id. */
export function parseCursor(text: string): GivenCursor {
  return /^\d{1,15}$/.test(text) ? { seq: Number(text) } : { eventId: text };
}

/** Where removal stood: below `oldestSeq` only the snapshot is left, up to `compactedThroughSeq` not every event. */
export type Removed = Pick<ThreadHead, 'oldestSeq' | 'compactedThroughSeq'>;

/**
 * Where a stream starts, and what of the thread had been removed when that was decided: its reader was told no more.
 */
export interface Admission extends StreamStart {
  readonly removed: Removed;
}

/** What was removed of a thread that was never seen. */
export const NOTHING_REMOVED: Removed = { oldestSeq: SEQ_BEFORE_FIRST + 1, compactedThroughSeq: 0 };

/** Every event above this seq is there. */
export function completeAbove({ oldestSeq, compactedThroughSeq }: Removed): number {
  return Math.max(oldestSeq - 1, compactedThroughSeq);
}

/**
 * Where a stream with a cursor starts. One that cannot be honoured gets the sign of loss: below the oldest kept event
 * the snapshot and what is kept; above the head, or with an event_id that is not the one of its row, the same; within
 * what was compacted the kept events above it.
 * @param eventIdAt the event_id stored at a seq, or null
 * @param lowestSeq the thread's lowest stored seq, where the snapshot starts; null when it has no row
 */
export function startAfter(
  given: GivenCursor,
  head: ThreadHead | null,
  eventIdAt: (seq: number) => string | null,
  lowestSeq: () => number | null = () => null,
): StreamStart {
  const seq = 'seq' in given ? given.seq : seqOfCursor(given.eventId);
  const lastSeq = head?.lastSeq ?? SEQ_BEFORE_FIRST;
  const removed = head ?? NOTHING_REMOVED;
  const everything = (missedEvents: number): StreamStart => ({
    cursor: Math.min(lowestSeq() ?? lastSeq + 1, removed.oldestSeq) - 1, skipCursorOnlyThrough: 0, missedEvents,
  });
  if (seq === null || seq > lastSeq) return everything(1);
  if ('eventId' in given && eventIdAt(seq) !== given.eventId) return everything(1);
  const cursor = Math.max(seq, SEQ_BEFORE_FIRST);
  const missedEvents = Math.max(completeAbove(removed) - cursor, 0);
  return cursor < removed.oldestSeq - 1 ? everything(missedEvents) : { cursor, skipCursorOnlyThrough: 0, missedEvents };
}

/** True when events above an open reader's cursor were removed since it was admitted, so that it must not read on. */
export function isCursorLost(cursor: number, admitted: Removed, now: Removed): boolean {
  const trimmed = now.oldestSeq > admitted.oldestSeq && cursor < now.oldestSeq - 1;
  const compacted = now.compactedThroughSeq > admitted.compactedThroughSeq && cursor < now.compactedThroughSeq;
  return trimmed || compacted;
}

/**
 * Where a stream without a cursor starts: at the newest run's first event, so that no end from before the thread was
 * last idle is replayed. A watcher (only `lifecycle` and `input`) of an idle thread starts at the head, unless a run
 * was accepted less than `graceMs` ago (docs/event-stream.md, Replay).
 */
export function startWithoutCursor(
  filter: EventFilter,
  head: ThreadHead | null,
  now: number,
  graceMs: number,
): StreamStart {
  if (!head) return { cursor: SEQ_BEFORE_FIRST, skipCursorOnlyThrough: 0, missedEvents: 0 };
  const idle = head.openRuns === 0 && head.openInterrupts === 0 && now - head.lastAcceptedAt > graceMs;
  const cursor = idle && filter.asksOnlyFor(WATCHED) ? head.lastSeq : head.replayFromSeq - 1;
  return { cursor, skipCursorOnlyThrough: head.lastSeq, missedEvents: 0 };
}

/** The cursor of a request: `since`, or else `since_event_id`, or else the header `Last-Event-ID`. */
export function givenCursor(
  body: { since?: number | null; since_event_id?: string | null },
  lastEventId: string | undefined,
): GivenCursor | null {
  if (typeof body.since === 'number') return { seq: body.since };
  if (typeof body.since_event_id === 'string') return parseCursor(body.since_event_id);
  return lastEventId ? parseCursor(lastEventId) : null;
}
