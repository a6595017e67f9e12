import {
  BaseStore,
  type Item,
  type Operation,
  type OperationResults,
  type PutOperation,
  type SearchItem,
} from '@langchain/langgraph-checkpoint';
import type { StoreFound, StoreRead, StoreRow, StoreStorage, StoreWrite } from '../../storage/store-storage.js';
import { matchesFilter } from './store-filter.js';
import { commonPrefix, listedNamespaces } from './namespace-listing.js';
import { embedded, type StoreRules, textsOf } from './store-rules.js';

/** What only callers from outside can say of an operation. */
export interface StoreTerms {
  /** Minutes that what is put lives; null: for ever. The configured ones unless given. */
  readonly ttl?: number | null;
  /** Whether reading lets the time to live begin anew; as configured unless given. */
  readonly refreshTtl?: boolean | null;
}

/**
 * LangGraph's long-term store (`config.store`) as one owner sees it: the items with their name, and no others. Values
 * are kept as JSON. Where langgraph.json names an embedding function, items are found by a `query`, the nearest first,
 * with a score; elsewhere a `query` is ignored. A batch is one transaction; its reads see the state before its writes,
 * as in LangGraph's own InMemoryStore.
 */
export class OwnerStore extends BaseStore {
  /**
   * @param owner '' for the items that belong to nobody (`StoreScopes` decides whose store a caller gets)
   * @param rules asked for at each batch: they are known once langgraph.json was read
   */
  constructor(
    private readonly storage: StoreStorage,
    private readonly owner: string,
    private readonly rules: () => StoreRules,
  ) {
    super();
  }

  /**
   * Runs the operations of one batch; results stand in the order of the operations.
   * @throws TypeError for a value that is not an object, or has no JSON form, before anything is written; whatever the
   *   embedding function throws
   */
  override async batch<Op extends Operation[]>(operations: Op): Promise<OperationResults<Op>> {
    return (await this.perform(operations, {})) as OperationResults<Op>;
  }

  /** One operation on terms of its own. @throws as `batch` does */
  async on(operation: Operation, terms: StoreTerms): Promise<unknown> {
    const [result] = await this.perform([operation], terms);
    return result;
  }

  private async perform(operations: readonly Operation[], terms: StoreTerms): Promise<unknown[]> {
    const { ttl: ttlRules, index } = this.rules();
    const puts = operations.filter(isPut);
    const texts = puts.map((op) => (op.value === null ? null : encodeValue(op)));
    const ttlMinutes = terms.ttl === undefined ? ttlRules.defaultMinutes : terms.ttl;
    const writes = await Promise.all(
      puts.map(async (op, at): Promise<StoreWrite> => {
        const vectors = index && op.value !== null ? await embedded(textsOf(op.value, index, op.index), index) : [];
        return { namespace: op.namespace, key: op.key, valueJson: texts[at] as string | null, ttlMinutes, vectors };
      }),
    );
    const asking = operations.filter((op) => !isPut(op));
    const refresh = terms.refreshTtl ?? ttlRules.refreshOnRead;
    const reads = await Promise.all(asking.map((op) => this.toRead(op, refresh)));
    const found = await this.storage.batch(this.owner, reads, writes);
    return operations.map((op) => (isPut(op) ? undefined : resultOf(op, found[asking.indexOf(op)] as StoreFound)));
  }

  private async toRead(op: Exclude<Operation, PutOperation>, refresh: boolean): Promise<StoreRead> {
    if ('namespacePrefix' in op) {
      const { namespacePrefix: prefix, filter, limit = 10, offset = 0, query } = op;
      const matches = (valueJson: string): boolean =>
        filter === undefined || matchesFilter(JSON.parse(valueJson) as Record<string, unknown>, filter);
      const { index } = this.rules();
      const [vector] = index && query ? await embedded([query], index) : [];
      return { kind: 'search', prefix, matches, limit, offset, refresh, ...(vector ? { vector } : {}) };
    }
    if ('key' in op) return { kind: 'get', namespace: op.namespace, key: op.key, refresh };
    return { kind: 'namespaces', prefix: commonPrefix(op.matchConditions) };
  }
}

function resultOf(op: Operation, found: StoreFound): unknown {
  if ('namespacePrefix' in op)
    return (found as StoreRow[]).map((row): SearchItem => ({ ...toItem(row), score: row.score }));
  if ('key' in op) return found === null ? null : toItem(found as StoreRow);
  return listedNamespaces(found as string[][], op);
}

function isPut(op: Operation): op is PutOperation {
  return 'value' in op;
}

function encodeValue(op: PutOperation): string {
  if (typeof op.value !== 'object' || op.value === null || Array.isArray(op.value)) {
    throw new TypeError(`the value of store item ${JSON.stringify([...op.namespace, op.key])} must be an object`);
  }
  try {
    return JSON.stringify(op.value);
  } catch (error) {
    // A bigint, a circle, or a value that nests too deeply.
    const reason = (error as Error).message.split('\n', 1)[0];
    throw new TypeError(
      `the value of store item ${JSON.stringify([...op.namespace, op.key])} cannot be kept as JSON: ${reason}`,
      { cause: error },
    );
  }
}

function toItem({ valueJson, key, namespace, createdAt, updatedAt }: StoreRow): Item {
  return {
    value: JSON.parse(valueJson) as Record<string, unknown>,
    key,
    namespace,
    createdAt: new Date(createdAt),
    updatedAt: new Date(updatedAt),
  };
}
