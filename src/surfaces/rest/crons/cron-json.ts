import type { CronRow } from '../../../storage/rows/cron.js';

/** A cron as the REST API gives it; times are ISO 8601. */
export interface CronJson {
  readonly cron_id: string;
  readonly assistant_id: string;
  readonly thread_id: string | null;
  readonly on_run_completed?: 'delete' | 'keep';
  readonly schedule: string;
  readonly timezone: string | null;
  readonly enabled: boolean;
  readonly end_time: string | null;
  readonly next_run_date: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly user_id: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  /** The server's time, for those who select it. */
  readonly now?: string;
}

/** The fields of a cron. */
export function cronJson(cron: CronRow): CronJson {
  return {
    cron_id: cron.cronId,
    assistant_id: cron.assistantId,
    thread_id: cron.threadId,
    ...(cron.onRunCompleted === null ? {} : { on_run_completed: cron.onRunCompleted }),
    schedule: cron.schedule,
    timezone: cron.timezone,
    enabled: cron.enabled,
    end_time: isoOrNull(cron.endTime),
    next_run_date: isoOrNull(cron.nextRunAt),
    payload: { assistant_id: cron.assistantId, ...cron.payload },
    metadata: cron.metadata,
    user_id: cron.owner,
    created_at: new Date(cron.createdAt).toISOString(),
    updated_at: new Date(cron.updatedAt).toISOString(),
  };
}

/** Those of the fields that `select` names; all of them if it names none. */
export function selectedCron(cron: CronRow, select: readonly string[], now: number): Partial<CronJson> {
  const json = cronJson(cron);
  if (select.length === 0) return json;
  const all: CronJson = { ...json, now: new Date(now).toISOString() };
  return Object.fromEntries(Object.entries(all).filter(([field]) => select.includes(field)));
}

function isoOrNull(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
