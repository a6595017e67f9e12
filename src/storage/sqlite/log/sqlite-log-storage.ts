import { Injectable } from '@nestjs/common';
import { Settings } from '../../../config/settings.js';
import { CHANNELS } from '../../../protocol/channel.js';
import type { CommitUnit, Committed } from '../../log/commit-unit.js';
import { SESSION_CHANNEL } from '../../log/event-draft.js';
import type { ReadFilter } from '../../log/event-reader.js';
import type { LogEvent } from '../../log/log-event.js';
import { LogStorage } from '../../log/log-storage.js';
import type { ThreadHead } from '../../log/thread-head.js';
import { ThreadUnit, ViewTooOldError } from '../../unit/thread-unit.js';
import type { UnitSource } from '../../unit/unit-source.js';
import { Database } from '../database.js';
import { RowChanges } from '../rows/row-changes.js';
import { StoredRows, UnitRows } from '../rows/unit-rows.js';
import { RecentEvents } from './recent-events.js';
import { isScattered } from './scattered-commit.js';
import { SqliteEventReader } from './sqlite-event-reader.js';
import { ThreadHeads } from './thread-heads.js';

/** Events that a decision may read inside its transaction. */
const MAX_MISSED_EVENTS = 1_000;

const EVERYTHING: ReadFilter = { channelsJson: JSON.stringify([...CHANNELS, SESSION_CHANNEL]), matches: () => true };

interface Applied extends Committed {
  readonly heads: readonly ThreadHead[];
  readonly isScattered: boolean;
}

/** The log in SQLite: load, decide and apply in one tick, inside one immediate transaction. */
@Injectable()
export class SqliteLogStorage extends LogStorage {
  private readonly recent: RecentEvents;
  private readonly events: SqliteEventReader;
  private readonly heads: ThreadHeads;
  private readonly unitRows: UnitRows;
  private readonly rowChanges: RowChanges;
  private readonly transaction;
  private readonly writeProbe;

  constructor(private readonly database: Database, settings: Settings) {
    super();
    const { handle } = database;
    this.recent = new RecentEvents(database, settings);
    this.events = new SqliteEventReader(database, { READ_PAGE_ROWS: MAX_MISSED_EVENTS });
    this.heads = new ThreadHeads(handle);
    this.unitRows = new UnitRows(handle);
    this.rowChanges = new RowChanges(handle);
    this.transaction = handle.transaction((units: readonly CommitUnit[]) => this.apply(units));
    const fill = handle.prepare('INSERT INTO write_probe (filler) VALUES (zeroblob(65536))');
    const empty = handle.prepare('DELETE FROM write_probe');
    this.writeProbe = handle.transaction(() => {
      empty.run();
      fill.run();
    });
  }

  override head(threadId: string): Readonly<ThreadHead> | null {
    return this.heads.find(threadId);
  }

  override commit(units: readonly CommitUnit[]): Committed {
    const applied = this.transaction.immediate(units);
    for (const head of applied.heads) this.heads.remember(head);
    if (applied.isScattered) this.recent.added(applied.threads.reduce((rows, { events }) => rows + events.length, 0));
    return applied;
  }

  override probe(): void {
    this.writeProbe.immediate();
  }

  override fault(): Error | null {
    return this.database.fileFault();
  }

  override close(): void {
    this.recent.close();
  }

  /** Called inside `BEGIN IMMEDIATE`: one head row read and written per thread, however many units. */
  private apply(units: readonly CommitUnit[]): Applied {
    const loaded = new Map<string, ThreadUnit>();
    const values: unknown[] = [];
    let unit: ThreadUnit | undefined;
    for (const { threadId, drafts, work } of units) {
      if (unit?.threadId !== threadId) unit = loaded.get(threadId);
      if (!unit) loaded.set(threadId, (unit = this.load(threadId)));
      for (const draft of drafts) unit.append(draft);
      values.push(work?.(unit));
    }
    const threads = [...loaded.values()];
    const scattered = isScattered(threads);
    const heads = threads.flatMap((each) => this.store(each, scattered) ?? []);
    return { values, threads, isScattered: scattered, heads };
  }

  private load(threadId: string): ThreadUnit {
    const head = this.heads.load(threadId);
    return new ThreadUnit(head, new StoredUnit(this.unitRows, this.events, head));
  }

  /** Applies what a unit changed. Returns its head as it was stored, null when it did not change. */
  private store(unit: ThreadUnit, scattered: boolean): ThreadHead | null {
    const { rows } = this.recent;
    const head = this.heads.save(unit.head);
    for (const change of unit.rowChanges) this.rowChanges.apply(unit.threadId, change);
    if (!head && unit.events.length + unit.changes.length === 0) return null;
    const { threadKey } = head ?? unit.head;
    for (const event of unit.events) rows.insert(threadKey, event, scattered);
    for (const change of unit.changes) rows.change(threadKey, change);
    return head;
  }
}

/** What a unit asks of its thread, read when it asks. */
class StoredUnit extends StoredRows implements UnitSource {
  constructor(rows: UnitRows, private readonly events: SqliteEventReader, private readonly head: ThreadHead) {
    super(rows, head.threadId);
  }

  committedEvents(after: number, through: number): LogEvent[] {
    if (through - after > MAX_MISSED_EVENTS)
      throw new ViewTooOldError(`${through - after} events came after seq ${after}`);
    return this.events.readPage({
      threadKey: this.head.threadKey,
      after,
      through,
      filter: EVERYTHING,
      maxBytes: Number.POSITIVE_INFINITY,
      skipCursorOnlyThrough: 0,
    }).events;
  }
}
