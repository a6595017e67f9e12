import { Clock } from './clock.js';
import { DueTimer } from './due-timer.js';

/** Waits for nobody: the test fires what was armed. */
class ArmedClock extends Clock {
  time = 1_000;
  readonly armed: { ms: number; wake: () => void }[] = [];

  override now(): number {
    return this.time;
  }

  override after(ms: number, wake: () => void): () => void {
    const one = { ms, wake };
    this.armed.push(one);
    return () => void this.armed.splice(this.armed.indexOf(one), 1);
  }
}

describe('a timer for what is due', () => {
  let clock: ArmedClock;
  let due: number[];
  let done: number[];
  let faults: unknown[];
  let timer: DueTimer;

  beforeEach(() => {
    clock = new ArmedClock();
    due = [];
    done = [];
    faults = [];
    const work = {
      nextDueAt: () => due[0] ?? null,
      run: async (now: number) => {
        if (due[0] === -1) throw new Error('no storage');
        while (due[0] !== undefined && due[0] <= now) done.push(due.shift() as number);
      },
      failed: (error: unknown) => void faults.push(error),
    };
    timer = new DueTimer(clock, work, { longestMs: 500, retryMs: 7 });
  });

  const waits = (): number[] => clock.armed.map(({ ms }) => ms);

  it('does what is due at once, and waits for what is next alone', async () => {
    due = [900, 1_000, 1_200, 1_300];
    await timer.wake();
    expect([done, waits()]).toEqual([[900, 1_000], [200]]);
  });

  it('does not wait while nothing is to come', async () => {
    await timer.wake();
    expect(waits()).toEqual([]);
  });

  it('waits no longer than it may, and looks again', async () => {
    due = [9_000];
    await timer.wake();
    expect(waits()).toEqual([500]);
    clock.time = 9_000;
    clock.armed.shift()?.wake();
    await timer.wake();
    expect([done, waits()]).toEqual([[9_000], []]);
  });

  it('looks once more when it is woken while it looks', async () => {
    const first = timer.wake();
    due = [1_000];
    await timer.wake();
    await first;
    expect(done).toEqual([1_000]);
  });

  it('tells a failure and tries again', async () => {
    due = [-1, 1_000];
    await timer.wake();
    expect([faults, waits()]).toEqual([[new Error('no storage')], [7]]);
    due = [1_000];
    await timer.wake();
    expect([done, waits()]).toEqual([[1_000], []]);
  });

  it('does nothing any more once it is closed', async () => {
    due = [2_000];
    await timer.wake();
    await timer.close();
    clock.time = 2_000;
    await timer.wake();
    expect([done, waits()]).toEqual([[], []]);
  });
});
