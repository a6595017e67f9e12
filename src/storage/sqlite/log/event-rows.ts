import type { Database as SqliteHandle } from 'better-sqlite3';
import type { LogChange, PlacedEvent } from '../../unit/thread-unit.js';

const COLUMNS = 'thread_key, seq, kind, cursor_only, channel, method, name, namespace, run_id, timestamp, envelope';

/**
 * The two tables that hold events. `events` has those of a thread side by side, so a commit writes a page of its own
 * for each thread that it touches. A commit that touches many threads with few events each puts them into
 * `recent_events` instead, one behind the other on a few pages; `moveToPlace` moves them, many at a time
 * (docs/adr/0008-recent-events.md). Readers see both as `log_events`.
 */
export class EventRows {
  private readonly insertPlaced;
  private readonly insertRecent;
  private readonly copyRecent;
  private readonly removeRecent;
  private readonly seqAt;
  private readonly markCursorOnly;
  private readonly removeOne;
  private readonly removeRange;

  constructor(handle: SqliteHandle) {
    const insert = (table: string): string =>
      `INSERT INTO ${table} (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
    this.insertPlaced = handle.prepare(insert('events'));
    this.insertRecent = handle.prepare(insert('recent_events'));
    this.copyRecent = handle.prepare<[number, number]>(
      `INSERT INTO events (${COLUMNS}) SELECT ${COLUMNS} FROM recent_events WHERE thread_key = ? AND seq <= ? ORDER BY seq`,
    );
    this.removeRecent = handle.prepare<[number, number]>('DELETE FROM recent_events WHERE thread_key = ? AND seq <= ?');
    this.markCursorOnly = handle.prepare<[number, number]>(
      'UPDATE events SET cursor_only = 1 WHERE thread_key = ? AND seq = ?',
    );
    this.removeOne = handle.prepare<[number, number]>('DELETE FROM events WHERE thread_key = ? AND seq = ?');
    this.removeRange = handle.prepare<[number, number, string]>(
      'DELETE FROM events WHERE thread_key = ? AND seq <= ? AND seq NOT IN (SELECT value FROM json_each(?))',
    );
    this.seqAt = handle
      .prepare<[number, number], number>(
        'SELECT seq FROM recent_events WHERE thread_key = ? ORDER BY seq LIMIT 1 OFFSET ?',
      )
      .pluck();
  }

  /** Stores an event. @param isRecent puts it into `recent_events` */
  insert(threadKey: number, event: PlacedEvent, isRecent: boolean): void {
    const { seq, kind, cursorOnly, channel, method, name, namespace, runId, timestamp, envelope } = event;
    (isRecent ? this.insertRecent : this.insertPlaced).run(
      threadKey,
      seq,
      kind,
      cursorOnly ? 1 : 0,
      channel,
      method === channel ? null : method,
      name,
      namespace,
      runId,
      timestamp,
      envelope,
    );
  }

  /**
   * Moves a thread's recent events to their place, the oldest first; inside a transaction of the caller.
   * @param limit of the rows to move, all unless given
   */
  moveToPlace(threadKey: number, limit = Number.POSITIVE_INFINITY): void {
    const last = Number.isFinite(limit) ? this.seqAt.get(threadKey, limit - 1) : undefined;
    const through = last ?? Number.MAX_SAFE_INTEGER;
    if (this.copyRecent.run(threadKey, through).changes > 0) this.removeRecent.run(threadKey, through);
  }

  /** Changes events that are stored, wherever they are; inside a transaction of the caller. */
  change(threadKey: number, change: LogChange): void {
    this.moveToPlace(threadKey);
    if (change.kind === 'removeThrough') {
      this.removeRange.run(threadKey, change.seq, JSON.stringify(change.kept));
      return;
    }
    const statement = change.kind === 'hide' ? this.markCursorOnly : this.removeOne;
    for (const seq of change.seqs) statement.run(threadKey, seq);
  }

  hasRecent(threadKey: number): boolean {
    return this.seqAt.get(threadKey, 0) !== undefined;
  }
}
