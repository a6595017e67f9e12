import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { Caller } from '../auth/caller.js';
import { Ownership } from '../auth/ownership.js';
import { Clock } from '../clock/clock.js';
import { Settings } from '../config/settings.js';
import { AssistantResolver, assistantIdOf } from '../graphs/assistant-resolver.js';
import { validationIssue } from '../protocol/validation-issue.js';
import { readFields } from '../runs/requests/run-fields.js';
import { InvalidRunError } from '../runs/requests/run-request-errors.js';
import { RunRequests } from '../runs/requests/run-requests.js';
import { type CronFilter, type CronQuery, CronStorage } from '../storage/cron-storage.js';
import type { CronRow } from '../storage/rows/cron.js';
import { ThreadStorage } from '../storage/thread-storage.js';
import { metadataText } from '../threads/metadata-text.js';
import {
  changeCronRequest, changedPayload, changeThreadCronRequest, createCronRequest, createThreadCronRequest, payloadOf,
  runFieldsOf, timeOf,
} from './cron-fields.js';
import { CronScheduler } from './cron-scheduler.js';
import { nextRunAfter } from './schedule.js';

type Json = Readonly<Record<string, unknown>>;

/** Which crons of the caller are meant; an assistant by its id or by that of its graph. */
export type CronWish = Omit<CronFilter, 'owner' | 'assistantIds'> & { readonly assistantId: string | null };

/** Crons as clients make, change and find them. Whoever made one owns it, and its runs. */
@Injectable()
export class Crons {
  constructor(
    private readonly storage: CronStorage,
    private readonly threads: ThreadStorage,
    private readonly ownership: Ownership,
    private readonly requests: RunRequests,
    private readonly assistants: AssistantResolver,
    private readonly scheduler: CronScheduler,
    private readonly clock: Clock,
    private readonly settings: Settings,
  ) {}

  /**
   * @param threadId null: each run gets a thread of its own
   * @throws InvalidRunError, NotFoundException for a thread that is missing or another's, UnknownAssistantError,
   *   ProtocolError `no_such_checkpoint`, LimitExceededError for metadata
   */
  async create(threadId: string | null, caller: Caller, body: Json): Promise<CronRow> {
    const given = readFields(threadId === null ? createCronRequest : createThreadCronRequest, body);
    if (threadId !== null) this.ownership.assert(await this.threads.ownerOf(threadId), caller, `Thread ${threadId}`);
    const now = this.clock.now();
    const timing = {
      schedule: given.schedule,
      timezone: given.timezone ?? null,
      enabled: given.enabled ?? true,
      endTime: endTimeOf(given.end_time),
    };
    const nextRunAt = nextRunAfter(timing, now);
    if (timing.enabled && nextRunAt === null) throw neverDue(given.end_time);
    const row: CronRow = {
      ...timing,
      cronId: uuidv7(),
      owner: caller.owner,
      assistantId: given.assistant_id,
      threadId,
      onRunCompleted: threadId === null ? (given.on_run_completed ?? 'delete') : null,
      nextRunAt,
      payload: payloadOf(body),
      metadata: given.metadata ?? {},
      createdAt: now,
      updatedAt: now,
    };
    const stored = { ...row, assistantId: await this.assistantOf(row) };
    await this.storage.insert(stored);
    void this.scheduler.wake();
    return stored;
  }

  /** @throws NotFoundException for a cron that is missing or another's */
  async find(cronId: string, caller: Caller): Promise<CronRow> {
    return this.ownership.assert(await this.storage.find(cronId), caller, `Cron ${cronId}`);
  }

  /**
   * Changes what the body names; metadata is merged, null takes a field away.
   * @throws the same as `create`
   */
  async change(cronId: string, caller: Caller, body: Json): Promise<CronRow> {
    const found = await this.find(cronId, caller);
    const given = readFields(found.threadId === null ? changeCronRequest : changeThreadCronRequest, body);
    await this.assistantOf(this.changed(found, given, body));
    const changed = await this.storage.change(cronId, (stored) => this.changed(stored, given, body));
    void this.scheduler.wake();
    return this.ownership.assert(changed, caller, `Cron ${cronId}`);
  }

  /** @throws NotFoundException for a cron that is missing or another's */
  async remove(cronId: string, caller: Caller): Promise<void> {
    await this.find(cronId, caller);
    await this.storage.remove(cronId);
  }

  /** One page, how many there are in all, and where the next page begins: null when this is the last. */
  async search(
    wish: CronWish & Omit<CronQuery, keyof CronFilter>,
    caller: Caller,
  ): Promise<{ crons: CronRow[]; total: number; next: number | null }> {
    const { sortBy, descending, limit, offset } = wish;
    const filter = this.filter(wish, caller);
    const crons = await this.storage.search({ ...filter, sortBy, descending, limit, offset });
    const total = await this.storage.count(filter);
    const end = offset + crons.length;
    return { crons, total, next: crons.length > 0 && end < total ? end : null };
  }

  async count(wish: CronWish, caller: Caller): Promise<number> {
    return this.storage.count(this.filter(wish, caller));
  }

  private filter({ assistantId, threadId, enabled, metadata }: CronWish, { owner }: Caller): CronFilter {
    const names = assistantId === null ? null : [assistantId, assistantIdOf(assistantId)];
    const graphId = assistantId === null ? null : this.assistants.graphIdOf(assistantId);
    return { owner, threadId, enabled, metadata, assistantIds: graphId === null ? names : [...names ?? [], graphId] };
  }

  private changed(stored: CronRow, given: ReturnType<typeof readChange>, body: Json): CronRow {
    const now = this.clock.now();
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
      payload: changedPayload(stored.payload, body),
      metadata: { ...stored.metadata, ...given.metadata },
      updatedAt: now,
    };
  }

  /** The assistant of its runs. @throws what keeps a run of the cron from being accepted */
  private async assistantOf(cron: CronRow): Promise<string> {
    metadataText(cron.metadata, this.settings);
    const request = await this.requests.toStart(cron.threadId ?? cron.cronId, runFieldsOf(cron), 'classic');
    return ('answers' in request ? request.target?.assistantId : request.assistantId) ?? cron.assistantId;
  }
}

const TIMING = ['schedule', 'timezone', 'enabled', 'endTime'] as const;

const readChange = (body: Json) => readFields(changeCronRequest, body);

function endTimeOf(given: string | null | undefined): number | null {
  return given == null ? null : timeOf(given);
}

function neverDue(endTime: unknown): InvalidRunError {
  const message = 'end_time is before the cron is first due; give a later one, or none';
  return new InvalidRunError([validationIssue(['end_time'], message, 'value_error', endTime)]);
}
