import { Injectable } from '@nestjs/common';
import type { Statement } from 'better-sqlite3';
import { decodeNamespace, encodeNamespace, namespaceRange } from '../../store-namespace.js';
import { type StoreFound, type StoreRead, type StoreRow, StoreStorage, type StoreWrite } from '../../store-storage.js';
import { Database } from '../database.js';
import { nearness } from './vector-nearness.js';

interface ItemRow {
  namespace: string;
  key: string;
  valueJson: string;
  createdAt: number;
  updatedAt: number;
}

interface VectorRow {
  namespace: string;
  key: string;
  vector: Uint8Array;
}

type Search = Extract<StoreRead, { kind: 'search' }>;

const COLUMNS = 'namespace, key, value_json AS valueJson, created_at AS createdAt, updated_at AS updatedAt';
const ALIVE = '(expires_at IS NULL OR expires_at > ?)';
const IN_RANGE = 'owner = ? AND (namespace = ? OR (namespace >= ? AND namespace < ?))';
const MINUTE_MS = 60_000;

/** The tables `store_items` and `store_vectors`. A batch is one synchronous transaction. */
@Injectable()
export class SqliteStoreStorage extends StoreStorage {
  private readonly getItem: Statement<unknown[], ItemRow>;
  private readonly putItem: Statement;
  private readonly deleteItem: Statement;
  private readonly refreshItem: Statement;
  private readonly searchItems: Statement<unknown[], ItemRow>;
  private readonly selectNamespaces: Statement<unknown[], string>;
  private readonly selectVectors: Statement<unknown[], VectorRow>;
  private readonly deleteVectors: Statement;
  private readonly putVector: Statement;
  private readonly deleteExpired: Statement;
  private readonly run;

  constructor({ handle }: Database) {
    super();
    const key = 'owner = ? AND namespace = ? AND key = ?';
    this.getItem = handle.prepare(`SELECT ${COLUMNS} FROM store_items WHERE ${key} AND ${ALIVE}`);
    // One that has expired is not there: what is put in its place is new.
    this.putItem = handle.prepare(
      `INSERT INTO store_items (owner, namespace, key, value_json, created_at, updated_at, ttl_minutes, expires_at)
       VALUES (:owner, :namespace, :key, :valueJson, :now, :now, :ttlMinutes, :expiresAt)
       ON CONFLICT (owner, namespace, key) DO UPDATE SET value_json = excluded.value_json,
         created_at = CASE WHEN expires_at <= excluded.updated_at THEN excluded.created_at ELSE created_at END,
         updated_at = excluded.updated_at, ttl_minutes = excluded.ttl_minutes, expires_at = excluded.expires_at`,
    );
    this.deleteItem = handle.prepare(`DELETE FROM store_items WHERE ${key}`);
    this.refreshItem = handle.prepare(
      `UPDATE store_items SET expires_at = ? + ttl_minutes * ${MINUTE_MS} WHERE ${key} AND ttl_minutes IS NOT NULL`,
    );
    this.searchItems = handle.prepare(
      `SELECT ${COLUMNS} FROM store_items WHERE ${IN_RANGE} AND ${ALIVE} ORDER BY updated_at DESC, namespace, key`,
    );
    this.selectNamespaces = handle
      .prepare(`SELECT DISTINCT namespace FROM store_items WHERE ${IN_RANGE} AND ${ALIVE} ORDER BY namespace`)
      .pluck() as Statement<unknown[], string>;
    this.selectVectors = handle.prepare(`SELECT namespace, key, vector FROM store_vectors WHERE ${IN_RANGE}`);
    this.deleteVectors = handle.prepare(`DELETE FROM store_vectors WHERE ${key}`);
    this.putVector = handle.prepare(
      'INSERT INTO store_vectors (owner, namespace, key, place, vector) VALUES (?, ?, ?, ?, ?)',
    );
    this.deleteExpired = handle.prepare(
      `DELETE FROM store_items WHERE rowid IN (SELECT rowid FROM store_items WHERE expires_at <= ? LIMIT ?)`,
    );
    this.run = handle.transaction((owner: string, reads: readonly StoreRead[], writes: readonly StoreWrite[]) => {
      const now = Date.now();
      const found = reads.map((read) => this.read(owner, read, now));
      for (const write of writes) this.write(owner, write, now);
      return found;
    });
  }

  override batch(owner: string, reads: readonly StoreRead[], writes: readonly StoreWrite[]): StoreFound[] {
    return this.run(owner, reads, writes);
  }

  override removeExpired(now: number, limit: number): number {
    return this.deleteExpired.run(now, limit).changes;
  }

  private read(owner: string, read: StoreRead, now: number): StoreFound {
    if (read.kind === 'namespaces')
      return this.selectNamespaces.all(owner, ...namespaceRange(read.prefix), now).map(decodeNamespace);
    if (read.kind === 'search') return this.search(owner, read, now);
    const row = this.getItem.get(owner, encodeNamespace(read.namespace), read.key, now);
    if (row === undefined) return null;
    if (read.refresh) this.refresh(owner, [row], now);
    return toRow(row);
  }

  private search(owner: string, search: Search, now: number): StoreRow[] {
    const found = search.vector ? this.nearest(owner, search, search.vector, now) : this.newest(owner, search, now);
    if (search.refresh) this.refresh(owner, found, now);
    return found.map(toRow);
  }

  private newest(owner: string, { prefix, matches, limit, offset }: Search, now: number): ItemRow[] {
    const found: ItemRow[] = [];
    let skip = offset;
    if (limit <= 0) return found;
    for (const row of this.searchItems.iterate(owner, ...namespaceRange(prefix), now)) {
      if (!matches(row.valueJson)) continue;
      if (skip > 0) {
        skip -= 1;
        continue;
      }
      found.push(row);
      if (found.length >= limit) break;
    }
    return found;
  }

  /** An item is as near as the nearest of its vectors. */
  private nearest(
    owner: string,
    { prefix, matches, limit, offset }: Search,
    wanted: Float32Array,
    now: number,
  ): (ItemRow & { score?: number })[] {
    const range = namespaceRange(prefix);
    const scores = new Map<string, number>();
    for (const { namespace, key, vector } of this.selectVectors.iterate(owner, ...range)) {
      const id = `${namespace}\n${key}`;
      scores.set(id, Math.max(nearness(wanted, vector), scores.get(id) ?? -1));
    }
    const rows = this.searchItems
      .all(owner, ...range, now)
      .filter(({ valueJson }) => matches(valueJson))
      .map((row) => ({ ...row, score: scores.get(`${row.namespace}\n${row.key}`) }));
    const order = rows.sort((one, other) => (other.score ?? -2) - (one.score ?? -2));
    return order.slice(offset, offset + Math.max(0, limit));
  }

  private write(owner: string, { namespace, key, valueJson, ttlMinutes, vectors }: StoreWrite, now: number): void {
    const place = encodeNamespace(namespace);
    if (valueJson === null) {
      this.deleteItem.run(owner, place, key);
      return;
    }
    const expiresAt = ttlMinutes === null ? null : Math.round(now + ttlMinutes * MINUTE_MS);
    this.putItem.run({ owner, namespace: place, key, valueJson, now, ttlMinutes, expiresAt });
    this.deleteVectors.run(owner, place, key);
    vectors.forEach((vector, index) =>
      this.putVector.run(owner, place, key, index, Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength)),
    );
  }

  private refresh(owner: string, rows: readonly ItemRow[], now: number): void {
    for (const { namespace, key } of rows) this.refreshItem.run(now, owner, namespace, key);
  }
}

function toRow({ namespace, ...row }: ItemRow & { score?: number }): StoreRow {
  return { ...row, namespace: decodeNamespace(namespace) };
}
