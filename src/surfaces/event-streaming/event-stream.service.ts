import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { EventLog } from '../../event-log/event-log.js';
import { type EventPage, EventReader, type ReadFilter } from '../../storage/log/event-reader.js';
import type { EventBatch } from '../../event-log/event-batch.js';
import type { ThreadHead } from '../../storage/log/thread-head.js';
import { ThreadSubjects } from '../../event-log/thread-subjects.js';
import type { EventFilter } from '../../protocol/event-filter.js';
import { type Awaitable, whenReady } from '../../storage/awaitable.js';
import { seqOfCursor } from '../../protocol/envelope.js';
import { CursorLostError } from '../../delivery/cursor-lost-error.js';
import type { Chunk, FollowSource, LiveBatch, ReadResult } from '../../delivery/follow.js';
import { type NamespaceView, inView, matchesInView } from './namespace-view.js';
import { sseChunk, sseChunkOf } from './sse-frame.js';
import {
  type Admission,
  type GivenCursor,
  NOTHING_REMOVED,
  type Removed,
  type StreamStart,
  completeAbove,
  isCursorLost,
  startAfter,
  startWithoutCursor,
} from './stream-cursor.js';
import type { SocketSubscription } from './socket/socket-subscriptions.js';
import { type FrameList, frameList, frameListOf } from './socket/ws-frame.js';

/** Counting is a courtesy; it must not hold the loop on a long thread. */
const MAX_COUNTED_SEQS = 20_000;

/** `room` in bytes; at least one event is read whatever it is. */
interface PageRange {
  readonly after: number;
  readonly room: number;
  readonly through?: number;
  readonly skipCursorOnlyThrough?: number;
  /** What was removed already when the reader was admitted, as it was told. */
  readonly admitted: Removed;
}

/** Gives delivery its view of the log: where a stream starts, and what it reads from there. */
@Injectable()
export class EventStreamService {
  constructor(
    private readonly log: EventLog,
    private readonly reader: EventReader,
    private readonly subjects: ThreadSubjects,
    private readonly settings: Settings,
  ) {}

  /**
   * Decides where a stream starts; with `given` null by the rules for a stream without cursor. One look at the head.
   */
  async start(threadId: string, filter: EventFilter, given: GivenCursor | null): Promise<Admission> {
    const head = this.log.head(threadId);
    const start = given
      ? await this.startAfter(given, head)
      : startWithoutCursor(filter, head, Date.now(), this.settings.WATCHER_GRACE_MS);
    return { ...start, removed: removedOf(head) };
  }

  /** Events that a cursor asks for and that are not there any more, at least; 0 without a cursor. */
  async missedEvents(threadId: string, given: GivenCursor | null): Promise<number> {
    const head = this.log.head(threadId);
    return given ? (await this.startAfter(given, head)).missedEvents : 0;
  }

  /** How many events the replay of a subscription has; counted over MAX_COUNTED_SEQS seqs at most. */
  async count(threadId: string, subscription: SocketSubscription, start: StreamStart): Promise<number> {
    const head = this.log.head(threadId);
    if (!head) return 0;
    const after = Math.max(start.cursor, head.lastSeq - MAX_COUNTED_SEQS);
    const filter = { channelsJson: subscription.filter.channelsJson, matches: subscription.wants.bind(subscription) };
    return this.reader.count({ threadKey: head.threadKey, after, through: head.lastSeq, filter });
  }

  /** The filtered log of one thread as server-sent events. A read throws CursorLostError once it would leave a hole. */
  source(threadId: string, filter: EventFilter, view: NamespaceView, start: Admission): FollowSource<Buffer> {
    const wanted: ReadFilter = {
      channelsJson: filter.channelsJson,
      matches: (event) => matchesInView(view, filter, event),
    };
    const { skipCursorOnlyThrough, removed: admitted } = start;
    return {
      head: () => this.log.lastSeq(threadId),
      read: (after, room) => {
        const page = this.page(threadId, wanted, { after, room, skipCursorOnlyThrough, admitted });
        return whenReady(page, ({ events, through }) => ({
          chunk: sseChunk(events.map((event) => inView(view, event))),
          through,
        }));
      },
      live: (listener, failed) =>
        this.subjects.listen(threadId, (batch) => listener(liveBatch(batch, sseChunkOf(batch, filter, view))), failed),
    };
  }

  /** The same for a WebSocket, whose subscriptions are one filter together. */
  socketSource(threadId: string, filter: ReadFilter, view: NamespaceView): FollowSource<FrameList> {
    const admitted = removedOf(this.log.head(threadId));
    return {
      head: () => this.log.lastSeq(threadId),
      read: (after, room) => this.readFrames(threadId, filter, view, { after, room, admitted }),
      live: (listener, failed) => this.subjects.listen(threadId, (batch) => {
        listener(liveBatch(batch, frameListOf(batch, view, (event) => filter.matches(event))));
      }, failed),
    };
  }

  /**
   * One page of frames above `after`, up to `through` (default: the head).
   * @throws CursorLostError when events above `after` were removed since the reader was admitted
   */
  readFrames(
    threadId: string, filter: ReadFilter, view: NamespaceView, range: PageRange,
  ): Awaitable<ReadResult<FrameList>> {
    return whenReady(this.page(threadId, filter, range), ({ events, through }) => ({
      chunk: frameList(events, view),
      through,
    }));
  }

  private page(threadId: string, filter: ReadFilter, range: PageRange): Awaitable<EventPage> {
    const head = this.log.head(threadId) as ThreadHead;
    const { threadKey, lastSeq } = head;
    if (isCursorLost(range.after, range.admitted, head)) throw new CursorLostError(range.after);
    const through = range.through ?? lastSeq;
    const pageAfter = (after: number): Awaitable<EventPage> =>
      this.reader.readPage({
        threadKey,
        after: Math.min(after, through),
        through,
        filter,
        maxBytes: Math.min(Math.max(range.room, 0), this.settings.READ_PAGE_BYTES),
        skipCursorOnlyThrough: range.skipCursorOnlyThrough ?? 0,
      });
    if (range.after >= completeAbove(head)) return pageAfter(range.after);
    // Where events were removed the log has wide gaps: step over them instead of reading them page by page.
    return whenReady(this.reader.lowestSeq(threadKey, range.after), (next) =>
      pageAfter(Math.max(range.after, (next ?? lastSeq + 1) - 1)),
    );
  }

  /** What of the log the rules ask for is read beforehand: they are plain functions. */
  private async startAfter(given: GivenCursor, head: ThreadHead | null): Promise<StreamStart> {
    const lowest = head && (await this.reader.lowestSeq(head.threadKey, 0));
    const seq = 'eventId' in given ? seqOfCursor(given.eventId) : null;
    const stored = head && seq !== null ? await this.eventIdAt(head, seq) : null;
    return startAfter(given, head, () => stored, () => lowest);
  }

  private async eventIdAt(head: ThreadHead, seq: number): Promise<string | null> {
    const envelope = await this.reader.envelopeAt(head.threadKey, seq);
    return envelope ? (JSON.parse(envelope) as { event_id: string }).event_id : null;
  }
}

function removedOf(head: ThreadHead | null): Removed {
  const { oldestSeq, compactedThroughSeq } = head ?? NOTHING_REMOVED;
  return { oldestSeq, compactedThroughSeq };
}

function liveBatch<C extends Chunk>({ lastSeq }: EventBatch, chunk: C | null): LiveBatch<C> {
  return { lastSeq, chunk };
}
