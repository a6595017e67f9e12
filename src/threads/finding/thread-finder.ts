import { Injectable } from '@nestjs/common';
import type { Caller } from '../../auth/caller.js';
import { Settings } from '../../config/settings.js';
import { stateJson } from '../../graphs/state-json.js';
import { containsJson } from '../../storage/json-containment.js';
import {
  SearchTooBroadError,
  ThreadSearch,
  type ThreadQuery,
  type ThreadSortField,
} from '../../storage/thread-search.js';
import type { ThreadStatus } from '../../storage/rows/thread.js';
import { ThreadStorage } from '../../storage/thread-storage.js';
import { LimitExceededError } from '../limit-exceeded-error.js';
import { ThreadStateReader } from '../thread-state-reader.js';
import { type Thread, toThread } from '../thread.js';
import { valueAt } from './value-path.js';

type Json = Record<string, unknown>;

/** Which threads are meant; everything given must hold. */
export interface ThreadFilter {
  /** The thread's metadata contains it. */
  readonly metadata?: Json | null;
  /** The values of the thread's newest checkpoint contain it. */
  readonly values?: Json | null;
  readonly ids?: readonly string[] | null;
  readonly status?: ThreadStatus | null;
}

/** A search; what is absent or null is chosen by the server. */
export interface ThreadSearchRequest extends ThreadFilter {
  readonly limit?: number | null;
  readonly offset?: number | null;
  readonly sort_by?: ThreadSortField | null;
  readonly sort_order?: 'asc' | 'desc' | null;
  /** Fields of the answer; all unless given. */
  readonly select?: readonly string[] | null;
  /** Paths of values by the name that each gets in `extracted`. */
  readonly extract?: Readonly<Record<string, string>> | null;
}

/** One page of a search. */
export interface FoundThreads {
  readonly threads: Partial<Thread>[];
  /** Where the next page begins; null when this is the last. */
  readonly next: number | null;
  /** How many threads fit; null when they are too many to be counted for a page. */
  readonly total: number | null;
}

/** Fields that only the thread's state tells. */
const OF_STATE = ['values', 'interrupts'];

/** Finds the caller's threads. */
@Injectable()
export class ThreadFinder {
  constructor(
    private readonly search: ThreadSearch,
    private readonly threads: ThreadStorage,
    private readonly reader: ThreadStateReader,
    private readonly settings: Settings,
  ) {}

  /** @throws LimitExceededError for a search that no index narrows down enough (MAX_THREADS_SCANNED) */
  async find(request: ThreadSearchRequest, caller: Caller): Promise<FoundThreads> {
    const { limit, offset, sort_by: sortBy, sort_order: sortOrder } = request;
    const query = this.queryOf(request, caller);
    const page = {
      sortBy: sortBy ?? 'created_at',
      sortOrder: sortOrder ?? 'desc',
      limit: limit ?? Math.min(10, this.settings.MAX_SEARCH_LIMIT),
      offset: offset ?? 0,
    } as const;
    const ids = await guarded(() => this.search.find(query, page));
    const hasMore = ids.length > page.limit;
    const threads: Partial<Thread>[] = [];
    for (const threadId of ids.slice(0, page.limit)) {
      const thread = await this.shown(threadId, request);
      if (thread) threads.push(thread);
    }
    const known =
      hasMore || ids.length === 0 ? await this.total(query, page.offset, ids.length) : page.offset + ids.length;
    return { threads, next: hasMore ? page.offset + page.limit : null, total: known };
  }

  /** @throws LimitExceededError as `find` does */
  async count(filter: ThreadFilter, caller: Caller): Promise<number> {
    const count = await guarded(() => this.search.count(this.queryOf(filter, caller), Number.POSITIVE_INFINITY));
    return count as number;
  }

  /** A search that looks at each thread is not made again just to count. */
  private async total(query: ThreadQuery, offset: number, found: number): Promise<number | null> {
    if (offset === 0 && found === 0) return 0;
    try {
      return query.matches ? null : await this.search.count(query, this.settings.MAX_THREADS_COUNTED);
    } catch (error) {
      if (error instanceof SearchTooBroadError) return null;
      throw error;
    }
  }

  private queryOf({ metadata, values, ids, status }: ThreadFilter, { owner }: Caller): ThreadQuery {
    const asksValues = values && Object.keys(values).length > 0;
    return {
      owner,
      ...(metadata ? { metadata } : {}),
      ...(ids ? { ids } : {}),
      ...(status ? { status } : {}),
      ...(asksValues ? { matches: (threadId) => this.holdsValues(threadId, values) } : {}),
    };
  }

  private async holdsValues(threadId: string, wanted: Json): Promise<boolean> {
    const values = await this.reader.storedValues(threadId);
    return values !== null && containsJson(JSON.parse(stateJson(values)), wanted);
  }

  private async shown(threadId: string, { select, extract }: ThreadSearchRequest): Promise<Partial<Thread> | null> {
    const row = await this.threads.find(threadId);
    if (!row) return null;
    const fields = select && select.length > 0 ? select : null;
    const roots = Object.values(extract ?? {}).map((path) => path.split(/[.[]/, 1)[0] as string);
    const needsState = fields === null || [...fields, ...roots].some((field) => OF_STATE.includes(field));
    const state = needsState ? await this.reader.read(row) : null;
    const thread = toThread(row, state ?? undefined);
    const chosen = fields === null ? thread : chosenOf(thread, fields);
    return extract ? { ...chosen, extracted: extracted(thread, extract) } : chosen;
  }
}

async function guarded<T>(search: () => T | Promise<T>): Promise<T> {
  try {
    return await search();
  } catch (error) {
    throw error instanceof SearchTooBroadError ? new LimitExceededError('values', error.message) : error;
  }
}

function chosenOf(thread: Thread, fields: readonly string[]): Partial<Thread> {
  return Object.fromEntries(Object.entries(thread).filter(([field]) => fields.includes(field)));
}

function extracted(thread: Thread, paths: Readonly<Record<string, string>>): Json {
  // As clients read it: a message in the state has its fields there.
  const data: unknown = JSON.parse(stateJson(thread));
  return Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, valueAt(data, path)]));
}
