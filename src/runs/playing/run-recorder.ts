import type { EventDraft } from '../../storage/event-draft.js';
import type { EventLog } from '../../event-log/event-log.js';
import { stateJson } from '../../graphs/state-json.js';
import { ChildEnds } from './child-ends.js';
import { type NativeEvent, fieldsOf } from './native-event.js';
import { type NormalisedEvent, normaliseEvent } from './normalise-event.js';
import type { InterruptJournal, RaisedInterrupt } from '../interrupts/interrupt-journal.js';
import { InterruptSightings } from '../interrupts/interrupt-sightings.js';
import { NodeNamespaces } from './node-namespaces.js';
import { type EndOfAttempt, OpenParts } from './open-parts.js';

/** Turns the events of one attempt into log drafts, in order. The graph never waits for a commit. */
export class RunRecorder {
  private readonly open = new OpenParts();
  private readonly sightings = new InterruptSightings();
  private readonly namespaces = new NodeNamespaces();
  /** A `checkpoints` event waits for its `values`, so that both commit together and share a timestamp. */
  private held: EventDraft | null = null;
  private readonly ends = new ChildEnds();
  private failure: Error | null = null;
  private readonly refused = (error: unknown): void => {
    this.failure ??= error instanceof Error ? error : new Error(String(error));
  };

  /** @param floor epoch ms below which no event of the thread may lie: its newest root checkpoint. */
  constructor(
    private readonly log: EventLog,
    private readonly journal: InterruptJournal,
    private readonly threadId: string,
    private readonly runId: string,
    private readonly floor: () => number,
  ) {}

  /**
   * Records one native event.
   * @throws what the log refused, UnserializableStateError for data that has no JSON form, or InterruptTooLargeError;
   *   the run
   * fails then.
   */
  record(native: NativeEvent): void {
    if (this.failure) throw this.failure;
    for (const interrupt of this.sightings.note(native)) this.raise(interrupt);
    const event = normaliseEvent(native);
    if (event) for (const ready of this.namespaces.pass(event)) this.take(this.asWaiting(ready));
  }

  /** Records a row that is no event of the protocol. */
  recordBeside(draft: EventDraft): void {
    this.append([draft]);
  }

  /** More than MAX_PENDING_BYTES of events wait for the database: `room` tells when to go on. */
  get isFull(): boolean {
    return this.log.isFull;
  }

  room(): Promise<void> {
    return this.log.room();
  }

  /** The graph has ended well. Waits until all of it is committed. @throws what the log refused. */
  async finished(): Promise<void> {
    for (const end of this.ends.rest()) this.write(end);
    await this.committed();
  }

  /** Waits until everything recorded is committed. @throws what the log refused. */
  async committed(): Promise<void> {
    this.release();
    await this.log.append(this.threadId, []);
    if (this.failure) throw this.failure;
  }

  /** Drafts that close what the attempt left open; they belong into the transaction of the terminal. */
  closers(end: EndOfAttempt): EventDraft[] {
    return this.open.closers(end).map((event) => this.draft(event));
  }

  draft({ method, namespace, node, name, data }: NormalisedEvent): EventDraft {
    return {
      method,
      namespace,
      node,
      name,
      data: stateJson(data),
      runId: this.runId,
      at: Math.max(Date.now(), this.floor()),
    };
  }

  /** LangGraph calls a subgraph that waits for an answer completed. */
  private asWaiting(event: NormalisedEvent): NormalisedEvent {
    const data = fieldsOf(event.data);
    const ended = event.method === 'lifecycle' && data.event === 'completed';
    if (!ended || !this.sightings.isWaiting(event.namespace)) return event;
    return { ...event, data: { ...data, event: 'interrupted' } };
  }

  private raise(interrupt: RaisedInterrupt): void {
    this.journal.assertSize(interrupt);
    this.release();
    const at = Math.max(Date.now(), this.floor());
    const { threadId, runId } = this;
    this.log.transact(threadId, (transaction) => this.journal.raise(transaction, runId, interrupt, at), { waits: true })
      .catch(this.refused);
  }

  private take(event: NormalisedEvent): void {
    for (const end of this.ends.follow(event)) this.write(end);
    if (this.ends.hold(event)) return;
    this.write(event);
  }

  private write(event: NormalisedEvent): void {
    const draft = this.draft(this.open.identified(event));
    this.open.note(event);
    const held = this.held;
    this.held = null;
    if (event.method === 'checkpoints') {
      if (held) this.append([held]);
      this.held = draft;
    } else if (held) {
      this.append([{ ...held, at: Math.max(held.at, draft.at) }, draft]);
    } else {
      this.append([draft]);
    }
  }

  private release(): void {
    for (const event of this.namespaces.rest()) this.take(event);
    if (this.held) this.append([this.held]);
    this.held = null;
  }

  private append(drafts: readonly EventDraft[]): void {
    this.log.write(this.threadId, drafts, this.refused);
  }
}
