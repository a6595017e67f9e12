import {
  BaseStore,
  type GetOperation,
  type Item,
  type ListNamespacesOperation,
  type Operation,
  type OperationResults,
  type PutOperation,
  type SearchItem,
  type SearchOperation,
} from '@langchain/langgraph-checkpoint';
import type { Database as SqliteHandle, Statement } from 'better-sqlite3';
import { matchesFilter } from './store-filter.js';
import { commonPrefix, decodeNamespace, encodeNamespace, listedNamespaces, namespaceRange } from './store-namespace.js';

interface StoreRow {
  namespace: string;
  key: string;
  value_json: string;
  created_at: number;
  updated_at: number;
}

const COLUMNS = 'namespace, key, value_json, created_at, updated_at';
const IN_RANGE = 'owner = ? AND (namespace = ? OR (namespace >= ? AND namespace < ?))';

/** The table `store_items` and its statements, which the stores of all owners share. */
export class StoreTable {
  readonly getItem: Statement<unknown[], StoreRow>;
  readonly putItem: Statement;
  readonly deleteItem: Statement;
  readonly searchItems: Statement<unknown[], StoreRow>;
  readonly selectNamespaces: Statement<unknown[], string>;

  constructor(readonly handle: SqliteHandle) {
    this.getItem = handle.prepare(`SELECT ${COLUMNS} FROM store_items WHERE owner = ? AND namespace = ? AND key = ?`);
    this.putItem = handle.prepare(
      `INSERT INTO store_items (owner, namespace, key, value_json, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (owner, namespace, key) DO UPDATE SET value_json = excluded.value_json, updated_at = excluded.updated_at`,
    );
    this.deleteItem = handle.prepare('DELETE FROM store_items WHERE owner = ? AND namespace = ? AND key = ?');
    this.searchItems = handle.prepare(
      `SELECT ${COLUMNS} FROM store_items WHERE ${IN_RANGE} ORDER BY updated_at DESC, namespace, key`,
    );
    this.selectNamespaces = handle
      .prepare(`SELECT DISTINCT namespace FROM store_items WHERE ${IN_RANGE} ORDER BY namespace`)
      .pluck() as Statement<unknown[], string>;
  }
}

/**
 * LangGraph's long-term store (`config.store`) as one owner sees it: the rows of `store_items` with their name, and no
 * others. Values are kept as JSON. There is no vector index: a `query` is ignored and results carry no score.
 * A batch is one synchronous transaction; its reads see the state before its writes, as in LangGraph's own
 * InMemoryStore.
 */
export class SqliteStore extends BaseStore {
  /** @param owner '' for the items that belong to nobody (`StoreScopes` decides whose store a caller gets) */
  constructor(private readonly table: StoreTable, private readonly owner: string) {
    super();
  }

  /**
   * Runs the operations of one batch; results stand in the order of the operations.
   * @throws TypeError for a value that is not an object, or has no JSON form, before anything is written.
   */
  override async batch<Op extends Operation[]>(operations: Op): Promise<OperationResults<Op>> {
    const puts = operations.filter(isPut).map((op) => ({ op, text: op.value === null ? null : encodeValue(op) }));
    const run = this.table.handle.transaction(() => {
      const results = operations.map((op) => this.read(op));
      for (const { op, text } of puts) this.write(op, text);
      return results;
    });
    return run() as OperationResults<Op>;
  }

  private read(op: Operation): unknown {
    if (isPut(op)) return undefined;
    if ('namespacePrefix' in op) return this.searchOperation(op);
    if ('key' in op) return this.getOperation(op);
    return this.listOperation(op);
  }

  private write(op: PutOperation, text: string | null): void {
    const namespace = encodeNamespace(op.namespace);
    if (text === null) {
      this.table.deleteItem.run(this.owner, namespace, op.key);
      return;
    }
    const now = Date.now();
    this.table.putItem.run(this.owner, namespace, op.key, text, now, now);
  }

  private getOperation(op: GetOperation): Item | null {
    const row = this.table.getItem.get(this.owner, encodeNamespace(op.namespace), op.key);
    return row === undefined ? null : toItem(row);
  }

  private searchOperation({ namespacePrefix, filter, limit = 10, offset = 0 }: SearchOperation): SearchItem[] {
    const found: SearchItem[] = [];
    let skip = offset;
    if (limit <= 0) return found;
    for (const row of this.table.searchItems.iterate(this.owner, ...namespaceRange(namespacePrefix))) {
      const item = toItem(row);
      if (filter !== undefined && !matchesFilter(item.value, filter)) continue;
      if (skip > 0) {
        skip -= 1;
        continue;
      }
      found.push({ ...item, score: undefined });
      if (found.length >= limit) break;
    }
    return found;
  }

  private listOperation(op: ListNamespacesOperation): string[][] {
    const range = namespaceRange(commonPrefix(op.matchConditions));
    const namespaces = this.table.selectNamespaces.all(this.owner, ...range).map(decodeNamespace);
    return listedNamespaces(namespaces, op);
  }
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

function toItem(row: StoreRow): Item {
  return {
    value: JSON.parse(row.value_json) as Record<string, unknown>,
    key: row.key,
    namespace: decodeNamespace(row.namespace),
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  };
}
