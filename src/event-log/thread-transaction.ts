import type { Database as SqliteHandle } from 'better-sqlite3';
import { envelopeText, plainEventId, rootLifecycleEventId } from '../protocol/envelope.js';
import { channelOf } from '../protocol/channel.js';
import { namespaceText } from '../protocol/namespace.js';
import { type EventDraft, ROW_KIND, SESSION_CHANNEL } from './event-draft.js';
import type { EventRows } from './event-rows.js';
import type { LogEvent } from './log-event.js';
import type { ThreadHead, ThreadHeads } from './thread-head.js';

/**
 * One thread's part of a flush. What is written through `handle` commits together with the events appended here.
 * The work that gets it may run a second time after a rollback, so it must not change anything in memory.
 * When the flush is `isScattered` its events go into `recent_events`, see EventRows.
 */
export class ThreadTransaction {
  readonly events: LogEvent[] = [];
  private current: ThreadHead | null = null;

  constructor(
    readonly handle: SqliteHandle,
    readonly threadId: string,
    private readonly heads: ThreadHeads,
    private readonly rows: EventRows,
    private readonly isScattered = false,
  ) {}

  /** The thread's head row, made when the thread has none. Changes to it are stored with the transaction. */
  get head(): ThreadHead {
    this.current ??= this.heads.findOrCreate(this.threadId);
    return this.current;
  }

  /** Gives the draft the next seq and stores it. Returns that seq. */
  append(draft: EventDraft): number {
    const head = this.head;
    const seq = head.lastSeq + 1;
    const timestamp = Math.max(draft.at, head.lastTimestamp);
    const kind = draft.kind ?? ROW_KIND.protocol;
    const channel = kind === ROW_KIND.session ? SESSION_CHANNEL : channelOf(draft.method);
    const namespace = namespaceText(draft.namespace);
    const isRootLifecycle = channel === 'lifecycle' && draft.namespace.length === 0 && draft.runId !== null;
    const eventId = isRootLifecycle ? rootLifecycleEventId(draft.runId, seq) : plainEventId(timestamp, seq);
    const envelope = envelopeText(eventId, seq, timestamp, { method: draft.method, namespace, node: draft.node, data: draft.data });
    const event: LogEvent = {
      seq, kind, channel, method: draft.method, name: draft.name ?? null, namespace,
      runId: draft.runId, cursorOnly: draft.cursorOnly ?? false, envelope,
    };
    this.rows.insert(head.threadKey, event, timestamp, this.isScattered);
    head.lastSeq = seq;
    head.lastTimestamp = timestamp;
    this.events.push(event);
    return seq;
  }

  /** Brings the rows of the thread into `events`, all unless there is a limit. */
  settle(limit?: number): void {
    this.rows.settle(this.head.threadKey, limit);
  }

  /** Marks stored events as ones that a stream without cursor skips. */
  hide(seqs: readonly number[]): void {
    this.rows.hide(this.head.threadKey, seqs);
  }

  remove(seqs: readonly number[]): void {
    this.rows.remove(this.head.threadKey, seqs);
  }

  /** Removes the events up to and with `seq`, but for those that are `kept`. */
  removeThrough(seq: number, kept: readonly number[] = []): void {
    this.rows.removeThrough(this.head.threadKey, seq, kept);
  }

  /** No later event of the thread gets a timestamp below this one (epoch ms). */
  raiseTimestamp(floor: number): void {
    if (floor > this.head.lastTimestamp) this.head.lastTimestamp = floor;
  }

  /** Writes the head back; called once, by the log, before the commit. */
  finish(): void {
    if (this.current) this.heads.save(this.current);
  }

  /** Called once, by the log, after the commit. */
  committed(): void {
    if (this.current) this.heads.remember(this.current);
  }
}
