import { emptyCheckpoint, type Checkpoint } from '@langchain/langgraph-checkpoint';
import { SqliteCheckpointer } from './sqlite-checkpointer.js';

let saver: SqliteCheckpointer;
let count = 0;

beforeEach(() => {
  saver = SqliteCheckpointer.open(':memory:');
  count = 0;
});
afterEach(() => saver.close());

const at = (ns: string, id?: string, thread = 't'): { configurable: Record<string, string> } => ({
  configurable: { thread_id: thread, checkpoint_ns: ns, ...(id ? { checkpoint_id: id } : {}) },
});

/** Stores a checkpoint with one write, an hour after the one before. */
async function save(id: string, ns = '', thread = 't'): Promise<void> {
  count += 1;
  const checkpoint: Checkpoint = {
    ...emptyCheckpoint(),
    id,
    ts: new Date(count * 3_600_000).toISOString(),
    channel_values: { id },
  };
  await saver.put(at(ns, undefined, thread), checkpoint, {
    source: 'loop',
    step: count,
    parents: {},
    thread_id: thread,
  } as never);
  await saver.putWrites(at(ns, id, thread), [['channel', id]], 'task');
}

async function ids(ns: string, thread = 't'): Promise<string[]> {
  const found: string[] = [];
  for await (const { checkpoint, pendingWrites } of saver.list(at(ns, undefined, thread))) {
    expect(pendingWrites).toEqual([['task', 'channel', checkpoint.id]]);
    found.push(checkpoint.id);
  }
  return found;
}
const writes = (): unknown => saver.db.prepare('SELECT count(*) FROM writes').pluck().get();

describe('pruning', () => {
  it('keeps the newest root checkpoints, and of subgraphs what came after the last that goes', async () => {
    for (const [id, ns] of [
      ['r1', ''],
      ['a1', 'child:1'],
      ['k1', 'kept'],
      ['r2', ''],
      ['a2', 'child:2'],
      ['k2', 'kept'],
      ['r3', ''],
      ['r4', ''],
      ['a4', 'child:4'],
    ] as const)
      await save(id, ns);
    await save('other', '', 'u');
    await saver.prune('t', { newest: 2 });
    expect(await ids('')).toEqual(['r4', 'r3']);
    expect([await ids('child:1'), await ids('child:2'), await ids('child:4')]).toEqual([[], ['a2'], ['a4']]);
    expect(await ids('kept')).toEqual(['k2']);
    await saver.prune('t', { newest: 1 });
    expect([await ids(''), await ids('child:2'), await ids('kept')]).toEqual([['r4'], [], ['k2']]);
    expect(await ids('', 'u')).toEqual(['other']);
    expect(writes()).toBe(4);
  });

  it('keeps what a subgraph stored before its parent did, as under durability exit', async () => {
    for (const [id, ns] of [['r1', ''], ['a1', 'child:1'], ['r2', '']] as const) await save(id, ns);
    await saver.prune('t', { newest: 1 });
    expect([await ids(''), await ids('child:1')]).toEqual([['r2'], ['a1']]);
  });

  it('removes by age, but never the newest', async () => {
    for (const id of ['r1', 'r2', 'r3']) await save(id);
    await saver.prune('t', { since: 2 * 3_600_000 });
    expect(await ids('')).toEqual(['r3', 'r2']);
    await saver.prune('t', { since: 99 * 3_600_000 });
    expect(await ids('')).toEqual(['r3']);
    await saver.prune('t', { newest: 1, since: 0 });
    expect(await ids('')).toEqual(['r3']);
  });
});

it('copies a thread with its order and its writes, under its own name', async () => {
  for (const [id, ns] of [['r9', ''], ['r1', ''], ['a1', 'child:1']] as const) await save(id, ns);
  await saver.copyThread('t', 'copy');
  expect(await ids('', 'copy')).toEqual(['r1', 'r9']);
  expect(await ids('child:1', 'copy')).toEqual(['a1']);
  expect((await saver.getTuple(at('', 'r1', 'copy')))?.metadata).toMatchObject({ thread_id: 'copy', step: 2 });
  await saver.deleteThread('t');
  expect(await ids('', 'copy')).toEqual(['r1', 'r9']);
});

it('merges into the metadata of the newest root checkpoint, and leaves its own fields to LangGraph', async () => {
  expect(await saver.patchMetadata('t', { a: 1 })).toBe(false);
  for (const id of ['r2', 'r1']) await save(id);
  const data = { lc: 1, type: 'constructor', id: ['langchain_core', 'messages', 'HumanMessage'], kwargs: {} };
  expect(await saver.patchMetadata('t', { a: data, step: 99, thread_id: 'x' })).toBe(true);
  const newest = await saver.getTuple(at(''));
  expect(newest?.checkpoint.channel_values).toEqual({ id: 'r1' });
  expect(newest?.metadata).toEqual({ source: 'loop', step: 2, parents: {}, thread_id: 't', a: data });
  expect(await ids('')).toEqual(['r1', 'r2']);
});

it('lists the threads that have checkpoints, one after the other', async () => {
  for (const thread of ['b', 'a', 'b']) await save(`r${thread}${count}`, '', thread);
  expect(saver.threadAfter('')).toBe('a');
  expect(saver.threadAfter('a')).toBe('b');
  expect(saver.threadAfter('b')).toBeNull();
});
