import { getTextAtPath } from '@langchain/langgraph-checkpoint';

/** Makes a vector of each text. */
export type Embed = (texts: string[]) => Promise<ArrayLike<number>[]>;

/** What items are searched by: `store.index` of langgraph.json. */
export interface StoreIndex {
  readonly embed: Embed;
  readonly dims: number;
  /** Paths of the texts in an item's value that are embedded; `$` is all of it. */
  readonly fields: readonly string[];
}

/** How long items live: `store.ttl` of langgraph.json. */
export interface StoreTtl {
  /** Minutes; null: for ever. */
  readonly defaultMinutes: number | null;
  /** Whether reading an item lets its time begin anew, unless the reader says otherwise. */
  readonly refreshOnRead: boolean;
  /** Minutes between two looks for what has expired; null leaves it to MAINTENANCE_INTERVAL_MS. */
  readonly sweepMinutes: number | null;
}

/** What langgraph.json says of the store. */
export interface StoreRules {
  readonly ttl: StoreTtl;
  readonly index: StoreIndex | null;
}

export const PLAIN_STORE: StoreRules = {
  ttl: { defaultMinutes: null, refreshOnRead: true, sweepMinutes: null },
  index: null,
};

/** The texts of a value that are embedded; `index` of a put names others than the configured ones, or none. */
export function textsOf(value: object, { fields }: StoreIndex, index: false | string[] | undefined): string[] {
  if (index === false) return [];
  const texts = (index ?? fields).flatMap((path) =>
    path === '$' ? JSON.stringify(value) : getTextAtPath(value, path),
  );
  return texts.filter((text) => text !== '');
}

/** @throws TypeError when the function gave something else than a vector of `dims` numbers for each text */
export async function embedded(texts: readonly string[], { embed, dims }: StoreIndex): Promise<Float32Array[]> {
  if (texts.length === 0) return [];
  const vectors = await embed([...texts]);
  if (!Array.isArray(vectors) || vectors.length !== texts.length)
    throw new TypeError(`the embedding function of store.index must give ${texts.length} vectors, one for each text`);
  return vectors.map((vector) => {
    const numbers = Float32Array.from(vector);
    if (numbers.length !== dims)
      throw new TypeError(`the embedding function of store.index gave ${numbers.length} numbers, dims is ${dims}`);
    return numbers;
  });
}
