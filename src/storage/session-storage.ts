import type { Awaitable } from './awaitable.js';
import type { SessionRow } from './rows/session.js';

export type SessionStatus = 'running' | 'idle' | 'terminated';

/** Which sessions of an owner to list; null means any. */
export interface SessionQuery {
  readonly owner: string | null;
  readonly agentId: string | null;
  readonly agentVersion: number | null;
  readonly includeArchived: boolean;
  readonly statuses: readonly string[] | null;
  readonly from: number;
  readonly to: number;
  readonly order: 'asc' | 'desc';
  readonly after: { readonly createdAt: number; readonly threadId: string } | null;
  readonly limit: number;
}

/** Reads what is kept of sessions, as committed; decisions look at their `ThreadUnit` instead. */
export abstract class SessionStorage {
  abstract find(threadId: string): Awaitable<SessionRow | null>;

  abstract list(query: SessionQuery): Awaitable<SessionRow[]>;

  /** Threads with messages that wait for answers. */
  abstract threadsHolding(): Awaitable<string[]>;
}
