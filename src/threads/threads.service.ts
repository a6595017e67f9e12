import { ConflictException, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { Caller } from '../auth/caller.js';
import { Ownership } from '../auth/ownership.js';
import type { GivenTtl } from './finding/thread-lifetime.js';
import { ThreadLifetimeRules } from './finding/thread-lifetime.js';
import type { ThreadRequest } from './thread-requests.js';
import type { ThreadOutline } from '../storage/rows/thread.js';
import { ThreadStorage } from '../storage/thread-storage.js';
import { ThreadMetadata } from './thread-metadata.js';
import { ThreadStateReader } from './thread-state-reader.js';
import { ThreadStateWriter } from './thread-state-writer.js';
import { type Thread, toThread } from './thread.js';

/** What changes of a thread; what is absent or null stays. */
export interface ThreadPatch {
  readonly metadata?: Record<string, unknown> | null;
  readonly ttl?: GivenTtl | null;
}

/** Threads as a resource: made, read and labelled. */
@Injectable()
export class ThreadsService {
  constructor(
    private readonly threads: ThreadStorage,
    private readonly metadata: ThreadMetadata,
    private readonly ownership: Ownership,
    private readonly reader: ThreadStateReader,
    private readonly writer: ThreadStateWriter,
    private readonly lifetimes: ThreadLifetimeRules,
  ) {}

  /** @throws NotFoundException also for another's thread */
  async find(threadId: string, caller: Caller): Promise<ThreadOutline> {
    return this.ownership.assert(await this.threads.outline(threadId), caller, `Thread ${threadId}`);
  }

  /** The thread with the values and open interrupts of its newest checkpoint, and what else is to be included. */
  async read(threadId: string, caller: Caller, include: readonly string[] = []): Promise<Thread> {
    const row = this.ownership.assert(await this.threads.find(threadId), caller, `Thread ${threadId}`);
    const thread = toThread(row, (await this.reader.read(row)) ?? undefined);
    const ttl = include.includes('ttl') ? await this.lifetimes.shown(row) : null;
    return ttl ? { ...thread, ttl } : thread;
  }

  /**
   * Makes a thread. The insert decides who was first, so of two callers with one id exactly one makes it.
   * @throws ConflictException when the id is taken, unless `if_exists` is `do_nothing` and the thread is the caller's
   */
  async create(request: ThreadRequest, caller: Caller): Promise<Thread> {
    const threadId = request.thread_id ?? uuidv7();
    const supersteps = request.supersteps ?? [];
    if (supersteps.length > 0) this.reader.assertGraph(request.metadata?.['graph_id']);
    const thread = { owner: caller.owner, metadata: request.metadata ?? {}, now: Date.now() };
    const made = await this.metadata.make(threadId, thread);
    if (!made) return this.existing(threadId, request.if_exists === 'do_nothing', caller);
    if (supersteps.length > 0) {
      try {
        await this.writer.applySupersteps(await this.find(threadId, caller), supersteps);
      } catch (error) {
        await this.metadata.unmake(threadId);
        throw error;
      }
    }
    if (request.ttl) await this.lifetimes.give(threadId, request.ttl);
    return this.read(threadId, caller);
  }

  /** Merges metadata key by key, and gives the thread another time to live. */
  async patch(threadId: string, { metadata, ttl }: ThreadPatch, caller: Caller): Promise<void> {
    await this.find(threadId, caller);
    await this.metadata.patch(threadId, metadata ?? {});
    if (ttl) await this.lifetimes.give(threadId, ttl);
  }

  private async existing(threadId: string, wanted: boolean, caller: Caller): Promise<Thread> {
    const row = await this.threads.ownerOf(threadId);
    if (wanted && row && this.ownership.mayAccess(row.owner, caller)) return this.read(threadId, caller);
    throw new ConflictException(`Thread ${threadId} already exists`);
  }
}
