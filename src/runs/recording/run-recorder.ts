import type { EventLog } from '../../event-log/event-log.js';
import type { EventDraft } from '../../storage/log/event-draft.js';
import type { InterruptJournal, RaisedInterrupt } from '../interrupts/interrupt-journal.js';
import { InterruptSightings } from '../interrupts/interrupt-sightings.js';
import { CheckpointPairs } from './checkpoint-pairs.js';
import { ChildEnds } from './child-ends.js';
import { EventDrafts, type RecordedDraft } from './event-drafts.js';
import type { NativeEvent } from './native-event.js';
import { NodeNamespaces } from './node-namespaces.js';
import { normalised } from './normalise-event.js';
import { type EndOfAttempt, OpenParts } from './open-parts.js';
import { type Flow, Stages } from './stages.js';

/** Turns the events of one attempt into log drafts, in order. The graph never waits for a commit. */
export class RunRecorder {
  private readonly open = new OpenParts();
  private readonly drafts: EventDrafts;
  private readonly flow: Flow<NativeEvent>;
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
    floor: () => number,
  ) {
    this.drafts = new EventDrafts(runId, floor);
    this.flow = Stages.of<NativeEvent>()
      .then(normalised)
      .then(new InterruptSightings((interrupt) => journal.assertSize(interrupt)))
      .then(new NodeNamespaces())
      .then(new ChildEnds())
      .then(this.open)
      .then(this.drafts)
      .then(new CheckpointPairs())
      .into((batch) => this.write(batch));
  }

  /**
   * Records one native event.
   * @throws what the log refused, UnserializableStateError for data that has no JSON form, or InterruptTooLargeError;
   *   the run fails then.
   */
  record(native: NativeEvent): void {
    if (this.failure) throw this.failure;
    this.flow.take(native);
  }

  /** Records a row that is no event of the protocol. */
  recordBeside(draft: EventDraft): void {
    this.log.write(this.threadId, [draft], this.refused);
  }

  /** More than MAX_PENDING_BYTES of events wait for the database: `room` tells when to go on. */
  get isFull(): boolean {
    return this.log.isFull;
  }

  room(): Promise<void> {
    return this.log.room();
  }

  /** The graph has ended well. Waits until all of it is committed. @throws what the log refused. */
  finished(): Promise<void> {
    return this.committed(true);
  }

  /** Waits until everything recorded is committed. @throws what the log refused. */
  async committed(ended = false): Promise<void> {
    this.flow.rest(ended);
    await this.log.append(this.threadId, []);
    if (this.failure) throw this.failure;
  }

  /** Drafts that close what the attempt left open; they belong into the transaction of the terminal. */
  closers(end: EndOfAttempt): EventDraft[] {
    return this.open.closers(end).map((event) => this.drafts.draft(event));
  }

  private write(batch: readonly RecordedDraft[]): void {
    const [{ interrupt, at }] = batch as [RecordedDraft];
    if (interrupt) this.raise(interrupt, at);
    else this.log.write(this.threadId, batch, this.refused);
  }

  private raise(interrupt: RaisedInterrupt, at: number): void {
    const { threadId, runId } = this;
    this.log.transact(threadId, (unit) => this.journal.raise(unit, runId, interrupt, at), { waits: true })
      .catch(this.refused);
  }
}
