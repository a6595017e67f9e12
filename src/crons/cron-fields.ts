import { z } from 'zod';
import { readFields, requestOf, type RunFields, runFields } from '../runs/requests/run-fields.js';
import type { CronCompletion, CronRow } from '../storage/rows/cron.js';
import { isTimezone, SCHEDULE_RULE, scheduleFault } from './schedule.js';

const schedule = z
  .string(SCHEDULE_RULE)
  .superRefine((value, context) => {
    const fault = scheduleFault(value);
    if (fault !== null) context.addIssue({ code: 'custom', message: fault });
  })
  .meta({ examples: ['0 9 * * MON-FRI'] });
const isTime = (value: unknown): boolean => typeof value === 'string' && timeOf(value) !== null;

/** What a cron has beside what its runs are asked for. */
const ownFields = {
  /** IANA name; UTC unless given. */
  timezone: z
    .string('must be the IANA name of a time zone such as Europe/Berlin')
    .refine(isTimezone, 'must be the IANA name of a time zone such as Europe/Berlin')
    .nullish(),
  end_time: z
    .custom<string>((value) => value == null || isTime(value), 'must be an ISO 8601 time such as 2027-01-31T12:00:00Z')
    .nullish()
    .meta({ type: 'string', format: 'date-time' }),
  enabled: z.boolean('must be true or false').nullish(),
};
const onRunCompleted = (values: readonly CronCompletion[], message: string) => z.enum(values, message).nullish();

const cronFields = {
  ...runFields,
  ...ownFields,
  schedule,
  on_run_completed: onRunCompleted(['delete', 'keep'], 'must be delete or keep'),
};
const { assistant_id: _assistant, ...changeable } = { ...cronFields, schedule: schedule.nullish() };
const ofThread = {
  on_run_completed: onRunCompleted(['keep'], 'must be keep, or left out: the thread of a cron is not deleted'),
};

/** Body of a cron whose runs have threads of their own, and of one whose runs have a thread together. */
export const createCronRequest = requestOf(cronFields);
export const createThreadCronRequest = requestOf({ ...cronFields, ...ofThread });

/** Bodies of a change: what is left out stays as it is; null takes it away, but for `schedule` and `enabled`. */
export const changeCronRequest = requestOf(changeable);
export const changeThreadCronRequest = requestOf({ ...changeable, ...ofThread });

/** What of a body is the cron's own, and no field of its runs. */
const OWN_FIELDS = new Set([...Object.keys(ownFields), 'schedule', 'on_run_completed', 'assistant_id', 'metadata']);

type Json = Readonly<Record<string, unknown>>;

/** What of a body is for the runs, as it came; without what is null. */
export function payloadOf(body: Json): Json {
  const own = Object.entries(body).filter(([name, value]) => !OWN_FIELDS.has(name) && value !== null);
  return Object.fromEntries(own);
}

/** The payload with what a body changes of it; null takes a field away. */
export function changedPayload(payload: Json, body: Json): Json {
  const gone = Object.keys(body).filter((name) => body[name] === null);
  const kept = Object.entries(payload).filter(([name]) => !gone.includes(name));
  return { ...Object.fromEntries(kept), ...payloadOf(body) };
}

const runRequest = requestOf(runFields);

/** What a run of the cron is asked for. @throws InvalidRunError when it would not be accepted today */
export function runFieldsOf(cron: CronRow): RunFields & { assistant_id: string } {
  const { payload, assistantId, metadata, cronId } = cron;
  return readFields(runRequest, { ...payload, assistant_id: assistantId, metadata: { ...metadata, cron_id: cronId } });
}

const LOCAL_TIME = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?$/;

/** Epoch ms of an ISO 8601 time, one without offset in UTC; null for anything else. */
export function timeOf(text: string): number | null {
  const isLocal = LOCAL_TIME.test(text);
  if (!isLocal && !/^\d{4}-\d\d-\d\d[T ].*(?:Z|[+-]\d\d:?\d\d)$/i.test(text)) return null;
  const time = Date.parse(isLocal && text.length > 10 ? `${text}Z` : text);
  return Number.isNaN(time) ? null : time;
}
