import type { Awaitable } from '../../../storage/awaitable.js';
import type { EventPreview, ProjectedEvent, SessionEvent } from './session-event.js';
import type { EventIds } from './session-ids.js';
import type { ProjectionState, SessionThreadState } from './projection-state.js';
import type { SessionLogRow } from './session-row.js';

/** What the projection asks of the tables of runs, for runs that no client of a session started. */
export interface RunLookup {
  /** Messages that the run was given, as events to be: `user.message` and `system.message`. */
  messagesOf(runId: string): readonly { type: string; content: unknown }[];
  /** The answer that the run gave to an interrupt; undefined when it gave none. */
  answerOf(runId: string, interruptId: string): unknown;
  /** Epoch ms at which the run really started, or null. */
  startedAt(runId: string): number | null;
}

/** Looks up what the rows that are projected next may ask for. */
export interface RunLookups extends RunLookup {
  /** Where this is not at hand in the same tick, it is when the promise resolves. */
  prepare(rows: readonly SessionLogRow[]): Awaitable<void>;
}

/** Nothing is looked up: for a projection of which only what clients of the session sent is wanted. */
export const NO_LOOKUPS: RunLookups = {
  prepare: () => undefined,
  messagesOf: () => [],
  answerOf: () => undefined,
  startedAt: () => null,
};

export interface EmitOptions {
  /** An id that was set aside earlier; else the row's next one. */
  readonly id?: string;
  readonly condensed?: boolean;
  /** Epoch ms; that of the row unless given. */
  readonly processedAt?: number | null;
  readonly extra?: Record<string, unknown>;
}

/** Ids of events that depend on a lookup are counted from here, so that they move no other's. */
const LOOKUP_POSITIONS = 0x1000;

/** One row on its way through the projection. */
export class ProjectionContext {
  readonly events: ProjectedEvent[] = [];
  readonly previews: EventPreview[] = [];
  private position = 0;
  private lookupPosition = LOOKUP_POSITIONS;

  constructor(
    readonly row: SessionLogRow,
    readonly state: ProjectionState,
    readonly lookup: RunLookup,
    private readonly ids: EventIds,
  ) {}

  /** The row's next id. */
  nextId(): string {
    return this.ids.idOf({ seq: this.row.seq, position: this.position++ });
  }

  /** The next id of what a lookup gave. */
  nextLookupId(): string {
    return this.ids.idOf({ seq: this.row.seq, position: this.lookupPosition++ });
  }

  /** Adds an event to what the row gives; returns its id. */
  emit(
    thread: SessionThreadState,
    type: string,
    fields: Record<string, unknown> = {},
    options: EmitOptions = {},
  ): string {
    const { seq, at, runId } = this.row;
    const { id = this.nextId(), condensed = false, extra = {} } = options;
    const time = options.processedAt === undefined ? at : options.processedAt;
    const event: SessionEvent = {
      id,
      type,
      ...fields,
      processed_at: time === null ? null : new Date(time).toISOString(),
    };
    this.events.push({ event, thread: thread.id, isPrimary: thread.parent === null, condensed, seq, at, runId, extra });
    thread.updatedAt = at;
    return id;
  }
}
