import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HumanMessage } from '@langchain/core/messages';
import { emptyCheckpoint, uuid6, type Checkpoint, type CheckpointMetadata } from '@langchain/langgraph-checkpoint';
import { SqliteSaver } from '@langchain/langgraph-checkpoint-sqlite';
import { SqliteCheckpointer } from './sqlite-checkpointer.js';

let folder: string;
let path: string;
let checkpointer: SqliteCheckpointer;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'checkpoint-order-'));
  path = join(folder, 'checkpoints.db');
  checkpointer = SqliteCheckpointer.open(path);
});

afterEach(() => {
  checkpointer.close();
  rmSync(folder, { recursive: true });
});

const at = (thread_id: string, checkpoint_ns = '', checkpoint_id?: string) => ({
  configurable: { thread_id, checkpoint_ns, checkpoint_id },
});

/** One with an id that begins with the time of a clock that steps back a year with each `age`. */
function aged(age: number, values: Record<string, unknown> = {}): Checkpoint {
  const id = uuid6(0);
  const year = (0x1f0 - age).toString(16).padStart(3, '0');
  return {
    ...emptyCheckpoint(),
    channel_values: values,
    id: year + id.slice(3),
    ts: new Date(1_700_000_000_000 - age * 1_000).toISOString(),
  };
}

async function put(saver: SqliteSaver, thread: string, step: number, ns = '', one = aged(step)): Promise<string> {
  await saver.put(at(thread, ns), one, { source: 'loop', step, parents: {} } as CheckpointMetadata);
  return one.id;
}

async function steps(...args: Parameters<SqliteCheckpointer['list']>): Promise<number[]> {
  const found: number[] = [];
  for await (const { metadata } of checkpointer.list(...args)) found.push(metadata!.step);
  return found;
}

describe('checkpoints of a clock that steps back', () => {
  it('are in the order in which they were stored', async () => {
    const ids = [await put(checkpointer, 't', 1), await put(checkpointer, 't', 2), await put(checkpointer, 't', 3)];
    expect([...ids].sort()).toEqual([...ids].reverse());
    expect(checkpointer.newestRootCheckpoint('t')).toEqual({ id: ids[2], ts: 1_699_999_997_000 });
    expect((await checkpointer.getTuple(at('t')))?.metadata?.step).toBe(3);
    expect(await steps(at('t'))).toEqual([3, 2, 1]);
    expect(await steps(at('t'), { limit: 1 })).toEqual([3]);
    expect(await steps(at('t'), { before: at('t', '', ids[2]) })).toEqual([2, 1]);
    expect(await steps(at('t'), { before: at('t', '', ids[0]) })).toEqual([]);
  });

  it('keep their places when one is stored again, and when the file is compacted', async () => {
    const first = aged(1);
    await put(checkpointer, 't', 1, '', first);
    await put(checkpointer, 'gone', 9);
    await put(checkpointer, 't', 2);
    await put(checkpointer, 't', 1, '', first);
    await checkpointer.deleteThread('gone');
    checkpointer.db.exec('VACUUM');
    await put(checkpointer, 't', 3);
    expect(await steps(at('t'))).toEqual([3, 2, 1]);
    checkpointer.close();
    checkpointer = SqliteCheckpointer.open(path);
    expect(await steps(at('t'))).toEqual([3, 2, 1]);
  });

  it('of a subgraph are found before one of the root', async () => {
    await put(checkpointer, 't', 1, 'child:1');
    await put(checkpointer, 'other', 9, 'child:1');
    const root = await put(checkpointer, 't', 2);
    await put(checkpointer, 't', 3, 'child:1');
    expect(await steps(at('t', 'child:1'), { before: { configurable: { checkpoint_id: root } } })).toEqual([1]);
    // LangGraph asks for what came before a checkpoint that it has not stored yet.
    expect(
      await steps(at('t', 'child:1'), { before: { configurable: { checkpoint_id: aged(0).id } }, limit: 1 }),
    ).toEqual([3]);
  });

  it('are rolled back to one of them, in all namespaces, with what tasks wrote after it', async () => {
    const before = await put(checkpointer, 't', 1);
    await checkpointer.putWrites(at('t', '', before), [['a', 1]], 'kept');
    const after = [await put(checkpointer, 't', 2), await put(checkpointer, 't', 3, 'child:1')] as const;
    await checkpointer.putWrites(at('t', '', after[0]), [['a', 1]], 'gone');
    await checkpointer.putWrites(at('t', 'child:1', after[1]), [['a', 1]], 'gone');
    await put(checkpointer, 'other', 4);
    await checkpointer.rollBackTo('t', before);
    expect(await steps({ configurable: { thread_id: 't' } })).toEqual([1]);
    expect(await steps(at('other'))).toEqual([4]);
    expect(checkpointer.db.prepare('SELECT DISTINCT task_id FROM writes').pluck().all()).toEqual(['kept']);
    await checkpointer.rollBackTo('t', 'unknown');
    expect(await steps(at('t'))).toEqual([1]);
    await checkpointer.rollBackTo('t', null);
    expect(await steps(at('t'))).toEqual([]);
  });

  it('are found by one look at an index, however many there are', () => {
    const plan = (sql: string): string =>
      (checkpointer.db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[])
        .map(({ detail }) => detail)
        .join('; ');
    const newest = `SELECT * FROM checkpoints WHERE thread_id = 't' AND checkpoint_ns = '' ORDER BY rowid DESC LIMIT 1`;
    expect(plan(newest)).toBe('SEARCH checkpoints USING INDEX checkpoints_as_stored (thread_id=? AND checkpoint_ns=?)');
  });
});

describe('a file of LangGraph\'s own saver', () => {
  it('is read, in the order in which it was stored, and gone on with', async () => {
    checkpointer.close();
    path = join(folder, 'old.db');
    const old = SqliteSaver.fromConnString(path);
    const data = {
      lc: 1,
      type: 'constructor',
      id: ['langchain_core', 'document_loaders', 'langsmith', 'LangSmithLoader'],
      kwargs: {},
    };
    await put(old, 't', 1);
    const second = await put(
      old,
      't',
      2,
      '',
      aged(2, { messages: [new HumanMessage({ content: 'hi', additional_kwargs: { data } })], data }),
    );
    await old.putWrites(at('t', '', second), [['a', new Set([1])], ['b', data]], 'task');
    old.db.close();

    checkpointer = SqliteCheckpointer.open(path);
    const tuple = await checkpointer.getTuple(at('t'));
    expect(tuple?.checkpoint.channel_values).toEqual({ messages: [expect.any(HumanMessage)], data });
    expect((tuple?.checkpoint.channel_values.messages as HumanMessage[])[0]?.additional_kwargs).toEqual({ data });
    expect(tuple?.pendingWrites).toEqual([['task', 'a', new Set([1])], ['task', 'b', data]]);
    await put(checkpointer, 't', 3);
    expect(await steps(at('t'))).toEqual([3, 2, 1]);
    expect(await steps(at('t'), { filter: { step: 2 } })).toEqual([2]);
  });
});
