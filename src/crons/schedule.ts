import { Cron } from 'croner';

/** Five fields, or a name for them. A date, which the library also reads, is no schedule. */
const FORM = /^\s*(?:\S+\s+){4}\S+\s*$|^\s*@\S+\s*$/;
export const SCHEDULE_RULE =
  'must be a cron expression of five fields (minute, hour, day of month, month, day of week) such as "0 9 * * MON-FRI", or @hourly, @daily, @weekly, @monthly, @yearly';

/** What is wrong with an expression, in words; null when nothing is. Years that hold no time count as wrong. */
export function scheduleFault(expression: string): string | null {
  if (!FORM.test(expression)) return SCHEDULE_RULE;
  try {
    const next = parsed(expression, null).nextRun(new Date(0));
    return next === null ? 'is never due: no date fits it' : null;
  } catch (error) {
    return `${SCHEDULE_RULE}: ${(error as Error).message.replace(/^CronPattern: /, '')}`;
  }
}

/** Whether the platform knows a time zone of this name (IANA). */
export function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** When a cron is due. */
export interface Timing {
  readonly schedule: string;
  readonly timezone: string | null;
  readonly enabled: boolean;
  readonly endTime: number | null;
}

/** The first time after `after` at which the cron is due, both in epoch ms; null when it is over, or not enabled. */
export function nextRunAfter({ schedule, timezone, enabled, endTime }: Timing, after: number): number | null {
  if (!enabled) return null;
  const next = parsed(schedule, timezone).nextRun(new Date(after))?.getTime() ?? null;
  return next === null || (endTime !== null && next > endTime) ? null : next;
}

function parsed(expression: string, timezone: string | null): Cron {
  return new Cron(expression.trim(), { mode: '5-part', paused: true, timezone: timezone ?? 'UTC' });
}
