import { Injectable } from '@nestjs/common';
import type { Run, RunOutline, RunStatus } from '../../rows/run.js';
import { type ListQuery, type OwnedRunsQuery, RunStorage } from '../../run-storage.js';
import { Database } from '../database.js';
import { type OutlineRow, SELECT_OUTLINE, SELECT_WHOLE, type WholeRow, toOutline, toRun } from './run-columns.js';

/** Runs in SQLite: one synchronous statement per call, two for `next`. */
@Injectable()
export class SqliteRunStorage extends RunStorage {
  private readonly byId;
  private readonly outlineById;
  private readonly statusById;
  private readonly runningOfThread;
  private readonly nextPending;
  private readonly nextDelayed;
  private readonly delayedThreads;
  private readonly unfinishedOfThread;
  private readonly newestOfThread;
  private readonly newestOfGraph;
  private readonly unfinishedThreads;
  private readonly owedOfThread;
  private readonly page;
  private readonly ownedPage;
  private readonly ownedOutlines;
  private readonly ownedCount;

  constructor(database: Database) {
    super();
    const prepare = database.handle.prepare.bind(database.handle);
    this.byId = prepare<[string], WholeRow>(`${SELECT_WHOLE} WHERE run_id = ?`);
    this.outlineById = prepare<[string], OutlineRow>(`${SELECT_OUTLINE} WHERE run_id = ?`);
    this.statusById = prepare<[string], RunStatus>('SELECT status FROM runs WHERE run_id = ?').pluck();
    // Two statements for `next`: one for both statuses would sort all that wait.
    this.runningOfThread = prepare<[string], OutlineRow>(
      `${SELECT_OUTLINE} WHERE thread_id = ? AND status = 'running'`,
    );
    this.nextPending = prepare<[string, number], OutlineRow>(
      `${SELECT_OUTLINE} WHERE thread_id = ? AND status = 'pending' AND (due_at IS NULL OR due_at <= ?)
       ORDER BY priority DESC, position LIMIT 1`,
    );
    const delayed = "FROM runs WHERE due_at IS NOT NULL AND status = 'pending'";
    this.nextDelayed = prepare<[number], number | null>(`SELECT MIN(due_at) ${delayed} AND due_at > ?`).pluck();
    this.delayedThreads = prepare<[number, number], string>(
      `SELECT DISTINCT thread_id ${delayed} AND due_at > ? AND due_at <= ?`,
    ).pluck();
    this.unfinishedOfThread = prepare<[string], OutlineRow>(
      `${SELECT_OUTLINE} WHERE thread_id = ? AND status IN ('pending', 'running') ORDER BY position`,
    );
    this.newestOfThread = prepare<[string], OutlineRow>(
      `${SELECT_OUTLINE} WHERE thread_id = ? ORDER BY position DESC LIMIT 1`,
    );
    this.newestOfGraph = prepare<[string, string], WholeRow>(
      `${SELECT_WHOLE} WHERE position = (SELECT position FROM runs WHERE thread_id = ? AND graph_id = ? AND started = 1
         ORDER BY position DESC LIMIT 1)`,
    );
    this.unfinishedThreads = prepare<[], string>(
      `SELECT thread_id FROM runs WHERE status IN ('pending', 'running') OR owed_terminal IS NOT NULL
       GROUP BY thread_id ORDER BY MIN(position)`,
    ).pluck();
    this.owedOfThread = prepare<[string], number>(
      'SELECT 1 FROM runs WHERE thread_id = ? AND owed_terminal IS NOT NULL LIMIT 1',
    ).pluck();
    this.page = prepare<[ListQuery], WholeRow>(
      `${SELECT_WHOLE} WHERE thread_id = :threadId AND (:status IS NULL OR status = :status)
       ORDER BY position DESC LIMIT :limit OFFSET :offset`,
    );
    const owned = 'WHERE owner IS :owner AND (:threadId IS NULL OR thread_id = :threadId)';
    const ownedPage = `${owned} ORDER BY position DESC LIMIT :limit OFFSET :offset`;
    this.ownedPage = prepare<[OwnedRunsQuery], WholeRow>(`${SELECT_WHOLE} ${ownedPage}`);
    this.ownedOutlines = prepare<[OwnedRunsQuery], OutlineRow>(`${SELECT_OUTLINE} ${ownedPage}`);
    this.ownedCount = prepare<[Pick<OwnedRunsQuery, 'owner' | 'threadId'>], number>(
      `SELECT COUNT(*) FROM runs ${owned}`,
    ).pluck();
  }

  override find(runId: string): Run | null {
    const row = this.byId.get(runId);
    return row ? toRun(row) : null;
  }

  override outline(runId: string): RunOutline | null {
    return outlineOrNull(this.outlineById.get(runId));
  }

  override statusOf(runId: string): RunStatus | null {
    return this.statusById.get(runId) ?? null;
  }

  override next(threadId: string): RunOutline | null {
    return outlineOrNull(this.runningOfThread.get(threadId) ?? this.nextPending.get(threadId, Date.now()));
  }

  override nextDue(since: number): number | null {
    return this.nextDelayed.get(since) ?? null;
  }

  override dueThreads(since: number, now: number): string[] {
    return this.delayedThreads.all(since, now);
  }

  override unfinishedOf(threadId: string): RunOutline[] {
    return this.unfinishedOfThread.all(threadId).map(toOutline);
  }

  override newest(threadId: string): RunOutline | null {
    return outlineOrNull(this.newestOfThread.get(threadId));
  }

  override newestStarted(threadId: string, graphId: string): Run | null {
    const row = this.newestOfGraph.get(threadId, graphId);
    return row ? toRun(row) : null;
  }

  override list(query: ListQuery): Run[] {
    return this.page.all(query).map(toRun);
  }

  override listOwned(query: OwnedRunsQuery): Run[] {
    return this.ownedPage.all(query).map(toRun);
  }

  override outlinesOfOwner(query: OwnedRunsQuery): RunOutline[] {
    return this.ownedOutlines.all(query).map(toOutline);
  }

  override countOwned(owner: string | null, threadId: string | null): number {
    return this.ownedCount.get({ owner, threadId }) ?? 0;
  }

  override threadsWithUnfinishedRuns(): string[] {
    return this.unfinishedThreads.all();
  }

  override owesTerminals(threadId: string): boolean {
    return this.owedOfThread.get(threadId) !== undefined;
  }
}

function outlineOrNull(row: OutlineRow | undefined): RunOutline | null {
  return row ? toOutline(row) : null;
}
