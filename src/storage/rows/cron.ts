/** What happens to the thread of a cron without one when its run has ended. */
export type CronCompletion = 'delete' | 'keep';

/** A cron without what can be large; times in epoch ms. */
export interface CronOutline {
  readonly cronId: string;
  readonly owner: string | null;
  readonly assistantId: string;
  /** Null: each run has a thread of its own. */
  readonly threadId: string | null;
  /** Null for a cron of a thread. */
  readonly onRunCompleted: CronCompletion | null;
  readonly schedule: string;
  /** IANA name; null is UTC. */
  readonly timezone: string | null;
  readonly enabled: boolean;
  readonly endTime: number | null;
  /** When it runs next; null when it does not. */
  readonly nextRunAt: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface CronRow extends CronOutline {
  /** What its runs are asked for, as the client sent it. */
  readonly payload: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** One time that a cron was due, and when it is due after that. Whoever stores it first has done it. */
export interface CronTick {
  readonly cronId: string;
  /** What `nextRunAt` was. */
  readonly dueAt: number;
  readonly nextRunAt: number | null;
}

/** The cron is not due at that time any more: it was ticked by somebody else, changed or deleted. */
export class CronMovedError extends Error {
  constructor(cronId: string) {
    super(`Cron ${cronId} is not due any more.`);
  }
}
