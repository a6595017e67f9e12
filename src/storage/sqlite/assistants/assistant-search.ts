import type { Statement } from 'better-sqlite3';
import { LRUCache } from 'lru-cache';
import type { AssistantFilter, AssistantSearch, AssistantSort } from '../../assistant-storage.js';
import { containsJson } from '../../json-containment.js';
import type { Database } from '../database.js';
import { graphLabel, metadataLabels } from './assistant-labels.js';

type Parameters = Record<string, string | number | null>;

const SORT_COLUMNS: Record<AssistantSort, string> = {
  assistant_id: 'assistant_id',
  graph_id: 'graph_id',
  name: 'folded_name',
  created_at: 'created_at',
  updated_at: 'updated_at',
};
/** Scope of the assistants of graphs. */
export const SYSTEM_SCOPE = 'system';
/** Rows of a label up to which it is cheaper to sort them than to walk the order until a page is full. */
const FEW = 2_000;
const KEPT_STATEMENTS = 100;
const KEPT_COUNTS = 500;
/** Of a filter whose count is remembered. */
const MAX_KEPT_LENGTH = 2_000;
const CONTAINS = 'metadata_contains(metadata_json, :metadata)';

/** Who the assistants of an owner are listed for: the first column of every index that a search uses. */
export function scopeOf(owner: string | null): string {
  return owner === null ? 'owner' : `owner:${owner}`;
}

/** In any case. */
export function folded(name: string): string {
  return name.toLowerCase();
}

/** An owner's own assistants that fit a filter: how many, and which where they are few. */
interface Found {
  readonly count: number;
  readonly keys: readonly number[] | null;
}

/** How the statements of one filter read an owner's own assistants. */
interface OwnPart {
  readonly conditions: readonly string[];
  readonly labels: readonly string[];
  readonly parameters: Parameters;
}

/**
 * Finds assistants among many: an owner's own by an index for each order and by labels of graph and metadata; those of
 * graphs, of which there are few, row by row. Both are one ordered list. What was counted is remembered until
 * something is written.
 */
export class AssistantSearchStatements {
  private readonly statements = new LRUCache<string, Statement<[Parameters]>>({ max: KEPT_STATEMENTS });
  private readonly found = new LRUCache<string, Found>({ max: KEPT_COUNTS });
  private lastFilter: { text: string; filter: unknown } | null = null;

  constructor(private readonly database: Database) {
    database.handle.function('metadata_contains', { deterministic: true }, (metadata: unknown, wanted: unknown) => {
      if (this.lastFilter?.text !== wanted) {
        this.lastFilter = { text: wanted as string, filter: JSON.parse(wanted as string) };
      }
      return containsJson(JSON.parse(metadata as string), this.lastFilter?.filter) ? 1 : 0;
    });
  }

  /** Something was written: all that was counted may be otherwise. */
  forget(): void {
    this.found.clear();
  }

  /** Keys of the rows of one page, in order. */
  page(search: AssistantSearch): number[] {
    const { limit, offset, sortBy, descending } = search;
    const sort = SORT_COLUMNS[sortBy];
    const direction = descending ? 'DESC' : 'ASC';
    const order = [`sort_value ${direction}`, ...(sort === 'assistant_id' ? [] : [`sort_id ${direction}`])];
    const columns = `assistant_key, ${sort} AS sort_value, assistant_id AS sort_id`;
    const keys = this.found.get(textOf(search))?.keys ?? null;
    const own = this.ownPart(search);
    const conditions = keys === null ? own.conditions : AMONG_KEYS;
    const sql = `SELECT assistant_key FROM (
      SELECT ${columns} FROM assistants WHERE ${conditions.join(' AND ')}
      UNION ALL SELECT ${columns} FROM assistants WHERE ${systemConditions(search).join(' AND ')}
      ORDER BY ${order.join(', ')} LIMIT :limit OFFSET :offset)`;
    return this.prepared(sql).all({ ...own.parameters, keys: JSON.stringify(keys), limit, offset }) as number[];
  }

  count(filter: AssistantFilter): number {
    const own = this.ownPart(filter);
    const text = textOf(filter);
    const found = this.found.get(text) ?? this.find(own);
    if (text.length <= MAX_KEPT_LENGTH) this.found.set(text, found);
    const sql = `SELECT count(*) FROM assistants WHERE ${systemConditions(filter).join(' AND ')}`;
    return found.count + (this.prepared(sql).get(own.parameters) as number);
  }

  private find({ conditions, labels, parameters }: OwnPart): Found {
    const [first, ...others] = labels;
    if (first !== undefined && !conditions.includes(HAS_NAME) && !conditions.includes(CONTAINS)) {
      const more = others.map((_, index) => `AND ${hasLabel(index + 1)}`).join(' ');
      const sql = `SELECT count(*) FROM assistant_labels AS assistants
        WHERE scope = :scope AND label = :label0 ${more}`;
      return { count: this.prepared(sql).get(parameters) as number, keys: null };
    }
    const from = `FROM assistants WHERE ${conditions.join(' AND ')}`;
    if (conditions.length > LEAST_CONDITIONS) {
      const keys = this.prepared(`SELECT assistant_key ${from} LIMIT ${FEW}`).all(parameters) as number[];
      if (keys.length < FEW) return { count: keys.length, keys };
    }
    return { count: this.prepared(`SELECT count(*) ${from}`).get(parameters) as number, keys: null };
  }

  private ownPart({ owner, systemGraphIds, graphId, name, metadata }: AssistantFilter): OwnPart {
    const { labels: ofMetadata, isPartial } = metadataLabels(metadata ?? {});
    const scope = scopeOf(owner);
    const given = graphId === null ? ofMetadata : [graphLabel(graphId), ...ofMetadata];
    const counted = given.map((label) => ({ label, count: this.countFew(scope, label) }));
    counted.sort((one, other) => one.count - other.count);
    const labels = counted.map(({ label }) => label);
    const isFew = counted[0] !== undefined && counted[0].count < FEW;
    const conditions = [isFew ? SAME_SCOPE_BY_ROW : SAME_SCOPE, 'archived_at IS NULL'];
    labels.forEach((_, index) => conditions.push(index === 0 && isFew ? AMONG_FEW : hasLabel(index)));
    if (name !== null) conditions.push(HAS_NAME);
    if (isPartial) conditions.push(CONTAINS);
    const parameters: Parameters = {
      scope,
      graphId,
      name: name === null ? null : folded(name),
      metadata: JSON.stringify(metadata ?? {}),
      systemGraphIds: JSON.stringify(systemGraphIds),
      ...Object.fromEntries(labels.map((label, index) => [`label${index}`, label])),
    };
    return { conditions, parameters, labels };
  }

  private countFew(scope: string, label: string): number {
    const sql = `SELECT count(*) FROM
      (SELECT 1 FROM assistant_labels WHERE scope = :scope AND label = :label LIMIT ${FEW})`;
    return this.prepared(sql).get({ scope, label }) as number;
  }

  private prepared(sql: string): Statement<[Parameters]> {
    const known = this.statements.get(sql);
    if (known) return known;
    const statement = this.database.handle.prepare<[Parameters]>(sql).pluck();
    this.statements.set(sql, statement);
    return statement;
  }
}

function textOf({ owner, graphId, name, metadata }: AssistantFilter): string {
  return JSON.stringify([owner, graphId, name, metadata]);
}

const SAME_SCOPE = 'scope = :scope';
/** By no index of an order: the rows are found otherwise. */
const SAME_SCOPE_BY_ROW = '+scope = :scope';
/** Those that every list has: its scope, and nothing archived. */
const LEAST_CONDITIONS = 2;
const AMONG_KEYS = [
  SAME_SCOPE_BY_ROW,
  'archived_at IS NULL',
  'assistant_key IN (SELECT value FROM json_each(:keys))',
];
const HAS_NAME = 'instr(folded_name, :name)';
const AMONG_FEW =
  'assistant_key IN (SELECT assistant_key FROM assistant_labels WHERE scope = :scope AND label = :label0)';

function hasLabel(index: number): string {
  return `EXISTS (SELECT 1 FROM assistant_labels l WHERE l.scope = :scope AND l.label = :label${index}
    AND l.assistant_key = assistants.assistant_key)`;
}

function systemConditions({ graphId, name, metadata }: AssistantFilter): string[] {
  return [
    `scope = '${SYSTEM_SCOPE}'`,
    'archived_at IS NULL',
    'graph_id IN (SELECT value FROM json_each(:systemGraphIds))',
    ...(graphId === null ? [] : ['graph_id = :graphId']),
    ...(name === null ? [] : [HAS_NAME]),
    ...(metadata === null ? [] : [CONTAINS]),
  ];
}
