import type { StoreStorage } from '../../storage/store-storage.js';
import { OwnerStore } from './owner-store.js';
import { PLAIN_STORE, type StoreRules } from './store-rules.js';

/** STORE_SCOPE: whether each owner has a store of their own, or all have one. */
export type StoreScope = 'owner' | 'shared';

/** The owner of the items that belong to nobody: made without authentication, or shared by all. */
const NOBODY = '';

/** Whose long-term store somebody gets; the one place that decides it, for graphs and for whoever asks from outside. */
export class StoreScopes {
  /** What langgraph.json says of the store, once it was read. */
  rules: StoreRules = PLAIN_STORE;
  private readonly shared: OwnerStore;

  constructor(readonly storage: StoreStorage, private readonly scope: StoreScope) {
    this.shared = this.storeOf(NOBODY);
  }

  /**
   * The store of an owner (null: of whoever calls without authentication).
   * @throws TypeError for an identity without a name, which would be nobody
   */
  of(owner: string | null): OwnerStore {
    if (owner === NOBODY) throw new TypeError('an identity must not be empty');
    return owner === null || this.scope === 'shared' ? this.shared : this.storeOf(owner);
  }

  private storeOf(owner: string): OwnerStore {
    return new OwnerStore(this.storage, owner, () => this.rules);
  }
}
