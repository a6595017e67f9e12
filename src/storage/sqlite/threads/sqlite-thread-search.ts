import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Settings } from '../../../config/settings.js';
import { containsJson } from '../../json-containment.js';
import { SearchTooBroadError, ThreadSearch, type ThreadPage, type ThreadQuery } from '../../thread-search.js';
import { Database } from '../database.js';
import { MORE_LABEL, metadataLabel } from './metadata-labels.js';

/** Up to so many rows are gathered and sorted; more are walked through in the order that is asked for. */
const FEW = 2_000;
/** Rows that are looked at between two turns of the loop. */
const PAGE_OF_ROWS = 250;

interface Label {
  readonly labelKey: number;
  readonly threads: number;
}

/** A query as SQL: `from` and `where` are of `threads AS t`. */
interface Selection {
  readonly where: readonly string[];
  readonly parameters: readonly unknown[];
  /** Its rows are few, so that they can be sorted. */
  readonly isNarrow: boolean;
  /** How many rows it has, where an index says so. */
  readonly known: number | null;
  /** The labels do not decide it. */
  readonly checksMetadata: boolean;
}

/**
 * Threads by the labels of their metadata (migration `ThreadSearch`). What labels do not decide (nested values, long
 * texts, and what only the caller can tell) is looked at row by row, MAX_THREADS_SCANNED rows at most, and the loop
 * turns in between.
 */
@Injectable()
export class SqliteThreadSearch extends ThreadSearch {
  private readonly label;
  private readonly metadata;

  constructor(private readonly database: Database, private readonly settings: Settings) {
    super();
    this.label = database.handle.prepare<[string, string], Label>(
      'SELECT label_key AS labelKey, threads FROM metadata_labels WHERE owner = ? AND label = ?',
    );
    this.metadata = database.handle.prepare<[string], string>(
      'SELECT metadata_json FROM thread_documents WHERE thread_id = ?',
    ).pluck();
  }

  override find(query: ThreadQuery, page: ThreadPage): string[] | Promise<string[]> {
    const selection = this.select(query);
    if (selection === null) return [];
    if (selection.checksMetadata || query.matches) return this.scan(query, selection, page);
    const sql = `${this.idsOf(selection, page)} LIMIT ? OFFSET ?`;
    return this.idsBy(sql, [...selection.parameters, page.limit + 1, page.offset]);
  }

  override count(query: ThreadQuery, atMost: number): number | null | Promise<number | null> {
    const selection = this.select(query);
    if (selection === null) return 0;
    if (selection.checksMetadata || query.matches) return this.countByScan(query, selection, atMost);
    if (selection.known !== null) return selection.known;
    const where = selection.where.join(' AND ');
    const limit = Number.isFinite(atMost) ? Math.min(atMost + 1, Number.MAX_SAFE_INTEGER) : -1;
    const counted = this.database.handle
      .prepare<unknown[], number>(`SELECT count(*) FROM (SELECT 1 FROM threads AS t WHERE ${where} LIMIT ?)`)
      .pluck()
      .get(...selection.parameters, limit) as number;
    return counted > atMost ? null : counted;
  }

  /** Null when nothing can fit. */
  private select({ owner, metadata = {}, ids, status }: ThreadQuery): Selection | null {
    const wanted = Object.entries(metadata).map(([key, value]) => metadataLabel(key, value));
    const labels = this.labelsOf(owner, wanted.filter((label) => label !== null));
    if (labels === null) return null;
    const { found, more } = labels;
    const few = (count: number | undefined): boolean => count !== undefined && count + (more?.threads ?? 0) <= FEW;
    const isNarrow =
      ids !== undefined || few(found[0]?.threads) || (status !== undefined && this.isRare(owner, status));
    const where: string[] = [];
    const parameters: unknown[] = [];
    const add = (condition: string, ...values: unknown[]): void => {
      where.push(condition);
      parameters.push(...values);
    };
    // A plus hides a column from the planner, which then begins with what is left.
    const byThread = ids !== undefined || few(found[0]?.threads);
    add(byThread ? '+t.owner IS ?' : 't.owner IS ?', owner);
    if (ids) add('t.thread_id IN (SELECT value FROM json_each(?))', JSON.stringify(ids));
    if (status !== undefined) add(byThread ? '+t.status = ?' : 't.status = ?', status);
    found.forEach(({ labelKey }, index) => {
      const keys = more ? [labelKey, more.labelKey] : [labelKey];
      const places = keys.map(() => '?').join(', ');
      const begins = index === 0 && ids === undefined && byThread;
      add(
        begins
          ? `t.thread_id IN (SELECT thread_id FROM thread_labels WHERE label_key IN (${places}))`
          : `EXISTS (SELECT 1 FROM thread_labels WHERE label_key IN (${places}) AND thread_id = t.thread_id)`,
        ...keys,
      );
    });
    const isLabelAlone = found.length === 1 && wanted.length === 1 && !ids && status === undefined && !more;
    return {
      where,
      parameters,
      isNarrow,
      known: isLabelAlone ? (found[0] as Label).threads : null,
      checksMetadata: wanted.includes(null) || (more !== undefined && found.length > 0),
    };
  }

  /** The rarest first; null when one of them is nobody's. */
  private labelsOf(owner: string | null, labels: string[]): { found: Label[]; more: Label | undefined } | null {
    const of = owner ?? '';
    const more = labels.length > 0 ? this.label.get(of, MORE_LABEL) : undefined;
    const found = labels.map((label) => this.label.get(of, label) ?? (more && { labelKey: 0, threads: 0 }));
    if (found.includes(undefined)) return null;
    return { found: (found as Label[]).sort((one, other) => one.threads - other.threads), more };
  }

  private isRare(owner: string | null, status: string): boolean {
    const count = this.database.handle
      .prepare<unknown[], number>(
        `SELECT count(*) FROM (SELECT 1 FROM threads INDEXED BY threads_by_status
           WHERE owner IS ? AND status = ? LIMIT ${FEW + 1})`,
      )
      .pluck()
      .get(owner, status) as number;
    return count <= FEW;
  }

  private idsOf({ where, isNarrow }: Selection, { sortBy, sortOrder }: ThreadPage, further = ''): string {
    const index = isNarrow || sortBy === 'thread_id' ? '' : `INDEXED BY threads_by_${sortBy}`;
    const key = isNarrow ? `+t.${sortBy}` : `t.${sortBy}`;
    return `SELECT t.thread_id, t.${sortBy} FROM threads AS t ${index} WHERE ${where.join(' AND ')} ${further}
      ORDER BY ${key} ${sortOrder}, t.thread_id ${sortOrder}`;
  }

  private idsBy(sql: string, parameters: unknown[]): string[] {
    return this.database.handle.prepare<unknown[], string>(sql).pluck().all(...parameters);
  }

  private async scan(query: ThreadQuery, selection: Selection, page: ThreadPage): Promise<string[]> {
    const found: string[] = [];
    for await (const threadId of this.matching(query, selection, page)) {
      found.push(threadId);
      if (found.length > page.offset + page.limit) break;
    }
    return found.slice(page.offset);
  }

  private async countByScan(query: ThreadQuery, selection: Selection, atMost: number): Promise<number | null> {
    let count = 0;
    const page: ThreadPage = { sortBy: 'created_at', sortOrder: 'desc', limit: 0, offset: 0 };
    for await (const _ of this.matching(query, selection, page)) {
      count += 1;
      if (count > atMost) return null;
    }
    return count;
  }

  /** The threads that fit, in order, read in pages: no statement stays open while the loop turns. */
  private async *matching(query: ThreadQuery, selection: Selection, page: ThreadPage): AsyncGenerator<string> {
    const compare = page.sortOrder === 'asc' ? '>' : '<';
    const beyond = `AND (t.${page.sortBy}, t.thread_id) ${compare} (?, ?)`;
    let last: [unknown, string] | null = null;
    let scanned = 0;
    for (;;) {
      const sql = `${this.idsOf(selection, page, last ? beyond : '')} LIMIT ${PAGE_OF_ROWS}`;
      const rows: [string, unknown][] = this.database.handle
        .prepare<unknown[], [string, unknown]>(sql)
        .raw()
        .all(...selection.parameters, ...(last ?? []));
      for (const [threadId, value] of rows) {
        last = [value, threadId];
        scanned += 1;
        if (scanned > this.settings.MAX_THREADS_SCANNED) throw this.tooBroad();
        if (this.holds(threadId, query, selection) && (!query.matches || (await query.matches(threadId))))
          yield threadId;
      }
      if (rows.length < PAGE_OF_ROWS) return;
      await nextTurn();
    }
  }

  private holds(threadId: string, { metadata = {} }: ThreadQuery, { checksMetadata }: Selection): boolean {
    if (!checksMetadata) return true;
    const text = this.metadata.get(threadId);
    return text !== undefined && containsJson(JSON.parse(text), metadata);
  }

  private tooBroad(): SearchTooBroadError {
    return new SearchTooBroadError(
      `The search would have to look at more than ${this.settings.MAX_THREADS_SCANNED} threads ` +
        '(MAX_THREADS_SCANNED), because it asks for state values, or for metadata that is nested or long. ' +
        'Narrow it down by ids, by status, or by a short top-level value of the metadata.',
    );
  }
}
