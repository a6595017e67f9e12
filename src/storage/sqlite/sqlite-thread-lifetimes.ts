import { Injectable } from '@nestjs/common';
import { type ThreadLifetime, ThreadLifetimes } from '../thread-search.js';
import { Database } from './database.js';

interface Due {
  threadId: string;
  strategy: ThreadLifetime['strategy'];
}

/** The table `thread_lifetimes`. */
@Injectable()
export class SqliteThreadLifetimes extends ThreadLifetimes {
  private readonly select;
  private readonly upsert;
  private readonly selectDue;

  constructor(database: Database) {
    super();
    this.select = database.handle.prepare<[string], ThreadLifetime>(
      'SELECT strategy, minutes FROM thread_lifetimes WHERE thread_id = ?',
    );
    this.upsert = database.handle.prepare(
      `INSERT INTO thread_lifetimes (thread_id, strategy, minutes)
       SELECT thread_id, :strategy, :minutes FROM threads WHERE thread_id = :threadId
       ON CONFLICT (thread_id) DO UPDATE SET strategy = excluded.strategy, minutes = excluded.minutes`,
    );
    this.selectDue = database.handle.prepare<unknown[], Due>(
      `SELECT t.thread_id AS threadId, coalesce(l.strategy, :strategy) AS strategy
       FROM threads AS t LEFT JOIN thread_lifetimes AS l USING (thread_id)
       WHERE t.thread_id > :after AND t.status <> 'busy'
         AND max(t.updated_at, t.state_updated_at) + coalesce(l.minutes, :minutes) * 60000 <= :now
       ORDER BY t.thread_id LIMIT :limit`,
    );
  }

  override find(threadId: string): ThreadLifetime | null {
    return this.select.get(threadId) ?? null;
  }

  override save(threadId: string, { strategy, minutes }: ThreadLifetime): void {
    this.upsert.run({ threadId, strategy, minutes });
  }

  override due(now: number, byDefault: ThreadLifetime | null, after: string, limit: number): Due[] {
    const { strategy = null, minutes = null } = byDefault ?? {};
    return this.selectDue.all({ now, after, limit, strategy, minutes });
  }
}
