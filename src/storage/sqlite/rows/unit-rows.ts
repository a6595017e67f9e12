import type { Database as SqliteHandle, Statement } from 'better-sqlite3';
import type { InterruptRow } from '../../rows/interrupt.js';
import type { Run, RunOutline } from '../../rows/run.js';
import type { SessionRow } from '../../rows/session.js';
import type { ThreadOutline } from '../../rows/thread.js';
import type { UnitSource } from '../../unit/unit-source.js';
import { type OutlineRow, SELECT_OUTLINE, SELECT_WHOLE, type WholeRow, toOutline, toRun } from './run-columns.js';
import { SELECT_SESSION, type StoredSession, toSessionRow } from './session-columns.js';
import { SELECT_INTERRUPTS } from './sqlite-interrupt-storage.js';
import { SELECT_THREAD_OUTLINE } from './sqlite-thread-storage.js';

/** The statements that read what units ask for beside the log, inside their transaction. */
export class UnitRows {
  readonly thread;
  readonly metadata;
  readonly run;
  readonly wholeRun;
  readonly running;
  readonly pending;
  readonly owing;
  readonly interrupts;
  readonly interruptData;
  readonly session;

  constructor(handle: SqliteHandle) {
    const runs = (condition: string): Statement<[string], OutlineRow> =>
      handle.prepare<[string], OutlineRow>(`${SELECT_OUTLINE} WHERE thread_id = ? AND ${condition}`);
    this.thread = handle.prepare<[string], ThreadOutline>(`${SELECT_THREAD_OUTLINE} WHERE thread_id = ?`);
    this.metadata = handle
      .prepare<[string], string>('SELECT metadata_json FROM thread_documents WHERE thread_id = ?')
      .pluck();
    this.run = handle.prepare<[string, string], OutlineRow>(`${SELECT_OUTLINE} WHERE run_id = ? AND thread_id = ?`);
    this.wholeRun = handle.prepare<[string, string], WholeRow>(`${SELECT_WHOLE} WHERE run_id = ? AND thread_id = ?`);
    this.running = runs(`status = 'running'`);
    this.pending = runs(`status = 'pending' ORDER BY position`);
    this.owing = runs('owed_terminal IS NOT NULL ORDER BY position');
    this.interrupts = handle.prepare<[string], InterruptRow>(SELECT_INTERRUPTS);
    this.interruptData = handle
      .prepare<[string, string], string>(
        `SELECT data_json FROM interrupt_documents WHERE interrupt_key =
           (SELECT interrupt_key FROM interrupts WHERE thread_id = ? AND interrupt_id = ?)`,
      )
      .pluck();
    this.session = handle.prepare<[string], StoredSession>(SELECT_SESSION);
  }
}

/** What a unit asks of one thread. One object per unit, for most of them ask nothing. */
export class StoredRows implements Omit<UnitSource, 'committedEvents'> {
  constructor(private readonly rows: UnitRows, private readonly threadId: string) {}

  thread(): ThreadOutline | null {
    return this.rows.thread.get(this.threadId) ?? null;
  }

  threadMetadata(): string | null {
    return this.rows.metadata.get(this.threadId) ?? null;
  }

  run(runId: string): RunOutline | null {
    return outlineOrNull(this.rows.run.get(runId, this.threadId));
  }

  wholeRun(runId: string): Run | null {
    const row = this.rows.wholeRun.get(runId, this.threadId);
    return row ? toRun(row) : null;
  }

  runningRun(): RunOutline | null {
    return outlineOrNull(this.rows.running.get(this.threadId));
  }

  pendingRuns(): RunOutline[] {
    return this.rows.pending.all(this.threadId).map(toOutline);
  }

  owingRuns(): RunOutline[] {
    return this.rows.owing.all(this.threadId).map(toOutline);
  }

  interrupts(): InterruptRow[] {
    return this.rows.interrupts.all(this.threadId);
  }

  interruptData(interruptId: string): string {
    return this.rows.interruptData.get(this.threadId, interruptId) as string;
  }

  session(): SessionRow | null {
    const stored = this.rows.session.get(this.threadId);
    return stored ? toSessionRow(stored) : null;
  }
}

function outlineOrNull(row: OutlineRow | undefined): RunOutline | null {
  return row ? toOutline(row) : null;
}
