import type { Database as SqliteHandle, Statement } from 'better-sqlite3';
import { LRUCache } from 'lru-cache';

/** Texts of SQL whose statements are kept; there are a dozen, but filters make texts of their own. */
const MAX_KEPT = 100;

/**
 * Makes a connection compile each text of SQL once, for those that are put together at each call, as for `list`, and
 * those of LangGraph's saver. Who gives the same text gets the same statement: it is for `run`, `get` and `all` only.
 */
export function keepStatements(handle: SqliteHandle): SqliteHandle {
  const kept = new LRUCache<string, Statement>({ max: MAX_KEPT });
  const prepare = handle.prepare.bind(handle) as (sql: string) => Statement;
  const prepareOnce = (sql: string): Statement => {
    let statement = kept.get(sql);
    if (statement === undefined) {
      statement = prepare(sql);
      kept.set(sql, statement);
    }
    return statement;
  };
  handle.prepare = prepareOnce as SqliteHandle['prepare'];
  return handle;
}
