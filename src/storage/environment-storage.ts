import type { Awaitable } from './awaitable.js';

/** An environment as clients made it. Times in epoch ms. */
export interface EnvironmentRow {
  readonly environmentId: string;
  readonly owner: string | null;
  readonly name: string;
  readonly description: string | null;
  readonly config: Record<string, unknown>;
  readonly metadata: Record<string, unknown>;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly archivedAt: number | null;
}

/** Environments of the session API. */
export abstract class EnvironmentStorage {
  abstract find(environmentId: string): Awaitable<EnvironmentRow | null>;

  /** Newest first. */
  abstract list(owner: string | null, includeArchived: boolean, limit: number): Awaitable<EnvironmentRow[]>;

  /** Stores a new one, or replaces it. */
  abstract save(row: EnvironmentRow): Awaitable<void>;

  abstract delete(environmentId: string): Awaitable<void>;
}
