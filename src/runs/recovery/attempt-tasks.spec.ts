import type { Namespace } from '../../protocol/namespace.js';
import { AttemptTasks, type SavedStep } from './attempt-tasks.js';

const saved = (checkpointId: string, ts: number, ...finished: string[]): SavedStep => ({
  ts, finishedTasks: new Set(finished), isSaved: (id) => id === checkpointId,
});

function attempt(steps: Record<string, SavedStep>): AttemptTasks {
  return new AttemptTasks((namespace: Namespace) => steps[namespace.join('|')] ?? null);
}

describe('AttemptTasks', () => {
  it('does everything again when nothing was saved', async () => {
    const tasks = attempt({});
    tasks.note(['a:1'], 10);
    await tasks.noteCheckpoint([], 'c1');
    expect(await tasks.isDone(['a:1'])).toBe(false);
  });

  it('does not do again what came before a checkpoint that was announced and saved', async () => {
    const tasks = attempt({ '': saved('c1', 10) });
    tasks.note(['a:1'], 10);
    await tasks.noteCheckpoint([], 'c1');
    tasks.note(['b:2'], 10);
    expect(await tasks.isDone(['a:1'])).toBe(true);
    expect(await tasks.isDone(['b:2'])).toBe(false);
  });

  it('does again what came before a checkpoint that was announced and not saved', async () => {
    const tasks = attempt({ '': saved('c1', 5) });
    tasks.note(['a:1'], 10);
    await tasks.noteCheckpoint([], 'c2');
    expect(await tasks.isDone(['a:1'])).toBe(false);
  });

  it('does not do again what began before a checkpoint that was saved and not announced', async () => {
    const tasks = attempt({ '': saved('c2', 20) });
    tasks.note(['a:1'], 10);
    tasks.note(['a:1'], 25);
    tasks.note(['b:2'], 20);
    expect(await tasks.isDone(['a:1'])).toBe(true);
    expect(await tasks.isDone(['b:2'])).toBe(false);
  });

  it('does not do again a task whose writes were saved beside one that was not finished', async () => {
    const tasks = attempt({ '': saved('c1', 5, '1') });
    tasks.note(['a:1'], 10);
    tasks.note(['b:2'], 10);
    expect(await tasks.isDone(['a:1'])).toBe(true);
    expect(await tasks.isDone(['b:2'])).toBe(false);
  });

  it('goes on inside a subgraph at the checkpoint that the subgraph saved', async () => {
    const tasks = attempt({ '': saved('c1', 5), 'sub:1': saved('s2', 20) });
    tasks.note(['sub:1', 'first:7'], 10);
    tasks.note(['sub:1', 'second:8'], 20);
    expect(await tasks.isDone(['sub:1', 'first:7'])).toBe(true);
    expect(await tasks.isDone(['sub:1', 'second:8'])).toBe(false);
    expect(await tasks.isDone(['sub:1'])).toBe(false);
  });
});
