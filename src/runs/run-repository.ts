import { Injectable } from '@nestjs/common';
import { Database } from '../storage/sqlite/database.js';
import type { AttemptState } from './recovery/blame.js';
import type { CancelAction, MultitaskStrategy, Run, RunKwargs, RunStatus } from './run.js';

interface RunRow extends Omit<Run, 'metadata' | 'kwargs' | 'started' | 'resumeCounts'> {
  readonly metadataJson: string;
  readonly kwargsJson: string;
  readonly started: number;
  readonly resumeCountsJson: string;
}

const SELECT = `SELECT position, run_id AS runId, thread_id AS threadId, owner, assistant_id AS assistantId,
  graph_id AS graphId, status, metadata_json AS metadataJson, kwargs_json AS kwargsJson,
  multitask_strategy AS multitaskStrategy, attempt, started, start_checkpoint_id AS startCheckpointId,
  attempt_checkpoint_id AS attemptCheckpointId, watch_ms AS watchMs, first_seq AS firstSeq, owed_terminal AS owedTerminal,
  priority, cancel_action AS cancelAction, cancel_reason AS cancelReason, resume_counts_json AS resumeCountsJson,
  created_at AS createdAt, updated_at AS updatedAt FROM runs`;

/** What is stored when a run is accepted; times in epoch ms. */
export interface NewRun {
  readonly runId: string;
  readonly threadId: string;
  readonly owner: string | null;
  readonly assistantId: string;
  readonly graphId: string;
  readonly metadata: Record<string, unknown>;
  readonly kwargs: RunKwargs;
  readonly multitaskStrategy: MultitaskStrategy;
  readonly priority: number;
  readonly now: number;
}

/** Which runs of a thread to list; `status` null means any. */
export interface ListQuery {
  readonly threadId: string;
  readonly status: RunStatus | null;
  readonly limit: number;
  readonly offset: number;
}

/** Which runs to list, over all threads of an owner; `threadId` null means any. */
export interface OwnedRunsQuery {
  readonly owner: string | null;
  readonly threadId: string | null;
  readonly limit: number;
  readonly offset: number;
}

/** The rows of runs. Every call is one synchronous statement, inside or outside the log's transaction. */
@Injectable()
export class RunRepository {
  private readonly insertRow;
  private readonly byId;
  private readonly nextOfThread;
  private readonly unfinishedThreads;
  private readonly owedOfThread;
  private readonly runningOfThread;
  private readonly markStarted;
  private readonly markEnded;
  private readonly markSettled;
  private readonly unfinished;
  private readonly page;
  private readonly ownedPage;
  private readonly ownedCount;
  private readonly askToCancel;
  private readonly cancelWaiting;
  private readonly remove;

  constructor(database: Database) {
    const prepare = database.handle.prepare.bind(database.handle);
    this.insertRow = prepare(`INSERT INTO runs (run_id, thread_id, owner, assistant_id, graph_id, metadata_json,
      kwargs_json, multitask_strategy, priority, created_at, updated_at)
      VALUES (:runId, :threadId, :owner, :assistantId, :graphId, :metadata, :kwargs, :multitaskStrategy, :priority, :now, :now)`);
    this.byId = prepare<[string], RunRow>(`${SELECT} WHERE run_id = ?`);
    this.nextOfThread = prepare<[string], RunRow>(
      `${SELECT} WHERE thread_id = ? AND status IN ('pending', 'running')
       ORDER BY status DESC, priority DESC, position LIMIT 1`,
    );
    this.unfinishedThreads = prepare<[], string>(
      `SELECT thread_id FROM runs WHERE status IN ('pending', 'running') OR owed_terminal IS NOT NULL
       GROUP BY thread_id ORDER BY MIN(position)`,
    ).pluck();
    this.owedOfThread = prepare<[string], RunRow>(
      `${SELECT} WHERE thread_id = ? AND owed_terminal IS NOT NULL ORDER BY position`,
    );
    this.runningOfThread = prepare<[string], number>("SELECT 1 FROM runs WHERE thread_id = ? AND status = 'running'").pluck();
    this.markStarted = prepare(`UPDATE runs SET status = 'running', started = 1, attempt = :attempt, attempt_state = :attemptState,
      start_checkpoint_id = :startCheckpointId, attempt_checkpoint_id = :attemptCheckpointId, first_seq = :firstSeq,
      resume_counts_json = :resumeCounts, updated_at = :now WHERE run_id = :runId`);
    this.markEnded = prepare('UPDATE runs SET status = ?, error = ?, updated_at = ? WHERE run_id = ?');
    this.markSettled = prepare('UPDATE runs SET owed_terminal = NULL WHERE run_id = ?');
    this.unfinished = prepare<[string], RunRow>(
      `${SELECT} WHERE thread_id = ? AND status IN ('pending', 'running') ORDER BY position`,
    );
    this.page = prepare<[ListQuery], RunRow>(
      `${SELECT} WHERE thread_id = :threadId AND (:status IS NULL OR status = :status)
       ORDER BY position DESC LIMIT :limit OFFSET :offset`,
    );
    const owned = 'owner IS :owner AND (:threadId IS NULL OR thread_id = :threadId)';
    this.ownedPage = prepare<[OwnedRunsQuery], RunRow>(
      `${SELECT} WHERE ${owned} ORDER BY position DESC LIMIT :limit OFFSET :offset`,
    );
    this.ownedCount = prepare<[Pick<OwnedRunsQuery, 'owner' | 'threadId'>], number>(
      `SELECT COUNT(*) FROM runs WHERE ${owned}`,
    ).pluck();
    this.askToCancel = prepare(
      'UPDATE runs SET cancel_action = :action, cancel_reason = :reason, updated_at = :now WHERE run_id = :runId',
    );
    this.cancelWaiting = prepare(
      "UPDATE runs SET status = 'interrupted', owed_terminal = 'interrupted', updated_at = ? WHERE run_id = ?",
    );
    this.remove = prepare('DELETE FROM runs WHERE run_id = ?');
  }

  insert({ metadata, kwargs, ...run }: NewRun): void {
    this.insertRow.run({ ...run, metadata: JSON.stringify(metadata), kwargs: JSON.stringify(kwargs) });
  }

  find(runId: string): Run | null {
    return toRun(this.byId.get(runId));
  }

  /** The run that is active, or else the one that is next, or null. */
  next(threadId: string): Run | null {
    return toRun(this.nextOfThread.get(threadId));
  }

  /** Runs that are active or wait, in order of acceptance. */
  unfinishedOf(threadId: string): Run[] {
    return this.unfinished.all(threadId).map((row) => toRun(row) as Run);
  }

  /** Runs of a thread, newest first. */
  list(query: ListQuery): Run[] {
    return this.page.all(query).map((row) => toRun(row) as Run);
  }

  /** Runs of one owner, newest first. */
  listOwned(query: OwnedRunsQuery): Run[] {
    return this.ownedPage.all(query).map((row) => toRun(row) as Run);
  }

  /** How many runs an owner has, or has on one thread. */
  countOwned(owner: string | null, threadId: string | null): number {
    return this.ownedCount.get({ owner, threadId }) ?? 0;
  }

  /** Threads with a run that has not ended, or has not told so; in order of acceptance. */
  threadsWithUnfinishedRuns(): string[] {
    return this.unfinishedThreads.all();
  }

  /** True while a run of the thread has started and has not ended, in this process or in one that was lost. */
  hasRunning(threadId: string): boolean {
    return this.runningOfThread.get(threadId) !== undefined;
  }

  /** Runs cancelled while they waited, whose terminal is not in the log yet. */
  owingTerminals(threadId: string): Run[] {
    return this.owedOfThread.all(threadId).map((row) => toRun(row) as Run);
  }

  setStarted(run: {
    runId: string; attempt: number; attemptState: AttemptState; startCheckpointId: string | null; attemptCheckpointId: string | null;
    firstSeq: number; resumeCounts: Readonly<Record<string, number>>; now: number;
  }): void {
    this.markStarted.run({ ...run, resumeCounts: JSON.stringify(run.resumeCounts) });
  }

  setEnded(runId: string, status: RunStatus, error: string | null, now: number): void {
    this.markEnded.run(status, error, now, runId);
  }

  setCancelAsked(request: { runId: string; action: CancelAction; reason: string | null; now: number }): void {
    this.askToCancel.run(request);
  }

  /** Ends a waiting run at once; its terminal is owed to the log. */
  setCancelledWaiting(runId: string, now: number): void {
    this.cancelWaiting.run(now, runId);
  }

  delete(runId: string): void {
    this.remove.run(runId);
  }

  setTerminalSettled(runId: string): void {
    this.markSettled.run(runId);
  }
}

function toRun(row: RunRow | undefined): Run | null {
  if (!row) return null;
  const { metadataJson, kwargsJson, started, resumeCountsJson, ...rest } = row;
  return {
    ...rest,
    started: started === 1,
    metadata: JSON.parse(metadataJson) as Record<string, unknown>,
    kwargs: JSON.parse(kwargsJson) as RunKwargs,
    resumeCounts: JSON.parse(resumeCountsJson) as Record<string, number>,
  };
}
