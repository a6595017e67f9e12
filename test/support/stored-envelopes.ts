import type { Database } from '../../src/storage/sqlite/database.js';

/** An event as every reader gets it, parsed. */
export interface StoredEnvelope {
  type: 'event';
  event_id: string;
  seq: number;
  method: string;
  params: { namespace: string[]; timestamp: number; node?: string; data: unknown };
}

/** A thread's whole log, read from the tables without the code under test. */
export function storedEnvelopes(database: Database, threadId: string): StoredEnvelope[] {
  return database.handle
    .prepare<[string], string>(
      'SELECT envelope FROM log_events JOIN thread_heads USING (thread_key) WHERE thread_id = ? ORDER BY seq',
    )
    .pluck()
    .all(threadId)
    .map((text) => JSON.parse(text) as StoredEnvelope);
}
