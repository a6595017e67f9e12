import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Annotation, Command, END, interrupt, START, StateGraph, type StateSnapshot } from '@langchain/langgraph';
import {
  emptyCheckpoint,
  uuid6,
  type Checkpoint,
  type CheckpointMetadata,
  type CheckpointTuple,
} from '@langchain/langgraph-checkpoint';
import { Settings } from '../../../config/settings.js';
import { SqliteCheckpointer } from './sqlite-checkpointer.js';

let folder: string;
let path: string;
let checkpointer: SqliteCheckpointer;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'checkpointer-'));
  path = join(folder, 'deep', 'checkpoints.db');
  checkpointer = SqliteCheckpointer.open(path);
});

afterEach(() => {
  checkpointer.close();
  rmSync(folder, { recursive: true });
});

const at = (thread_id: string, checkpoint_ns = '', checkpoint_id?: string) => ({
  configurable: { thread_id, checkpoint_ns, checkpoint_id },
});

function checkpoint(step: number, ts = new Date(1_700_000_000_000 + step).toISOString()): Checkpoint {
  return { ...emptyCheckpoint(), id: uuid6(step), ts };
}

async function put(thread: string, step: number, metadata: Record<string, unknown> = {}, ns = ''): Promise<Checkpoint> {
  const one = checkpoint(step);
  await checkpointer.put(at(thread, ns), one, { source: 'loop', step, parents: {}, ...metadata } as CheckpointMetadata);
  return one;
}

async function listed(...args: Parameters<SqliteCheckpointer['list']>): Promise<number[]> {
  const steps: number[] = [];
  for await (const tuple of checkpointer.list(...args)) steps.push(tuple.metadata!.step);
  return steps;
}

describe('the file', () => {
  it.each([
    ['process', 1],
    ['power', 2],
  ] as const)('is set up at each open for durability "%s"', (durability, synchronous) => {
    for (let open = 0; open < 2; open += 1) {
      const own = SqliteCheckpointer.open(join(folder, 'own.db'), Object.assign(new Settings(), { DURABILITY: durability }));
      expect(own.db.pragma('journal_mode', { simple: true })).toBe('wal');
      expect(own.db.pragma('synchronous', { simple: true })).toBe(synchronous);
      own.close();
    }
  });

  it('deletes a thread before anything was saved', async () => {
    await expect(checkpointer.deleteThread('nobody')).resolves.toBeUndefined();
  });
});

describe('newestRootCheckpoint', () => {
  it('is null without checkpoints and ignores those of subgraphs', async () => {
    await put('t', 1, {}, 'child:1');
    expect(checkpointer.newestRootCheckpoint('t')).toBeNull();
  });

  it('is the newest, also after the file was opened again', async () => {
    await put('t', 1);
    const { id, ts } = await put('t', 2);
    await put('other', 3);
    checkpointer.close();
    checkpointer = SqliteCheckpointer.open(path);
    expect(checkpointer.newestRootCheckpoint('t')).toEqual({ id, ts: Date.parse(ts) });
  });

  it('reads a checkpoint whose text begins differently', async () => {
    const { id } = await put('t', 1);
    const text = JSON.stringify({ channel_values: { ts: 'no' }, ts: '2024-01-01T00:00:00.000Z' });
    checkpointer.db.prepare('UPDATE checkpoints SET checkpoint = ?').run(Buffer.from(text));
    expect(checkpointer.newestRootCheckpoint('t')).toEqual({ id, ts: Date.parse('2024-01-01T00:00:00.000Z') });
  });
});

describe('rootTimestamp', () => {
  it('is the newest time saved at the root and never goes back', async () => {
    expect(checkpointer.rootTimestamp('t')).toBe(0);
    const newest = await put('t', 500);
    await put('t', 20);
    await put('t', 900, {}, 'child:1');
    expect(checkpointer.rootTimestamp('t')).toBe(Date.parse(newest.ts));
  });

  it('stands before the checkpoint is written', () => {
    const writing = put('t', 7);
    expect(checkpointer.rootTimestamp('t')).toBe(1_700_000_000_007);
    return writing;
  });

  it('remembers the last ten thousand threads', async () => {
    for (let i = 0; i < 10_001; i += 1)
      await checkpointer.put(at(`t${i}`), checkpoint(1), { source: 'loop', step: i, parents: {} });
    expect(checkpointer.rootTimestamp('t0')).toBe(0);
    expect(checkpointer.rootTimestamp('t1')).toBeGreaterThan(0);
    expect(checkpointer.newestRootCheckpoint('t0')).not.toBeNull();
  });
});

describe('list', () => {
  it('gives the newest first, narrowed by limit, before and checkpoint', async () => {
    const ids: string[] = [];
    for (const step of [1, 2, 3, 4]) ids.push((await put('t', step)).id);
    expect(await listed(at('t'))).toEqual([4, 3, 2, 1]);
    expect(await listed(at('t'), { limit: 2 })).toEqual([4, 3]);
    expect(await listed(at('t'), { limit: 0 })).toEqual([]);
    expect(await listed(at('t'), { before: at('t', '', ids[2]!), limit: 1 })).toEqual([2]);
    expect(await listed(at('t', '', ids[1]!))).toEqual([2]);
  });

  it('narrows by metadata of any kind and any name', async () => {
    await put('t', 1, { 'a.b': 1, tags: ['x', 'ü'], flag: true });
    await put('t', 2, { a: { b: 1 }, tags: ['x'], flag: null });
    expect(await listed(at('t'), { filter: { 'a.b': 1 } })).toEqual([1]);
    expect(await listed(at('t'), { filter: { tags: ['x', 'ü'], flag: true } })).toEqual([1]);
    expect(await listed(at('t'), { filter: { step: 2, missing: undefined } })).toEqual([2]);
    expect(await listed(at('t'), { filter: { step: '2' } })).toEqual([]);
  });

  it('keeps threads and namespaces apart, whatever characters they have', async () => {
    await put('t', 1, {}, 'a:1\u0000b:2');
    await put('t', 2, {}, 'a:1');
    await put("t'; --", 3);
    expect(await listed(at('t', 'a:1\u0000b:2'))).toEqual([1]);
    expect(await listed(at('t', 'a:1'))).toEqual([2]);
    expect(await listed(at("t'; --"))).toEqual([3]);
    expect(await listed({ configurable: { thread_id: 't' } })).toEqual([2, 1]);
  });
});

describe('pending writes', () => {
  async function written(tuple: Promise<CheckpointTuple | undefined>): Promise<unknown> {
    return (await tuple)?.pendingWrites;
  }

  it('come back as they were given, bytes and large values included, in order of task and position', async () => {
    const { id } = await put('t', 1);
    const bytes = new Uint8Array([0, 255, 128, 10]);
    const text = 'ü\u0000'.repeat(10_000);
    await checkpointer.putWrites(at('t', '', id), [['b', bytes], ['a', { text }], ['c', undefined]], 'task-2');
    await checkpointer.putWrites({ configurable: { thread_id: 't', checkpoint_id: id } }, [['z', null]], 'task-1');
    const expected = [
      ['task-1', 'z', null],
      ['task-2', 'b', bytes],
      ['task-2', 'a', { text }],
      ['task-2', 'c', undefined],
    ];
    expect(await written(checkpointer.getTuple(at('t')))).toEqual(expected);
    expect(await written(checkpointer.getTuple(at('t', '', id)))).toEqual(expected);
    for await (const tuple of checkpointer.list(at('t'))) expect(tuple.pendingWrites).toEqual(expected);
  });

  it('are no result of a task while they only tell of its error, its question or its answers', async () => {
    const { id } = await put('t', 1);
    const task = (taskId: string) => ({ threadId: 't', namespace: '', taskId });
    const failure = [
      ['__error__', { name: 'Error', message: 'no' }],
      ['__error_source_node__', 'ask'],
    ] as [string, unknown][];
    await checkpointer.putWrites(
      at('t', '', id),
      [...failure, ['__resume__', ['yes', 'no']], ['__interrupt__', 'why?']],
      'failed',
    );
    await checkpointer.putWrites(at('t', '', id), [['a', 1]], 'done');
    expect([checkpointer.isFinished(task('failed')), checkpointer.isFinished(task('done'))]).toEqual([
      false,
      true,
    ]);
    expect(checkpointer.finishedTasks('t', '')).toEqual(new Set(['done']));
    await checkpointer.trimResumes(task('failed'), 1);
    expect(checkpointer.countResumes(task('failed'))).toBe(1);
  });

  it('of a checkpoint that was never stored are no results', async () => {
    await put('t', 1);
    await checkpointer.putWrites(at('t', '', 'lost'), [['a', 1]], 'task');
    expect(checkpointer.finishedTasks('t', '')).toEqual(new Set());
  });

  it('go with their thread', async () => {
    const { id } = await put('t', 1);
    await checkpointer.putWrites(at('t', '', id), [['a', 1]], 'task');
    await checkpointer.deleteThread('t');
    expect(await checkpointer.getTuple(at('t'))).toBeUndefined();
    expect(checkpointer.db.prepare('SELECT count(*) FROM writes').pluck().get()).toBe(0);
    expect(checkpointer.rootTimestamp('t')).toBe(0);
  });
});

describe('a graph on it', () => {
  const State = Annotation.Root({ log: Annotation<string[]>({ reducer: (a, b) => [...a, ...b], default: () => [] }) });
  const child = new StateGraph(State)
    .addNode('ask', () => ({ log: [interrupt<string, string>('child?')] }))
    .addEdge(START, 'ask')
    .addEdge('ask', END)
    .compile();
  const graph = () =>
    new StateGraph(State)
      .addNode('ask', () => ({ log: [interrupt<string, string>('root?')] }))
      .addNode('child', child)
      .addEdge(START, 'ask')
      .addEdge(START, 'child')
      .compile({ checkpointer });
  const config = { configurable: { thread_id: 't' } };

  it('keeps two interrupts, answers one, and goes on after the file was opened again', async () => {
    await graph().invoke({ log: ['go'] }, config);
    const before = await graph().getState(config, { subgraphs: true });
    const ids = Object.fromEntries(
      before.tasks.flatMap((task) => task.interrupts).map(({ id, value }) => [value as string, id!]),
    );
    expect(Object.keys(ids).sort()).toEqual(['child?', 'root?']);
    await graph().invoke(new Command({ resume: { [ids['root?']!]: 'yes' } }), config);
    checkpointer.close();
    checkpointer = SqliteCheckpointer.open(path);
    const { log } = await graph().invoke(new Command({ resume: { [ids['child?']!]: 'too' } }), config);
    expect([...log].sort()).toEqual(['go', 'go', 'too', 'yes']);
  });

  it('tells its history and forks from a checkpoint of it', async () => {
    const plain = new StateGraph(State)
      .addNode('one', () => ({ log: ['one'] }))
      .addNode('two', () => ({ log: ['two'] }))
      .addEdge(START, 'one')
      .addEdge('one', 'two')
      .addEdge('two', END)
      .compile({ checkpointer });
    await plain.invoke({ log: ['in'] }, config);
    const history: StateSnapshot[] = [];
    for await (const state of plain.getStateHistory(config)) history.push(state);
    expect(history.map((state) => state.next)).toEqual([[], ['two'], ['one'], ['__start__']]);
    const fork = await plain.updateState(history[1]!.config, { log: ['changed'] });
    expect((await plain.invoke(null, fork)).log).toEqual(['in', 'one', 'changed', 'two']);
    expect(checkpointer.newestRootCheckpoint('t')!.ts).toBe(checkpointer.rootTimestamp('t'));
  });
});
