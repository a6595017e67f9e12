import type { BaseStore } from '@langchain/langgraph-checkpoint';
import type { Database as SqliteHandle } from 'better-sqlite3';
import { SqliteStore, StoreTable } from './sqlite-store.js';

/** STORE_SCOPE: whether each owner has a store of their own, or all have one. */
export type StoreScope = 'owner' | 'shared';

/** The owner of the items that belong to nobody: made without authentication, or shared by all. */
const NOBODY = '';

/** Whose long-term store somebody gets; the one place that decides it, for graphs and for whoever asks from outside. */
export class StoreScopes {
  private readonly table: StoreTable;
  private readonly shared: BaseStore;

  constructor(handle: SqliteHandle, private readonly scope: StoreScope) {
    this.table = new StoreTable(handle);
    this.shared = new SqliteStore(this.table, NOBODY);
  }

  /**
   * The store of an owner (null: of whoever calls without authentication).
   * @throws TypeError for an identity without a name, which would be nobody
   */
  of(owner: string | null): BaseStore {
    if (owner === NOBODY) throw new TypeError('an identity must not be empty');
    return owner === null || this.scope === 'shared' ? this.shared : new SqliteStore(this.table, owner);
  }
}
