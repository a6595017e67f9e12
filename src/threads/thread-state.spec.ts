import { emptyState, type Snapshot, toThreadState } from './thread-state.js';
import { toThread } from './thread.js';

const config = (id?: string, ns = ''): Snapshot['config'] => ({
  configurable: {
    thread_id: 't',
    checkpoint_ns: ns,
    ...(id ? { checkpoint_id: id } : {}),
    __pregel_checkpointer: { secret: true },
  },
});
const none = (): boolean => false;

function snapshot(more: Partial<Snapshot>): Snapshot {
  return {
    values: { a: 1 },
    next: [],
    tasks: [],
    config: config('c2'),
    parentConfig: config('c1'),
    createdAt: '2026-01-01T00:00:00.000Z',
    metadata: { step: 3, source: 'loop', parents: {} },
    ...more,
  };
}

const inner = snapshot({
  config: config('s1', 'child:1'),
  parentConfig: undefined,
  next: ['ask'],
  tasks: [
    { id: 'i1', name: 'ask', path: ['__pregel_pull', 'ask'], interrupts: [{ id: 'x', value: 1 }] },
    {
      id: 'i2',
      name: 'ask2',
      path: ['__pregel_pull', 'ask2'],
      interrupts: [{ id: 'y', value: 2, response_schema: { type: 'string' } }],
    },
  ],
});
const waiting = snapshot({
  next: ['child', 'node'],
  tasks: [
    {
      id: 'k',
      name: 'child',
      path: ['__pregel_pull', 'child'],
      interrupts: [{ id: 'y', value: 2 }],
      state: inner as never,
    },
    { id: 'n', name: 'node', path: ['__pregel_push', 0], interrupts: [], error: new Error('boom'), result: { r: 1 } },
  ],
});

describe('toThreadState', () => {
  it('maps a checkpoint, with the public keys of its config only', () => {
    const checkpoint = { thread_id: 't', checkpoint_ns: '', checkpoint_id: 'c2', checkpoint_map: null };
    expect(toThreadState(snapshot({}), none)).toEqual({
      values: { a: 1 }, next: [], tasks: [], metadata: { step: 3, source: 'loop', parents: {} }, interrupts: [],
      created_at: '2026-01-01T00:00:00.000Z', checkpoint, parent_checkpoint: { ...checkpoint, checkpoint_id: 'c1' },
      checkpoint_id: 'c2', parent_checkpoint_id: 'c1',
    });
  });

  it('gives the empty state for a checkpoint that is not there', () => {
    expect(toThreadState(snapshot({ createdAt: undefined }), none)).toEqual(emptyState());
  });

  it('lists every interrupt of a subgraph on the task that runs it, though its parent knows only the last', () => {
    const state = toThreadState(waiting, none);
    expect(state.tasks[0]?.interrupts.map(({ id }) => id)).toEqual(['x', 'y']);
    expect(state.interrupts.map(({ id }) => id)).toEqual(['x', 'y']);
    expect(state.interrupts[1]).toEqual({ id: 'y', value: 2, response_schema: { type: 'string' } });
  });

  it('shows the state of a subgraph only when asked, its namespace always', () => {
    const checkpoint = { thread_id: 't', checkpoint_ns: 'child:1' };
    expect(toThreadState(waiting, none, false).tasks[0]).toMatchObject({ state: null, checkpoint });
    expect(toThreadState(waiting, none, true).tasks[0]).toMatchObject({
      checkpoint,
      state: { checkpoint_id: 's1', next: ['ask'] },
    });
  });

  it('hides answered interrupts at every level', () => {
    const state = toThreadState(waiting, (id) => id === 'y');
    expect(state.interrupts).toEqual([{ id: 'x', value: 1 }]);
    expect(state.tasks[0]?.state?.interrupts).toEqual([{ id: 'x', value: 1 }]);
  });

  it('gives an error as text and keeps path and result', () => {
    expect(toThreadState(waiting, none).tasks[1]).toEqual({
      id: 'n',
      name: 'node',
      path: ['__pregel_push', 0],
      error: 'boom',
      interrupts: [],
      checkpoint: null,
      state: null,
      result: { r: 1 },
    });
  });

  it('gives a thread its open interrupts by task, and no older state than its newest checkpoint', () => {
    const row = {
      threadId: 't',
      owner: null,
      status: 'interrupted' as const,
      graphId: null,
      assistantId: null,
      metadata: {},
      config: {},
      error: 'why',
      createdAt: 0,
      updatedAt: 1,
      stateUpdatedAt: 2,
    };
    expect(toThread(row, toThreadState(waiting, (id) => id === 'y'))).toEqual({
      thread_id: 't', created_at: '1970-01-01T00:00:00.000Z', updated_at: '1970-01-01T00:00:00.001Z',
      state_updated_at: '2026-01-01T00:00:00.000Z', metadata: {}, status: 'interrupted', values: { a: 1 },
      interrupts: { k: [{ id: 'x', value: 1 }] }, config: {}, error: 'why',
    });
  });
});
