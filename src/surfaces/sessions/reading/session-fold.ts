import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Settings } from '../../../config/settings.js';
import { EventLog } from '../../../event-log/event-log.js';
import { type Awaitable, whenReady } from '../../../storage/awaitable.js';
import { EventReader, type ReadFilter } from '../../../storage/log/event-reader.js';
import type { LogEvent } from '../../../storage/log/log-event.js';
import { type LogRow, readRow } from '../../../projections/log-row.js';
import { SEQ_BEFORE_FIRST } from '../../../storage/log/thread-head.js';
import { NO_LOOKUPS, type RunLookups } from '../projection/projection-context.js';
import { RunFacts } from '../projection/run-facts.js';
import type { ProjectedEvent } from '../projection/session-event.js';
import { ProjectionState } from '../projection/projection-state.js';
import { type Projection, SessionProjector } from '../projection/session-projector.js';
import { SESSION_CHANNELS, isDelta } from '../projection/session-row.js';

const WITHOUT_DELTAS: ReadFilter = {
  channelsJson: JSON.stringify(SESSION_CHANNELS),
  matches: (event) => !isDelta(event),
};
const CHANNELS: ReadonlySet<string> = new Set(SESSION_CHANNELS);

/** What to do with an event on the way; true stops after the row that it came from. */
export type Visit = (event: ProjectedEvent) => boolean | void;

/** Who a session is about: its thread, and its agent's name. */
export interface FoldSubject {
  readonly threadId: string;
  readonly agentName: string;
  /** Epoch ms. */
  readonly createdAt: number;
}

/** A projector on its way through one thread's log, from the first row that is kept. Its memory is what is open. */
export class SessionFold {
  /** The last seq considered. */
  through = SEQ_BEFORE_FIRST;

  constructor(
    readonly threadId: string,
    readonly projector: SessionProjector,
    private readonly lookups: RunLookups,
    private readonly log: EventLog,
    private readonly reader: EventReader,
    private readonly settings: Settings,
  ) {}

  /** Reads one page above `through`, up to `upTo`. Returns true when `visit` stopped it. */
  step(upTo: number, visit: Visit = () => undefined, maxBytes = this.settings.READ_PAGE_BYTES): Awaitable<boolean> {
    const head = this.log.head(this.threadId);
    if (!head) return false;
    const page = this.reader.readPage({
      threadKey: head.threadKey,
      after: this.through,
      through: upTo,
      filter: WITHOUT_DELTAS,
      maxBytes,
      skipCursorOnlyThrough: 0,
    });
    return whenReady(page, ({ events, through }) =>
      whenReady(this.walk(events, visit), (isStopped) => {
        if (isStopped) return true;
        // Pieces of these messages may have been passed over.
        for (const message of this.projector.state.messages.values()) message.previewable = false;
        this.through = through;
        return false;
      }),
    );
  }

  /** Reads up to `upTo` (default: the head as it is now), page by page, and lets others work in between. */
  async catchUp(visit?: Visit, upTo = this.log.lastSeq(this.threadId)): Promise<boolean> {
    while (this.through < upTo) {
      if (await this.step(upTo, visit)) return true;
      if (this.through < upTo) await nextTurn();
    }
    return false;
  }

  /** One that stands where this one does, goes its own way from here, and looks nothing up. */
  branch(): SessionFold {
    const { threadId, log, reader, settings } = this;
    const projector = new SessionProjector(this.projector.state.clone(), NO_LOOKUPS);
    const branch = new SessionFold(threadId, projector, NO_LOOKUPS, log, reader, settings);
    branch.through = this.through;
    return branch;
  }

  /**
   * Takes a batch that was just committed directly above `through`. Null, and nothing is taken, when what it needs is
   * not at hand in this tick: it is in the log.
   */
  take(events: readonly LogEvent[], lastSeq: number, withPreviews: boolean): Projection[] | null {
    const wanted = events.filter(
      (event) => event.seq > this.through && CHANNELS.has(event.channel) && (withPreviews || !isDelta(event)),
    );
    const rows = wanted.map(readRow);
    if (this.lookups.prepare(rows) instanceof Promise) return null;
    this.through = lastSeq;
    return rows.map((row) => this.projector.project(row));
  }

  /** Row by row, for what is looked up for each can be large. Returns true when `visit` stopped it. */
  private walk(events: readonly LogEvent[], visit: Visit): Awaitable<boolean> {
    for (const [index, event] of events.entries()) {
      const row = readRow(event);
      const ready = this.lookups.prepare([row]);
      if (ready instanceof Promise) {
        const goOn = (): Awaitable<boolean> => this.project(row, visit) || this.walk(events.slice(index + 1), visit);
        return ready.then(goOn);
      }
      if (this.project(row, visit)) return true;
    }
    return false;
  }

  private project(row: LogRow, visit: Visit): boolean {
    this.through = row.seq;
    const stops = this.projector.project(row).events.map(visit);
    return stops.includes(true);
  }
}

/** Where a projection was: what it had read, and what it remembered. */
interface Waypoint {
  readonly through: number;
  readonly state: ProjectionState;
}

/** Seqs that a projection has to have read anew before it is worth keeping where it was. */
const WAYPOINT_SEQS = 200;
/** Threads for which that is kept. */
const MAX_WAYPOINTS = 500;

/**
 * Opens folds, and remembers how far some of them came: a long session is not read again for each message sent to it.
 */
@Injectable()
export class SessionFolds {
  private readonly waypoints = new LRUCache<string, Waypoint>({ max: MAX_WAYPOINTS });

  constructor(
    private readonly log: EventLog,
    private readonly reader: EventReader,
    private readonly facts: RunFacts,
    private readonly settings: Settings,
  ) {}

  /** @param from seq up to which the events are not wanted: the fold may begin anywhere up to it */
  open({ threadId, agentName, createdAt }: FoldSubject, from = 0): SessionFold {
    const known = this.waypoints.get(threadId);
    const start = known && known.through <= from ? known : null;
    const state = start?.state.clone() ?? new ProjectionState(threadId, agentName, createdAt);
    const lookups = this.facts.of(threadId);
    const fold = new SessionFold(
      threadId,
      new SessionProjector(state, lookups),
      lookups,
      this.log,
      this.reader,
      this.settings,
    );
    if (start) fold.through = start.through;
    return fold;
  }

  /** A fold that has read everything that is committed now. */
  async openAtHead(subject: FoldSubject): Promise<SessionFold> {
    const fold = this.open(subject, Number.MAX_SAFE_INTEGER);
    await fold.catchUp();
    this.keep(fold);
    return fold;
  }

  /** The thread is gone. */
  forget(threadId: string): void {
    this.waypoints.delete(threadId);
  }

  private keep({ threadId, through, projector }: SessionFold): void {
    const known = this.waypoints.get(threadId);
    if (through < (known?.through ?? 0) + WAYPOINT_SEQS) return;
    this.waypoints.set(threadId, { through, state: projector.state.clone() });
  }
}
