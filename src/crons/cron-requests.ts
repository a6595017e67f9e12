import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { Clock } from '../clock/clock.js';
import { validationIssue } from '../protocol/validation-issue.js';
import { readFields } from '../runs/requests/run-fields.js';
import { RunLimits } from '../runs/requests/run-limits.js';
import { InvalidRunError } from '../runs/requests/run-request-errors.js';
import { RunRequests } from '../runs/requests/run-requests.js';
import type { CronRow } from '../storage/rows/cron.js';
import {
  changeCronRequest, changedPayload, changeThreadCronRequest, createCronRequest, createThreadCronRequest, payloadOf,
  runFieldsOf, timeOf,
} from './cron-fields.js';
import { nextRunAfter } from './schedule.js';

type Json = Readonly<Record<string, unknown>>;

/** What a change asks for, as it was read. */
export type CronChange = ReturnType<CronRequests['readChange']>;

const TIMING = ['schedule', 'timezone', 'enabled', 'endTime'] as const;

/** Makes what clients ask for into crons whose runs would be accepted today. */
@Injectable()
export class CronRequests {
  constructor(
    private readonly requests: RunRequests,
    private readonly limits: RunLimits,
    private readonly clock: Clock,
  ) {}

  /**
   * @param threadId null: each run gets a thread of its own
   * @throws InvalidRunError, UnknownAssistantError, LimitExceededError, ProtocolError `no_such_checkpoint`
   */
  async toCreate(threadId: string | null, owner: string | null, body: Json): Promise<CronRow> {
    const given = readFields(threadId === null ? createCronRequest : createThreadCronRequest, body);
    const now = this.clock.now();
    const timing = {
      schedule: given.schedule,
      timezone: given.timezone ?? null,
      enabled: given.enabled ?? true,
      endTime: endTimeOf(given.end_time),
    };
    const nextRunAt = nextRunAfter(timing, now);
    if (timing.enabled && nextRunAt === null) throw neverDue(given.end_time);
    const cron: CronRow = {
      ...timing,
      cronId: uuidv7(),
      owner,
      assistantId: given.assistant_id,
      threadId,
      onRunCompleted: threadId === null ? (given.on_run_completed ?? 'delete') : null,
      nextRunAt,
      payload: payloadOf(body),
      metadata: given.metadata ?? {},
      createdAt: now,
      updatedAt: now,
    };
    return { ...cron, assistantId: await this.assistantOf(cron) };
  }

  /** @throws InvalidRunError */
  readChange(cron: CronRow, body: Json) {
    const given = readFields(cron.threadId === null ? changeCronRequest : changeThreadCronRequest, body);
    return { given, payload: body, now: this.clock.now() };
  }

  /** The cron as it is after a change: what is left out stays, metadata is merged. */
  changed(stored: CronRow, { given, payload, now }: CronChange): CronRow {
    const timing = {
      schedule: given.schedule ?? stored.schedule,
      timezone: given.timezone === undefined ? stored.timezone : given.timezone,
      enabled: given.enabled ?? stored.enabled,
      endTime: given.end_time === undefined ? stored.endTime : endTimeOf(given.end_time),
    };
    const isRetimed = TIMING.some((field) => timing[field] !== stored[field]);
    return {
      ...stored,
      ...timing,
      // A tick that is due and was not done yet stays due.
      nextRunAt: isRetimed ? nextRunAfter(timing, now) : stored.nextRunAt,
      onRunCompleted: stored.threadId === null ? (given.on_run_completed ?? stored.onRunCompleted) : null,
      payload: changedPayload(stored.payload, payload),
      metadata: { ...stored.metadata, ...given.metadata },
      updatedAt: now,
    };
  }

  /** The assistant of its runs. @throws what keeps a run of the cron from being accepted */
  async assistantOf(cron: CronRow): Promise<string> {
    const fields = runFieldsOf(cron);
    this.limits.metadataText(cron.metadata);
    this.limits.assertWebhook(fields.webhook ?? undefined);
    const request = await this.requests.toStart(cron.threadId ?? cron.cronId, fields, 'classic', {
      owner: cron.owner,
    });
    return ('answers' in request ? request.target?.assistantId : request.assistantId) ?? cron.assistantId;
  }
}

function endTimeOf(given: string | null | undefined): number | null {
  return given == null ? null : timeOf(given);
}

function neverDue(endTime: unknown): InvalidRunError {
  const message = 'end_time is before the cron is first due; give a later one, or none';
  return new InvalidRunError([validationIssue(['end_time'], message, 'value_error', endTime)]);
}
