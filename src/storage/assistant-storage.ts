import type { Awaitable } from './awaitable.js';

/** An assistant: a graph with a name and settings of its own. Times in epoch ms. */
export interface AssistantRow {
  readonly assistantId: string;
  readonly owner: string | null;
  /** The one that a graph of langgraph.json has by itself; it has no owner, and everybody may read it. */
  readonly system: boolean;
  readonly graphId: string;
  readonly name: string;
  readonly description: string | null;
  readonly version: number;
  readonly metadata: Record<string, unknown>;
  /** LangGraph config: `configurable`, `recursion_limit`, `tags`, `metadata`. */
  readonly config: Record<string, unknown>;
  readonly context: Record<string, unknown>;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** An archived one is found by its id, and by no search. */
  readonly archivedAt: number | null;
}

/** Which assistants of an owner to list, newest first; `beforeId` null begins with the newest. */
export interface AssistantQuery {
  readonly owner: string | null;
  readonly includeArchived: boolean;
  readonly before: { readonly createdAt: number; readonly id: string } | null;
  readonly limit: number;
}

/** The assistants that an owner sees: their own, and those of the graphs; null filters nothing. */
export interface AssistantFilter {
  readonly owner: string | null;
  /** The graphs whose own assistants are there; rows of other graphs may have stayed from another langgraph.json. */
  readonly systemGraphIds: readonly string[];
  readonly graphId: string | null;
  /** A part of the name, in any case. */
  readonly name: string | null;
  /** What the metadata must contain, nested objects and members of lists included. */
  readonly metadata: Readonly<Record<string, unknown>> | null;
}

export type AssistantSort = 'assistant_id' | 'graph_id' | 'name' | 'created_at' | 'updated_at';

/** One page of them; equals are ordered by id. */
export interface AssistantSearch extends AssistantFilter {
  readonly sortBy: AssistantSort;
  readonly descending: boolean;
  readonly limit: number;
  readonly offset: number;
}

/** Which versions of an assistant to read, the newest first. */
export interface VersionQuery {
  readonly metadata: Readonly<Record<string, unknown>> | null;
  readonly limit: number;
  readonly offset: number;
}

/** Assistants and their versions. */
export abstract class AssistantStorage {
  abstract find(assistantId: string): Awaitable<AssistantRow | null>;

  /** Those that clients made. */
  abstract list(query: AssistantQuery): Awaitable<AssistantRow[]>;

  abstract search(search: AssistantSearch): Awaitable<AssistantRow[]>;

  abstract count(filter: AssistantFilter): Awaitable<number>;

  /** Stores a new assistant, or a new version of one. Returns false when that version is there already. */
  abstract save(row: AssistantRow): Awaitable<boolean>;

  /** Makes an assistant what the row says, and no version. */
  abstract replace(row: AssistantRow): Awaitable<void>;

  abstract archive(assistantId: string, now: number): Awaitable<void>;

  /** Removes it with all its versions. */
  abstract delete(assistantId: string): Awaitable<void>;

  /** Versions as they were. */
  abstract versions(assistantId: string, query: VersionQuery): Awaitable<AssistantRow[]>;

  abstract version(assistantId: string, version: number): Awaitable<AssistantRow | null>;

  /** 0 when there is none. */
  abstract newestVersion(assistantId: string): Awaitable<number>;

  /** Ids of the owner's threads that are bound to it, in their order, those above `after`. */
  abstract threadsOf(assistantId: string, owner: string | null, after: string, limit: number): Awaitable<string[]>;
}
