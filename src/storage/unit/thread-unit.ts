import { channelOf } from '../../protocol/channel.js';
import { envelopeText, plainEventId, rootLifecycleEventId } from '../../protocol/envelope.js';
import { namespaceText } from '../../protocol/namespace.js';
import { CHANNEL_OF_KIND, type EventDraft, ROW_KIND } from '../log/event-draft.js';
import type { LogEvent } from '../log/log-event.js';
import type { CronTick } from '../rows/cron.js';
import type { NewWebhook } from '../rows/webhook.js';
import type { ThreadHead } from '../log/thread-head.js';
import type { RowChange } from './row-change.js';
import { UnitInterrupts } from './unit-interrupts.js';
import { UnitRuns } from './unit-runs.js';
import { UnitSession } from './unit-session.js';
import type { UnitSource } from './unit-source.js';
import { UnitThread } from './unit-thread.js';

/** An event with its place in the log; `timestamp` in epoch ms. */
export interface PlacedEvent extends LogEvent {
  readonly timestamp: number;
}

/** What happens to events that are stored already; applied in order, after the unit's own events were stored. */
export type LogChange =
  | { readonly kind: 'hide' | 'remove'; readonly seqs: readonly number[] }
  | { readonly kind: 'removeThrough'; readonly seq: number; readonly kept: readonly number[] };

/** A view that a decision rests on was read too long before its transaction: read it again, then decide. */
export class ViewTooOldError extends Error {}

/**
 * One thread's part of a commit: what decisions look at and change. It is loaded under the lock of the thread's head,
 * decisions change it in memory, and the engine applies the changes. A decision may run again after a rollback, on a
 * new unit, so it changes nothing else.
 */
export class ThreadUnit {
  /** What was appended, in seq order. */
  readonly events: PlacedEvent[] = [];
  readonly changes: LogChange[] = [];
  /** What changes beside the log, in the order in which it was decided. */
  readonly rowChanges: RowChange[] = [];

  private ownThread: UnitThread | null = null;
  private ownRuns: UnitRuns | null = null;
  private ownInterrupts: UnitInterrupts | null = null;
  private ownSession: UnitSession | null = null;

  /** The newest seq that was committed when the unit was loaded. */
  private readonly committedSeq: number;

  /** @param head where the thread's log stands; a copy, to be changed */
  constructor(readonly head: ThreadHead, private readonly source: UnitSource) {
    this.committedSeq = head.lastSeq;
  }

  get threadId(): string {
    return this.head.threadId;
  }

  get thread(): UnitThread {
    return (this.ownThread ??= new UnitThread(this.threadId, this.source, this.rowChanges));
  }

  get runs(): UnitRuns {
    return (this.ownRuns ??= new UnitRuns(this.source, this.rowChanges));
  }

  get interrupts(): UnitInterrupts {
    return (this.ownInterrupts ??= new UnitInterrupts(this.source, this.rowChanges));
  }

  get session(): UnitSession {
    return (this.ownSession ??= new UnitSession(this.source, this.rowChanges));
  }

  /** Moves a cron on. A unit with a tick that somebody else has stored meanwhile fails with CronMovedError. */
  tick(tick: CronTick): void {
    this.rowChanges.push({ kind: 'cron.tick', tick });
  }

  /** Stores what is to be sent of a run that ends with this unit. */
  enqueueWebhook(webhook: NewWebhook): void {
    this.rowChanges.push({ kind: 'webhook.insert', webhook });
  }

  get hasWebhooks(): boolean {
    return this.rowChanges.some(({ kind }) => kind === 'webhook.insert');
  }

  /** When a committed event was made (epoch ms); null when it is not there any more. */
  timestampOf(seq: number): number | null {
    const [event] = this.source.committedEvents(seq - 1, seq);
    if (!event) return null;
    return (JSON.parse(event.envelope) as { params: { timestamp: number } }).params.timestamp;
  }

  /** Removes the thread with its runs, its interrupts, its crons and what a session keeps beside it; its log stays. */
  removeRows(): void {
    this.rowChanges.push({ kind: 'thread.remove' });
  }

  /** Gives the draft the next seq. Returns that seq. @throws RangeError for a method that has no channel */
  append(draft: EventDraft): number {
    const { head } = this;
    const seq = head.lastSeq + 1;
    const timestamp = Math.max(draft.at, head.lastTimestamp);
    const kind = draft.kind ?? ROW_KIND.protocol;
    const channel = CHANNEL_OF_KIND[kind] ?? channelOf(draft.method);
    const namespace = namespaceText(draft.namespace);
    const isRootLifecycle = channel === 'lifecycle' && draft.namespace.length === 0 && draft.runId !== null;
    const eventId = isRootLifecycle ? rootLifecycleEventId(draft.runId, seq) : plainEventId(timestamp, seq);
    this.events.push({
      seq,
      kind,
      channel,
      method: draft.method,
      name: draft.name ?? null,
      namespace,
      runId: draft.runId,
      cursorOnly: draft.cursorOnly ?? false,
      timestamp,
      envelope: envelopeText(eventId, seq, timestamp, {
        method: draft.method,
        namespace,
        node: draft.node,
        data: draft.data,
      }),
    });
    head.lastSeq = seq;
    head.lastTimestamp = timestamp;
    return seq;
  }

  /**
   * The events above a seq, those of this unit included: what a view that was read before the transaction has missed.
   * @throws ViewTooOldError when it missed more than a transaction may read
   */
  eventsAfter(seq: number): LogEvent[] {
    const missed = this.committedSeq > seq ? this.source.committedEvents(seq, this.committedSeq) : [];
    return [...missed, ...this.events.filter((event) => event.seq > seq)];
  }

  /** Marks stored events as ones that a stream without cursor skips. */
  hide(seqs: readonly number[]): void {
    if (seqs.length > 0) this.changes.push({ kind: 'hide', seqs });
  }

  remove(seqs: readonly number[]): void {
    if (seqs.length > 0) this.changes.push({ kind: 'remove', seqs });
  }

  /** Removes the events up to and with `seq`, but for those that are `kept`. */
  removeThrough(seq: number, kept: readonly number[] = []): void {
    this.changes.push({ kind: 'removeThrough', seq, kept });
  }

  /** No later event of the thread gets a timestamp below this one (epoch ms). */
  raiseTimestamp(floor: number): void {
    if (floor > this.head.lastTimestamp) this.head.lastTimestamp = floor;
  }
}
