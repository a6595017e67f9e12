import type { Awaitable } from './awaitable.js';

/** An assistant as clients made it: a graph with a name and settings of its own. Times in epoch ms. */
export interface AssistantRow {
  readonly assistantId: string;
  readonly owner: string | null;
  readonly graphId: string;
  readonly name: string;
  readonly description: string | null;
  readonly version: number;
  readonly metadata: Record<string, unknown>;
  /** Settings under the names of the session API: model, system, tools, ... */
  readonly agent: Record<string, unknown>;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly archivedAt: number | null;
}

/** Which assistants of an owner to list, newest first; `beforeId` null begins with the newest. */
export interface AssistantQuery {
  readonly owner: string | null;
  readonly includeArchived: boolean;
  readonly before: { readonly createdAt: number; readonly id: string } | null;
  readonly limit: number;
}

/** Assistants and their versions. */
export abstract class AssistantStorage {
  abstract find(assistantId: string): Awaitable<AssistantRow | null>;

  abstract list(query: AssistantQuery): Awaitable<AssistantRow[]>;

  /** Stores a new assistant, or a new version of one. Returns false when that version is there already. */
  abstract save(row: AssistantRow): Awaitable<boolean>;

  abstract archive(assistantId: string, now: number): Awaitable<void>;

  /** Every version as it was, the newest first. */
  abstract versions(assistantId: string): Awaitable<AssistantRow[]>;
}
