import type { Awaitable } from './awaitable.js';

/** An item of the long-term store as it is kept; `valueJson` is the text of an object. Times in epoch ms. */
export interface StoreRow {
  readonly namespace: string[];
  readonly key: string;
  readonly valueJson: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** How near it is to what was asked, from -1 to 1; only where it was searched for by a vector. */
  readonly score?: number;
}

/** One read of a batch. With `refresh` the time to live of what is found begins anew. */
export type StoreRead =
  | { readonly kind: 'get'; readonly namespace: readonly string[]; readonly key: string; readonly refresh: boolean }
  | {
      readonly kind: 'search';
      readonly prefix: readonly string[];
      /** What the storage cannot decide. */
      readonly matches: (valueJson: string) => boolean;
      /** The nearest first; items without a vector come last. */
      readonly vector?: Float32Array;
      readonly limit: number;
      readonly offset: number;
      readonly refresh: boolean;
    }
  /** All namespaces under a prefix. */
  | { readonly kind: 'namespaces'; readonly prefix: readonly string[] };

/** What the reads of a batch find, in their order. */
export type StoreFound = StoreRow | null | StoreRow[] | string[][];

/** One write of a batch; without a value it removes the item. */
export interface StoreWrite {
  readonly namespace: readonly string[];
  readonly key: string;
  readonly valueJson: string | null;
  /** Null: for ever. */
  readonly ttlMinutes: number | null;
  readonly vectors: readonly Float32Array[];
}

/** The items of the long-term store. Owners are apart; '' is nobody. What has expired is not there any more. */
export abstract class StoreStorage {
  /** One transaction: all reads, which see what was there before, then all writes in their order. */
  abstract batch(owner: string, reads: readonly StoreRead[], writes: readonly StoreWrite[]): Awaitable<StoreFound[]>;

  /** Removes items whose time is over at `now` (epoch ms), `limit` at most. Returns how many. */
  abstract removeExpired(now: number, limit: number): Awaitable<number>;
}
