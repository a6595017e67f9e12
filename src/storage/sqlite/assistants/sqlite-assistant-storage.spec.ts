import { openTemporaryLog, type TemporaryLog } from '../../../../test/support/temporary-log.js';
import type { AssistantFilter, AssistantRow, AssistantSearch, AssistantSort } from '../../assistant-storage.js';
import { containsJson } from '../../json-containment.js';
import { SqliteAssistantStorage } from './sqlite-assistant-storage.js';

const SORTS: AssistantSort[] = ['assistant_id', 'graph_id', 'name', 'created_at', 'updated_at'];
const LONG = 'x'.repeat(600);

let log: TemporaryLog;
let storage: SqliteAssistantStorage;
beforeAll(async () => {
  log = await openTemporaryLog();
  storage = new SqliteAssistantStorage(log.database);
});
afterAll(() => log.close());
beforeEach(() => log.database.handle.exec('DELETE FROM assistants; DELETE FROM assistant_versions'));

function row(assistantId: string, fields: Partial<AssistantRow> = {}): AssistantRow {
  return {
    assistantId, owner: 'ada', system: false, graphId: 'agent', name: assistantId, description: null, version: 1,
    metadata: {}, config: {}, context: {}, createdAt: 1, updatedAt: 1, archivedAt: null, ...fields,
  };
}

const search = (fields: Partial<AssistantSearch> = {}): AssistantSearch => ({
  owner: 'ada', systemGraphIds: ['agent', 'team'], graphId: null, name: null, metadata: null, sortBy: 'created_at',
  descending: true, limit: 1_000, offset: 0, ...fields,
});
const found = (fields: Partial<AssistantSearch> = {}): string[] =>
  storage.search(search(fields)).map(({ assistantId }) => assistantId);

describe('SqliteAssistantStorage', () => {
  it('finds, orders and counts what a look at each row finds, in any order, with any filter', () => {
    const rows: AssistantRow[] = [];
    for (let index = 0; index < 300; index += 1) {
      const kind = index % 7;
      rows.push(row(`id-${(index * 7919) % 1_000}`, {
        owner: [null, 'ada', 'bob'][index % 3],
        system: kind === 0 && index < 50,
        graphId: ['agent', 'team', 'gone'][index % 3] as string,
        name: `${['Äpfel', 'Birne', 'apfel'][index % 3]} ${kind}`,
        metadata: {
          kind, even: index % 2 === 0, deep: { list: [kind, { kind }], text: kind === 1 ? LONG : 'short' },
        },
        createdAt: index % 40,
        updatedAt: index % 13,
        archivedAt: index % 11 === 0 ? 5 : null,
      }));
    }
    for (const one of rows) expect(storage.save(one)).toBe(true);
    const filters: Partial<AssistantFilter>[] = [
      {}, { graphId: 'team' }, { name: 'ÄPFEL' }, { name: '3', graphId: 'agent' }, { metadata: {} },
      { metadata: { kind: 3 } }, { metadata: { even: true, kind: 2 } }, { metadata: { deep: { text: LONG } } },
      { metadata: { deep: { list: [{ kind: 4 }] } } }, { metadata: { even: true, deep: { list: [1] } }, name: 'b' },
      { metadata: { kind: '3' } }, { metadata: { deep: { text: 'short' } }, graphId: 'gone' }, { systemGraphIds: [] },
    ];
    for (const owner of [null, 'ada', 'nobody']) {
      for (const filter of filters) {
        const wanted = search({ owner, ...filter });
        const all = rows.filter((one) => matches(one, wanted));
        const isCounted = filters.indexOf(filter) % 2 === 0;
        if (isCounted) expect(storage.count(wanted)).toBe(all.length);
        for (const sortBy of SORTS) {
          for (const descending of [true, false]) {
            const ordered = [...all].sort((one, other) => compare(one, other, sortBy) * (descending ? -1 : 1));
            const ids = ordered.map(({ assistantId }) => assistantId);
            expect(found({ owner, ...filter, sortBy, descending })).toEqual(ids);
            expect(found({ owner, ...filter, sortBy, descending, limit: 3, offset: 2 })).toEqual(ids.slice(2, 5));
          }
        }
        expect([storage.count(wanted), storage.count(wanted)]).toEqual([all.length, all.length]);
      }
    }
  });

  it('finds a changed assistant by what it is now', () => {
    storage.save(row('a', { metadata: { color: 'red' } }));
    expect([storage.count(search({ name: 'a' })), storage.count(search({ name: 'new' }))]).toEqual([1, 0]);
    storage.save(row('a', { version: 2, name: 'new', graphId: 'team', metadata: { color: 'blue' } }));
    expect([found({ metadata: { color: 'red' } }), found({ metadata: { color: 'blue' } })]).toEqual([[], ['a']]);
    expect([storage.count(search({ name: 'a' })), storage.count(search({ name: 'new' }))]).toEqual([0, 1]);
    expect([found({ graphId: 'agent' }), found({ graphId: 'team', name: 'NEW' })]).toEqual([[], ['a']]);
    storage.replace({ ...row('a'), metadata: { color: 'red' } });
    expect([found({ metadata: { color: 'red' } }), found({ metadata: { color: 'blue' } })]).toEqual([['a'], []]);
  });

  it('finds an archived one by its id alone, and nothing of a deleted one', () => {
    storage.save(row('a', { metadata: { color: 'red' } }));
    const counts = (): number[] => [storage.count(search()), storage.count(search({ name: 'a' }))];
    expect(counts()).toEqual([1, 1]);
    storage.archive('a', 9);
    expect(counts()).toEqual([0, 0]);
    expect([found(), found({ metadata: { color: 'red' } }), storage.find('a')?.archivedAt]).toEqual([[], [], 9]);
    expect(storage.list({ owner: 'ada', includeArchived: true, before: null, limit: 5 })).toHaveLength(1);
    storage.delete('a');
    expect([storage.find('a'), storage.newestVersion('a')]).toEqual([null, 0]);
    expect(log.database.handle.prepare('SELECT count(*) FROM assistant_labels').pluck().get()).toBe(0);
  });

  it('keeps every version as it was, and none twice', () => {
    const first = row('a', { metadata: { step: 1 } });
    const second = row('a', { version: 2, metadata: { step: 2, list: [1] } });
    expect([storage.save(first), storage.save(second), storage.save({ ...second, name: 'lost' })]).toEqual([
      true, true, false,
    ]);
    const page = { metadata: null, limit: 5, offset: 0 };
    expect(storage.versions('a', page)).toEqual([second, first]);
    expect(storage.versions('a', { ...page, limit: 1, offset: 1 })).toEqual([first]);
    expect(storage.versions('a', { ...page, metadata: { list: [1] } })).toEqual([second]);
    expect([storage.version('a', 1), storage.version('a', 3)]).toEqual([first, null]);
    expect(storage.find('a')).toEqual(second);
  });

  it('reads no more than a page of many, whatever is asked', () => {
    const { handle } = log.database;
    const plans = [
      {}, { sortBy: 'name' }, { sortBy: 'updated_at', name: 'x' }, { sortBy: 'graph_id' }, { sortBy: 'assistant_id' },
    ] as Partial<AssistantSearch>[];
    const prepared: string[] = [];
    const prepare = handle.prepare.bind(handle);
    handle.prepare = ((sql: string) => {
      prepared.push(sql);
      return prepare(sql);
    }) as typeof handle.prepare;
    const watched = new SqliteAssistantStorage(log.database);
    prepared.length = 0;
    for (const plan of plans) watched.search(search(plan));
    handle.prepare = prepare as typeof handle.prepare;
    expect(prepared).toHaveLength(plans.length);
    for (const sql of prepared) {
      const given = { scope: 's', name: 'x', systemGraphIds: '[]', limit: 1, offset: 0 };
      const plan = prepare(`EXPLAIN QUERY PLAN ${sql}`).all(given) as { detail: string }[];
      const own = plan.findIndex(({ detail }) => detail === 'LEFT');
      expect(plan[own + 1]?.detail).toMatch(/^SEARCH assistants USING COVERING INDEX assistants_by_\w+ \(scope=\?\)$/);
      expect(plan[own + 2]?.detail).toBe('RIGHT');
    }
  });
});

function matches(one: AssistantRow, { owner, systemGraphIds, graphId, name, metadata }: AssistantFilter): boolean {
  return (
    one.archivedAt === null &&
    (one.system ? systemGraphIds.includes(one.graphId) : one.owner === owner) &&
    (graphId === null || one.graphId === graphId) &&
    (name === null || one.name.toLowerCase().includes(name.toLowerCase())) &&
    containsJson(one.metadata, metadata ?? {})
  );
}

function compare(one: AssistantRow, other: AssistantRow, sort: AssistantSort): number {
  const keys = [one, other].map((row) => ({
    assistant_id: row.assistantId, graph_id: row.graphId, name: row.name.toLowerCase(), created_at: row.createdAt,
    updated_at: row.updatedAt,
  })[sort]) as [string, string];
  if (keys[0] !== keys[1]) return keys[0] < keys[1] ? -1 : 1;
  return one.assistantId < other.assistantId ? -1 : 1;
}
