import { Injectable } from '@nestjs/common';
import type { Statement } from 'better-sqlite3';
import { type DueThreads, type LifetimeStrategy, type ThreadLifetime, ThreadLifetimes } from '../../thread-search.js';
import { Database } from '../database.js';

/** Threads that one statement looks at. */
const PAGE_OF_THREADS = 1_000;
const IS_DUE = `t.status <> 'busy' AND max(t.updated_at, t.state_updated_at) + coalesce(l.minutes, :minutes) * 60000 <= :now`;

/** The table `thread_lifetimes`. */
@Injectable()
export class SqliteThreadLifetimes extends ThreadLifetimes {
  private readonly select;
  private readonly upsert;
  private readonly ofOwn: Statement<unknown[], { threadId: string; isDue: number }>;
  private readonly ofAll: Statement<unknown[], { threadId: string; isDue: number }>;
  private readonly strategyOf;

  constructor(database: Database) {
    super();
    const { handle } = database;
    this.select = handle.prepare<[string], ThreadLifetime>(
      'SELECT strategy, minutes FROM thread_lifetimes WHERE thread_id = ?',
    );
    this.upsert = handle.prepare(
      `INSERT INTO thread_lifetimes (thread_id, strategy, minutes)
       SELECT thread_id, :strategy, :minutes FROM threads WHERE thread_id = :threadId
       ON CONFLICT (thread_id) DO UPDATE SET strategy = excluded.strategy, minutes = excluded.minutes`,
    );
    const page = (from: string, first: string): typeof this.ofOwn => handle.prepare(
      `SELECT t.thread_id AS threadId, ${IS_DUE} AS isDue FROM ${from} USING (thread_id)
       WHERE ${first}.thread_id > :after ORDER BY ${first}.thread_id LIMIT ${PAGE_OF_THREADS}`,
    );
    this.ofOwn = page('thread_lifetimes AS l CROSS JOIN threads AS t', 'l');
    this.ofAll = page('threads AS t LEFT JOIN thread_lifetimes AS l', 't');
    this.strategyOf = handle.prepare<unknown[], LifetimeStrategy>(
      `SELECT coalesce(l.strategy, :strategy) FROM threads AS t LEFT JOIN thread_lifetimes AS l USING (thread_id)
       WHERE t.thread_id = :threadId AND ${IS_DUE}`,
    ).pluck();
  }

  override find(threadId: string): ThreadLifetime | null {
    return this.select.get(threadId) ?? null;
  }

  override save(threadId: string, { strategy, minutes }: ThreadLifetime): void {
    this.upsert.run({ threadId, strategy, minutes });
  }

  override due(now: number, byDefault: ThreadLifetime | null, after: string): DueThreads {
    // Without a default most threads live for ever, and are not looked at.
    const looked = (byDefault ? this.ofAll : this.ofOwn).all({ now, after, minutes: byDefault?.minutes ?? null });
    const isLast = looked.length < PAGE_OF_THREADS;
    return {
      threadIds: looked.filter(({ isDue }) => isDue === 1).map(({ threadId }) => threadId),
      through: isLast ? null : (looked.at(-1)?.threadId ?? null),
    };
  }

  override dueOf(threadId: string, now: number, byDefault: ThreadLifetime | null): LifetimeStrategy | null {
    const { strategy = null, minutes = null } = byDefault ?? {};
    return this.strategyOf.get({ threadId, now, strategy, minutes }) ?? null;
  }
}
