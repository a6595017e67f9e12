import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { EventLog } from '../event-log/event-log.js';
import { EventReader } from '../event-log/event-reader.js';
import { SEQ_BEFORE_FIRST, type ThreadHead } from '../event-log/thread-head.js';
import { ThreadSubjects } from '../event-log/thread-subjects.js';
import type { EventFilter } from '../protocol/event-filter.js';
import type { FollowSource } from './follow.js';
import { sseChunk, sseChunkOf } from './sse-frame.js';
import { type GivenCursor, type StreamStart, startAfter, startWithoutCursor } from './stream-cursor.js';

/** Gives delivery its view of the log: where a stream starts, and what it reads from there. */
@Injectable()
export class EventStreamService {
  constructor(
    private readonly log: EventLog,
    private readonly reader: EventReader,
    private readonly subjects: ThreadSubjects,
    private readonly settings: Settings,
  ) {}

  /** Decides where a stream starts; with `given` null by the rules for a stream without cursor. */
  start(threadId: string, filter: EventFilter, given: GivenCursor | null): StreamStart & { oldestSeq: number } {
    const head = this.log.head(threadId);
    const start = given
      ? startAfter(given, head, (seq) => this.eventIdAt(head, seq))
      : startWithoutCursor(filter, head, Date.now(), this.settings.WATCHER_GRACE_MS);
    return { ...start, oldestSeq: head?.oldestSeq ?? SEQ_BEFORE_FIRST + 1 };
  }

  /** The filtered log of one thread as server-sent events. */
  source(threadId: string, filter: EventFilter, skipCursorOnlyThrough: number): FollowSource {
    return {
      head: () => this.log.head(threadId)?.lastSeq ?? SEQ_BEFORE_FIRST,
      read: (after, room) => {
        const { threadKey, lastSeq } = this.log.head(threadId) as ThreadHead;
        const maxBytes = Math.min(Math.max(room, 0), this.settings.READ_PAGE_BYTES);
        const page = this.reader.readPage({
          threadKey, after, through: lastSeq, filter, maxBytes, skipCursorOnlyThrough,
        });
        return { chunk: sseChunk(page.events), through: page.through };
      },
      live: (listener) => {
        const subscription = this.subjects.live(threadId).subscribe((batch) => {
          listener({ lastSeq: batch.lastSeq, chunk: sseChunkOf(batch, filter) });
        });
        return () => subscription.unsubscribe();
      },
    };
  }

  private eventIdAt(head: ThreadHead | null, seq: number): string | null {
    const envelope = head && this.reader.envelopeAt(head.threadKey, seq);
    return envelope ? (JSON.parse(envelope) as { event_id: string }).event_id : null;
  }
}
