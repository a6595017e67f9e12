import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Database } from '../storage/sqlite/database.js';
import { RunScheduler } from './run-scheduler.js';

/** The longest that a timer of Node waits. */
const MAX_TIMER_MS = 2_147_483_647;

/**
 * Starts runs that were to wait when their time has come, also after a restart: one timer, for the one that is next.
 */
@Injectable()
export class RunDelays implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly setDue;
  private readonly nextDue;
  private readonly dueThreads;
  private timer: NodeJS.Timeout | null = null;
  private isStopping = false;
  private hasChanged = false;

  constructor(database: Database, private readonly scheduler: RunScheduler) {
    const prepare = database.handle.prepare.bind(database.handle);
    this.setDue = prepare<[number, string]>('UPDATE runs SET due_at = ? WHERE run_id = ?');
    const waiting = "FROM runs WHERE due_at IS NOT NULL AND status = 'pending'";
    this.nextDue = prepare<[number], number | null>(`SELECT MIN(due_at) ${waiting} AND due_at > ?`).pluck();
    this.dueThreads = prepare<[number, number], string>(
      `SELECT DISTINCT thread_id ${waiting} AND due_at > ? AND due_at <= ?`,
    ).pluck();
  }

  /** Inside the transaction that accepts the run; `dueAt` in epoch ms. */
  store(runId: string, dueAt: number): void {
    this.setDue.run(dueAt, runId);
    this.hasChanged = true;
  }

  onApplicationBootstrap(): void {
    this.arm(0);
  }

  onModuleDestroy(): void {
    this.isStopping = true;
    if (this.timer) clearTimeout(this.timer);
  }

  /** To be called when runs of a thread were accepted: starts what is due, and what is not in its time. */
  accepted(threadId: string): void {
    // First the timer, so that what becomes due meanwhile is seen by one of the two.
    if (this.hasChanged) this.arm(Date.now());
    this.hasChanged = false;
    this.scheduler.stop(threadId);
  }

  /** Sets the timer for the run that is due next after `since` (epoch ms). */
  private arm(since: number): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const dueAt = this.isStopping ? null : this.nextDue.get(since);
    if (dueAt === null || dueAt === undefined) return;
    const wait = Math.min(Math.max(dueAt - Date.now(), 0), MAX_TIMER_MS);
    this.timer = setTimeout(() => this.wake(since), wait);
    this.timer.unref();
  }

  private wake(since: number): void {
    const now = Date.now();
    for (const threadId of this.dueThreads.all(since, now)) this.scheduler.wake(threadId);
    this.arm(now);
  }
}
