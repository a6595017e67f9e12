import type { ThreadRow, ThreadStatus } from '../storage/rows/thread.js';
import type { ShownTtl } from './finding/thread-lifetime.js';
import { emptyState, type PendingInterrupt, type ThreadState } from './thread-state.js';

/** A thread as LangGraph clients read it; times are ISO. */
export interface Thread {
  thread_id: string;
  created_at: string;
  updated_at: string;
  state_updated_at: string;
  metadata: Record<string, unknown>;
  status: ThreadStatus;
  values: unknown;
  /** Open interrupts by the id of the task that raised them. */
  interrupts: Record<string, PendingInterrupt[]>;
  config: Record<string, unknown>;
  error?: string;
  /** Its time to live, when asked for. */
  ttl?: ShownTtl;
  /** What a search took out of it. */
  extracted?: Record<string, unknown>;
}

/** Joins a row with the thread's newest state. */
export function toThread(row: ThreadRow, state: ThreadState = emptyState()): Thread {
  const waiting = state.tasks.filter((task) => task.interrupts.length > 0);
  return {
    thread_id: row.threadId,
    created_at: isoTime(row.createdAt),
    updated_at: isoTime(row.updatedAt),
    state_updated_at: isoTime(Math.max(row.stateUpdatedAt, Date.parse(state.created_at ?? '') || 0)),
    metadata: row.metadata,
    status: row.status,
    values: state.values,
    interrupts: Object.fromEntries(waiting.map((task) => [task.id, task.interrupts])),
    config: row.config,
    ...(row.error === null ? {} : { error: row.error }),
  };
}

function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
