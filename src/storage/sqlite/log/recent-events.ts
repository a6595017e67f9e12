import { Logger } from '@nestjs/common';
import type { Settings } from '../../../config/settings.js';
import type { Database } from '../database.js';
import { EventRows } from './event-rows.js';
import { isStorageTrouble } from '../../storage-errors.js';

/** Rows that one transaction moves, about: some 2 ms. */
const STEP_ROWS = 200;
/** Milliseconds without a new recent event after which they are moved although there are few. */
const QUIET_MS = 1_000;

interface RecentThread {
  readonly threadKey: number;
  readonly count: number;
}

/**
 * Moves recent events to their place: when there are RECENT_EVENTS_MAX of them, and when no more come. Thread by
 * thread, a short transaction in each turn of the loop. One that the database refuses is left to the next time; until
 * then the events are read where they are.
 */
export class RecentEvents {
  readonly rows: EventRows;
  private readonly logger = new Logger(RecentEvents.name);
  private readonly threads;
  private readonly moveSome;
  /** Rows that wait, about: those that were moved with their thread meanwhile are in it. */
  private waiting: number;
  /** Thread key up to which the pass that is under way has come; null when there is none. */
  private reached: number | null = null;
  private quietTimer: NodeJS.Timeout | null = null;
  private isClosed = false;

  constructor(database: Database, private readonly settings: Settings) {
    const { handle } = database;
    this.rows = new EventRows(handle);
    this.threads = handle.prepare<[number], RecentThread>(
      'SELECT thread_key AS threadKey, count(*) AS count FROM recent_events WHERE thread_key > ? GROUP BY thread_key ORDER BY thread_key',
    );
    this.waiting = handle.prepare<[], number>('SELECT count(*) FROM recent_events').pluck().get() ?? 0;
    this.moveSome = handle.transaction((after: number) => this.moveAfter(after));
    if (this.waiting > 0) this.beginWhenQuiet();
  }

  /** Told of rows that were committed to `recent_events`. */
  added(rows: number): void {
    this.waiting += rows;
    if (this.reached !== null || this.isClosed) return;
    if (this.waiting >= this.settings.RECENT_EVENTS_MAX) this.begin();
    else this.beginWhenQuiet();
  }

  /** Moves none from now on. */
  close(): void {
    this.isClosed = true;
    if (this.quietTimer) clearTimeout(this.quietTimer);
  }

  private beginWhenQuiet(): void {
    if (this.quietTimer) return void this.quietTimer.refresh();
    this.quietTimer = setTimeout(() => this.begin(), QUIET_MS).unref();
  }

  private begin(): void {
    if (this.isClosed || this.reached !== null) return;
    this.reached = 0;
    this.waiting = 0;
    setImmediate(() => this.step());
  }

  private step(): void {
    if (this.isClosed || this.reached === null) return;
    try {
      this.reached = this.moveSome.immediate(this.reached);
    } catch (error) {
      this.reached = null;
      if (!isStorageTrouble(error)) this.logger.error({ err: error }, 'recent events could not be moved');
    }
    if (this.reached !== null) setImmediate(() => this.step());
  }

  /** Moves the rows of the next threads. @returns the thread key that was reached; null when none is left */
  private moveAfter(after: number): number | null {
    const next: RecentThread[] = [];
    let planned = 0;
    for (const thread of this.threads.iterate(after)) {
      next.push(thread);
      planned += thread.count;
      if (planned >= STEP_ROWS) break;
    }
    let reached: number | null = null;
    for (const { threadKey, count } of next) {
      this.rows.moveToPlace(threadKey, STEP_ROWS);
      // What is left of a long one is next again.
      reached = count > STEP_ROWS ? threadKey - 1 : threadKey;
    }
    return reached;
  }
}
