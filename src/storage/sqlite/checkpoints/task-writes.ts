import type { Database as SqliteHandle } from 'better-sqlite3';
import type { TaskRef } from '../../checkpointer.js';
import { NO_RESULT } from './checkpoint-rows.js';

/**
 * What the checkpointer holds of a task that has not become part of a checkpoint: the answers it consumed (channel
 * `__resume__`), and its result, if it has one. A task id belongs to one checkpoint, so no checkpoint id is needed.
 */
export class TaskWrites {
  private readonly selectResumes;
  private readonly selectResult;
  private readonly updateResumes;
  private readonly deleteResumes;

  constructor(handle: SqliteHandle) {
    const task = 'thread_id = :threadId AND checkpoint_ns = :namespace AND task_id = :taskId';
    this.selectResumes = handle
      .prepare<[TaskRef], Uint8Array | string>(`SELECT value FROM writes WHERE ${task} AND channel = '__resume__'`)
      .pluck();
    this.selectResult = handle.prepare<[TaskRef], unknown>(
      `SELECT 1 FROM writes WHERE ${task} AND channel NOT IN ${NO_RESULT} LIMIT 1`,
    );
    this.updateResumes = handle.prepare<[TaskRef & { value: string }]>(
      `UPDATE writes SET value = :value WHERE ${task} AND channel = '__resume__'`,
    );
    this.deleteResumes = handle.prepare<[TaskRef]>(`DELETE FROM writes WHERE ${task} AND channel = '__resume__'`);
  }

  /** How many answers the task has consumed so far. */
  countResumes(task: TaskRef): number {
    return this.resumes(task).length;
  }

  /** True when the task has its result: LangGraph lists its interrupt still, but never runs it again. */
  isFinished(task: TaskRef): boolean {
    return this.selectResult.get(task) !== undefined;
  }

  /** Forgets the answers after the first `keep`, so that the task asks for them again. */
  trimResumes(task: TaskRef, keep: number): void {
    const resumes = this.resumes(task);
    if (resumes.length <= keep) return;
    if (keep === 0) this.deleteResumes.run(task);
    else this.updateResumes.run({ ...task, value: JSON.stringify(resumes.slice(0, keep)) });
  }

  private resumes(task: TaskRef): unknown[] {
    const stored = this.selectResumes.get(task);
    if (stored === undefined || stored === null) return [];
    const value: unknown = JSON.parse(typeof stored === 'string' ? stored : Buffer.from(stored).toString());
    return Array.isArray(value) ? value : [value];
  }
}
