import { emptyCheckpoint } from '@langchain/langgraph-checkpoint';
import { CHANNELS } from '../../src/protocol/channel.js';
import { EventFilter } from '../../src/protocol/event-filter.js';
import { type EventDraft, ROW_KIND } from '../../src/storage/log/event-draft.js';
import { ENGINES, type OpenEngine } from './open-engine.js';

const EVERYTHING = new EventFilter({ channels: CHANNELS });
const draft = (method: string, data: unknown, parts: Partial<EventDraft> = {}): EventDraft => ({
  method, namespace: [], data: JSON.stringify(data), runId: 'r1', at: 1_000, ...parts,
});

describe.each(ENGINES)('The contract of the log on $name', ({ open }) => {
  let engine: OpenEngine;
  let threadKey: number;
  beforeEach(async () => {
    engine = await open();
    // seq 2 to 7
    await engine.log.commit([{
      threadId: 't',
      work: null,
      drafts: [
        draft('lifecycle', { event: 'running' }),
        draft('custom', 'mine'),
        draft('custom', 'seen by cursors only', { cursorOnly: true }),
        draft('user.message', { text: 'hi' }, { kind: ROW_KIND.session }),
        draft('messages', { event: 'message-start' }, { namespace: ['node:1'] }),
        draft('lifecycle', { event: 'completed' }),
      ],
    }]);
    threadKey = engine.log.head('t')?.threadKey ?? 0;
  });
  afterEach(() => engine.close());

  const read = async (parts: object = {}): Promise<[number[], number]> => {
    const request = {
      threadKey,
      after: 1,
      through: 7,
      filter: EVERYTHING,
      maxBytes: 1_000_000,
      skipCursorOnlyThrough: 0,
    };
    const { events, through } = await engine.reader.readPage({ ...request, ...parts });
    return [events.map(({ seq }) => seq), through];
  };

  it('gives a page of what a filter matches, in order, without rows of other kinds', async () => {
    expect(await read()).toEqual([[2, 3, 4, 6, 7], 7]);
    expect(await read({ skipCursorOnlyThrough: 7 })).toEqual([[2, 3, 6, 7], 7]);
    expect(await read({ after: 3, through: 6 })).toEqual([[4, 6], 6]);
    expect(await read({ filter: new EventFilter({ channels: ['lifecycle'] }) })).toEqual([[2, 7], 7]);
  });

  it('gives one event at least, whatever its size, and says how far it has looked', async () => {
    const [seqs, through] = await read({ maxBytes: 1 });
    expect([seqs, through]).toEqual([[2], 2]);
    expect(await read({ maxBytes: 1, after: through })).toEqual([[3], 3]);
  });

  it('counts, and finds single rows and those of a run', async () => {
    const range = { threadKey, after: 1, through: 7, filter: EVERYTHING };
    expect(await engine.reader.count(range)).toBe(5);
    expect([await engine.reader.lowestSeq(threadKey, 0), await engine.reader.lowestSeq(threadKey, 7)]).toEqual([
      2,
      null,
    ]);
    expect(await engine.reader.runStartOf(threadKey, 'r1')).toEqual({ seq: 2, timestamp: 1_000 });
    expect(await engine.reader.runStartOf(threadKey, 'none')).toBeNull();
    expect(JSON.parse((await engine.reader.envelopeAt(threadKey, 3)) ?? '')).toMatchObject({
      seq: 3,
      method: 'custom',
    });
    expect(await engine.reader.envelopeAt(threadKey, 99)).toBeNull();
    expect((await engine.reader.lifecycleOf(threadKey, 'r1')).map(({ data }) => data.event)).toEqual([
      'running', 'completed',
    ]);
    const ofRun = await engine.reader.eventsOfRun(threadKey, 'r1', 3);
    expect(ofRun.map(({ seq, channel }) => [seq, channel])).toEqual([[6, 'messages'], [7, 'lifecycle']]);
  });

  it('applies what decisions do to stored rows, with the rows of the same commit', async () => {
    await engine.decide((unit) => {
      unit.hide([3]);
      unit.remove([4]);
      unit.append(draft('custom', 'last'));
    });
    expect(await read({ through: 8 })).toEqual([[2, 3, 6, 7, 8], 8]);
    expect(await read({ through: 8, skipCursorOnlyThrough: 8 })).toEqual([[2, 6, 7, 8], 8]);
    await engine.decide((unit) => unit.removeThrough(7, [6]));
    expect(await read({ through: 8 })).toEqual([[6, 8], 8]);
  });

  it('tells what retention asks', async () => {
    const range = { threadKey, after: 1, through: 7 };
    expect(await engine.upkeep.threadsAfter(0, 10)).toEqual([{ threadKey, threadId: 't' }]);
    expect((await engine.upkeep.agedRows(range, 2)).map(({ seq }) => seq)).toEqual([2, 3]);
    expect(await engine.upkeep.firstLifecycle(range)).toMatchObject({ seq: 2, runId: 'r1', event: 'running' });
    expect(await engine.upkeep.lastLifecycle(threadKey, 'r1', 7)).toMatchObject({ seq: 7, event: 'completed' });
  });

  it('keeps threads that go by themselves until they are gone', async () => {
    await engine.decide((unit) => {
      const none = { metadataJson: '{}', configJson: '{}', graphId: null, assistantId: null };
      unit.thread.insertIfAbsent({ ...none, owner: null, now: 1 });
      unit.thread.makeTemporary();
    });
    expect(await engine.temporary.all()).toEqual([{ threadId: 't', removeAt: null }]);
    await engine.temporary.setRemoval('t', 50);
    expect(await engine.temporary.all()).toEqual([{ threadId: 't', removeAt: 50 }]);
    await engine.decide((unit) => unit.removeRows());
    expect(await engine.temporary.all()).toEqual([]);
  });

  it('saves checkpoints in the order of storing, and goes back to one', async () => {
    const { checkpointer } = engine;
    const at = (id?: string) => ({ configurable: { thread_id: 't', checkpoint_ns: '', checkpoint_id: id } });
    const metadata = { source: 'loop' as const, step: 0, parents: {} };
    // The second has the id of an earlier time.
    for (const id of ['1f000000-0000-6000-8000-000000000002', '1f000000-0000-6000-8000-000000000001'])
      await checkpointer.put(at(), { ...emptyCheckpoint(), id, channel_values: { id } }, metadata, {});
    const newest = await checkpointer.newestRootCheckpoint('t');
    expect(newest?.id).toBe('1f000000-0000-6000-8000-000000000001');
    expect((await checkpointer.getTuple(at()))?.checkpoint.channel_values).toEqual({ id: newest?.id });
    await checkpointer.putWrites(at(newest?.id), [['out', 1], ['__resume__', ['yes']]], 'task');
    const task = { threadId: 't', namespace: '', taskId: 'task' };
    expect([await checkpointer.isFinished(task), await checkpointer.countResumes(task)]).toEqual([true, 1]);
    expect([...(await checkpointer.finishedTasks('t', ''))]).toEqual(['task']);
    await checkpointer.trimResumes(task, 0);
    expect(await checkpointer.countResumes(task)).toBe(0);
    await checkpointer.rollBackTo('t', '1f000000-0000-6000-8000-000000000002');
    expect((await checkpointer.newestRootCheckpoint('t'))?.id).toBe('1f000000-0000-6000-8000-000000000002');
    expect(await checkpointer.hasCheckpoint('t', '', newest?.id ?? '')).toBe(false);
  });
});
