import { Injectable } from '@nestjs/common';
import type { Caller } from '../auth/caller.js';
import { Ownership } from '../auth/ownership.js';
import { AssistantResolver, assistantIdOf } from '../graphs/assistant-resolver.js';
import { type CronFilter, type CronQuery, CronStorage } from '../storage/cron-storage.js';
import type { CronRow } from '../storage/rows/cron.js';
import { ThreadStorage } from '../storage/thread-storage.js';
import { CronRequests } from './cron-requests.js';
import { CronScheduler } from './cron-scheduler.js';

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
    private readonly requests: CronRequests,
    private readonly assistants: AssistantResolver,
    private readonly scheduler: CronScheduler,
  ) {}

  /**
   * @param threadId null: each run gets a thread of its own
   * @throws InvalidRunError, NotFoundException for a thread that is missing or another's, UnknownAssistantError,
   *   ProtocolError `no_such_checkpoint`, LimitExceededError for metadata
   */
  async create(threadId: string | null, caller: Caller, body: Json): Promise<CronRow> {
    if (threadId !== null) this.ownership.assert(await this.threads.ownerOf(threadId), caller, `Thread ${threadId}`);
    const cron = await this.requests.toCreate(threadId, caller.owner, body);
    await this.storage.insert(cron);
    void this.scheduler.wake();
    return cron;
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
    const change = this.requests.readChange(found, body);
    await this.requests.assistantOf(this.requests.changed(found, change));
    const changed = await this.storage.change(cronId, (stored) => this.requests.changed(stored, change));
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
}
