import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Database } from '../storage/sqlite/database.js';
import { metadataText } from '../threads/metadata-text.js';
import type { AttemptState } from './recovery/blame.js';
import type { CancelAction, MultitaskStrategy, Run, RunError, RunKwargs, RunOutline, RunStatus } from './run.js';

interface OutlineRow extends Omit<RunOutline, 'started' | 'resumeCounts' | 'answers'> {
  readonly started: number;
  readonly resumeCountsJson: string;
  readonly answersJson: string;
}

interface RunRow extends OutlineRow {
  readonly metadataJson: string;
  readonly kwargsJson: string;
  readonly errorText: string | null;
  readonly errorType: string | null;
}

const OUTLINE = `runs.position, run_id AS runId, thread_id AS threadId, owner, assistant_id AS assistantId,
  graph_id AS graphId, status, multitask_strategy AS multitaskStrategy, attempt, watch_ms AS watchMs, started,
  start_checkpoint_id AS startCheckpointId, attempt_checkpoint_id AS attemptCheckpointId, first_seq AS firstSeq,
  owed_terminal AS owedTerminal, priority, cancel_action AS cancelAction, cancel_reason AS cancelReason,
  answers_json AS answersJson, resume_counts_json AS resumeCountsJson, created_at AS createdAt, updated_at AS updatedAt`;
const SELECT_OUTLINE = `SELECT ${OUTLINE} FROM runs`;
const SELECT = `SELECT ${OUTLINE}, error AS errorText, error_type AS errorType, metadata_json AS metadataJson,
  kwargs_json AS kwargsJson FROM runs JOIN run_documents USING (position)`;

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

/**
 * The rows of runs. What a run was given can be large, so it has a table of its own, `run_documents`, which is read for
 * whole runs only. Every call is one or two synchronous statements, inside or outside the log's transaction.
 */
@Injectable()
export class RunRepository {
  private readonly insertRow;
  private readonly insertDocuments;
  private readonly byId;
  private readonly outlineById;
  private readonly statusById;
  private readonly runningOfThread;
  private readonly nextPending;
  private readonly newestOfThread;
  private readonly unfinishedThreads;
  private readonly owedOfThread;
  private readonly markStarted;
  private readonly markEnded;
  private readonly markSettled;
  private readonly unfinished;
  private readonly page;
  private readonly ownedPage;
  private readonly ownedOutlines;
  private readonly ownedCount;
  private readonly askToCancel;
  private readonly cancelWaiting;
  private readonly remove;

  constructor(
    database: Database,
    private readonly settings: Settings,
  ) {
    const prepare = database.handle.prepare.bind(database.handle);
    this.insertRow =
      prepare(`INSERT INTO runs (run_id, thread_id, owner, assistant_id, graph_id, multitask_strategy, priority,
      answers_json, created_at, updated_at)
      VALUES (:runId, :threadId, :owner, :assistantId, :graphId, :multitaskStrategy, :priority, :answers, :now, :now)`);
    this.insertDocuments = prepare('INSERT INTO run_documents (position, kwargs_json, metadata_json) VALUES (?, ?, ?)');
    this.byId = prepare<[string], RunRow>(`${SELECT} WHERE run_id = ?`);
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
    this.newestOfThread = prepare<[string], OutlineRow>(
      `${SELECT_OUTLINE} WHERE thread_id = ? ORDER BY position DESC LIMIT 1`,
    );
    this.unfinishedThreads = prepare<[], string>(
      `SELECT thread_id FROM runs WHERE status IN ('pending', 'running') OR owed_terminal IS NOT NULL
       GROUP BY thread_id ORDER BY MIN(position)`,
    ).pluck();
    this.owedOfThread = prepare<[string], OutlineRow>(
      `${SELECT_OUTLINE} WHERE thread_id = ? AND owed_terminal IS NOT NULL ORDER BY position`,
    );
    this.markStarted =
      prepare(`UPDATE runs SET status = 'running', started = 1, attempt = :attempt, attempt_state = :attemptState,
      start_checkpoint_id = :startCheckpointId, attempt_checkpoint_id = :attemptCheckpointId, first_seq = :firstSeq,
      resume_counts_json = :resumeCounts, updated_at = :now WHERE run_id = :runId`);
    this.markEnded = prepare('UPDATE runs SET status = ?, error = ?, error_type = ?, updated_at = ? WHERE run_id = ?');
    this.markSettled = prepare('UPDATE runs SET owed_terminal = NULL WHERE run_id = ?');
    this.unfinished = prepare<[string], OutlineRow>(
      `${SELECT_OUTLINE} WHERE thread_id = ? AND status IN ('pending', 'running') ORDER BY position`,
    );
    this.page = prepare<[ListQuery], RunRow>(
      `${SELECT} WHERE thread_id = :threadId AND (:status IS NULL OR status = :status)
       ORDER BY position DESC LIMIT :limit OFFSET :offset`,
    );
    const owned = 'WHERE owner IS :owner AND (:threadId IS NULL OR thread_id = :threadId)';
    const ownedPage = `${owned} ORDER BY position DESC LIMIT :limit OFFSET :offset`;
    this.ownedPage = prepare<[OwnedRunsQuery], RunRow>(`${SELECT} ${ownedPage}`);
    this.ownedOutlines = prepare<[OwnedRunsQuery], OutlineRow>(`${SELECT_OUTLINE} ${ownedPage}`);
    this.ownedCount = prepare<[Pick<OwnedRunsQuery, 'owner' | 'threadId'>], number>(
      `SELECT COUNT(*) FROM runs ${owned}`,
    ).pluck();
    this.askToCancel = prepare(
      'UPDATE runs SET cancel_action = :action, cancel_reason = :reason, updated_at = :now WHERE run_id = :runId',
    );
    this.cancelWaiting =
      prepare(`UPDATE runs SET status = 'interrupted', owed_terminal = 'interrupted', cancel_action = :action,
      cancel_reason = :reason, updated_at = :now WHERE run_id = :runId`);
    this.remove = prepare('DELETE FROM runs WHERE run_id = ?');
  }

  /** @throws LimitExceededError for metadata above MAX_METADATA_BYTES */
  insert({ metadata, kwargs, ...run }: NewRun): void {
    const metadataJson = metadataText(metadata, this.settings);
    const answers = JSON.stringify(Object.keys(kwargs.command?.resume ?? {}));
    const { lastInsertRowid } = this.insertRow.run({ ...run, answers });
    this.insertDocuments.run(lastInsertRowid, JSON.stringify(kwargs), metadataJson);
  }

  /** The whole run. What decides about runs needs its outline only. */
  find(runId: string): Run | null {
    const row = this.byId.get(runId);
    return row ? toRun(row) : null;
  }

  outline(runId: string): RunOutline | null {
    const row = this.outlineById.get(runId);
    return row ? toOutline(row) : null;
  }

  statusOf(runId: string): RunStatus | null {
    return this.statusById.get(runId) ?? null;
  }

  /** The run that is active, or else the one that is next and due, or null. */
  next(threadId: string): RunOutline | null {
    const row = this.runningOfThread.get(threadId) ?? this.nextPending.get(threadId, Date.now());
    return row ? toOutline(row) : null;
  }

  /** The run that was accepted last, or null. */
  newest(threadId: string): RunOutline | null {
    const row = this.newestOfThread.get(threadId);
    return row ? toOutline(row) : null;
  }

  /** Runs that are active or wait, in order of acceptance. */
  unfinishedOf(threadId: string): RunOutline[] {
    return this.unfinished.all(threadId).map(toOutline);
  }

  /** Runs of a thread, newest first. */
  list(query: ListQuery): Run[] {
    return this.page.all(query).map(toRun);
  }

  /** Runs of one owner, newest first. */
  listOwned(query: OwnedRunsQuery): Run[] {
    return this.ownedPage.all(query).map(toRun);
  }

  /** The same without what they were given. */
  outlinesOfOwner(query: OwnedRunsQuery): RunOutline[] {
    return this.ownedOutlines.all(query).map(toOutline);
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
  owingTerminals(threadId: string): RunOutline[] {
    return this.owedOfThread.all(threadId).map(toOutline);
  }

  setStarted(run: {
    runId: string;
    attempt: number;
    attemptState: AttemptState;
    startCheckpointId: string | null;
    attemptCheckpointId: string | null;
    firstSeq: number;
    resumeCounts: Readonly<Record<string, number>>;
    now: number;
  }): void {
    this.markStarted.run({ ...run, resumeCounts: JSON.stringify(run.resumeCounts) });
  }

  setEnded(runId: string, status: RunStatus, error: RunError | null, now: number): void {
    this.markEnded.run(status, error?.message ?? null, error?.type ?? null, now, runId);
  }

  setCancelAsked(request: { runId: string; action: CancelAction; reason: string | null; now: number }): void {
    this.askToCancel.run(request);
  }

  /** Ends a waiting run at once, with the wish that did it; its terminal is owed to the log. */
  setCancelledWaiting(request: { runId: string; action: CancelAction; reason: string | null; now: number }): void {
    this.cancelWaiting.run(request);
  }

  delete(runId: string): void {
    this.remove.run(runId);
  }

  setTerminalSettled(runId: string): void {
    this.markSettled.run(runId);
  }
}

function toOutline({ started, resumeCountsJson, answersJson, ...rest }: OutlineRow): RunOutline {
  return {
    ...rest,
    started: started === 1,
    resumeCounts: JSON.parse(resumeCountsJson) as Record<string, number>,
    answers: JSON.parse(answersJson) as string[],
  };
}

function toRun({ metadataJson, kwargsJson, errorText, errorType, ...outline }: RunRow): Run {
  return {
    ...toOutline(outline),
    metadata: JSON.parse(metadataJson) as Record<string, unknown>,
    kwargs: JSON.parse(kwargsJson) as RunKwargs,
    error: errorText === null ? null : { message: errorText, type: errorType },
  };
}
