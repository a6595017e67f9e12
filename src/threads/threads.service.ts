import { BadRequestException, ConflictException, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { Caller } from '../auth/caller.js';
import { Ownership } from '../auth/ownership.js';
import type { GivenTtl } from './finding/thread-lifetime.js';
import { ThreadLifetimeRules } from './finding/thread-lifetime.js';
import { GraphRegistry } from '../graphs/graph-registry.js';
import type { ThreadRequest } from './thread-requests.js';
import { type ThreadOutline, ThreadRepository } from './thread-repository.js';
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
    private readonly threads: ThreadRepository,
    private readonly ownership: Ownership,
    private readonly graphs: GraphRegistry,
    private readonly reader: ThreadStateReader,
    private readonly writer: ThreadStateWriter,
    private readonly lifetimes: ThreadLifetimeRules,
  ) {}

  /** @throws NotFoundException also for another's thread */
  find(threadId: string, caller: Caller): ThreadOutline {
    return this.ownership.assert(this.threads.outline(threadId), caller, `Thread ${threadId}`);
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
    if (supersteps.length > 0) this.assertGraph(request.metadata?.['graph_id']);
    const made = this.threads.insertIfAbsent({
      threadId,
      owner: caller.owner,
      metadata: request.metadata ?? {},
      now: Date.now(),
    });
    if (!made) return this.existing(threadId, request.if_exists === 'do_nothing', caller);
    if (supersteps.length > 0) {
      try {
        await this.writer.applySupersteps(this.find(threadId, caller), supersteps);
      } catch (error) {
        this.threads.delete(threadId);
        throw error;
      }
    }
    if (request.ttl) await this.lifetimes.give(threadId, request.ttl);
    return this.read(threadId, caller);
  }

  /** Merges metadata key by key, and gives the thread another time to live. */
  async patch(threadId: string, { metadata, ttl }: ThreadPatch, caller: Caller): Promise<void> {
    await this.find(threadId, caller);
    await this.threads.mergeMetadata(threadId, metadata ?? {}, Date.now());
    if (ttl) await this.lifetimes.give(threadId, ttl);
  }

  private existing(threadId: string, wanted: boolean, caller: Caller): Promise<Thread> {
    const row = this.threads.ownerOf(threadId);
    if (wanted && row && this.ownership.mayAccess(row.owner, caller)) return this.read(threadId, caller);
    throw new ConflictException(`Thread ${threadId} already exists`);
  }

  private assertGraph(graphId: unknown): void {
    if (typeof graphId !== 'string') throw new BadRequestException('supersteps need a graph: give metadata.graph_id');
    if (!this.graphs.has(graphId)) {
      throw new BadRequestException(`No graph ${graphId}; langgraph.json has ${this.graphs.ids().join(', ')}`);
    }
  }
}
