import { EventBatch } from './event-batch.js';
import { ThreadSubjects } from './thread-subjects.js';

describe('ThreadSubjects', () => {
  const batch = (lastSeq: number): EventBatch => new EventBatch([], lastSeq);
  const unexpected = (error: unknown): never => {
    throw error;
  };

  it('hands each batch to every listener of its thread, in the tick of its publication, and to no other', () => {
    const subjects = new ThreadSubjects();
    const seen: string[] = [];
    subjects.listen('a', ({ lastSeq }) => seen.push(`first ${lastSeq}`), unexpected);
    subjects.listen('a', ({ lastSeq }) => seen.push(`second ${lastSeq}`), unexpected);
    subjects.listen('b', ({ lastSeq }) => seen.push(`other ${lastSeq}`), unexpected);
    subjects.publish('a', batch(2));
    subjects.publish('a', batch(3));
    expect(seen).toEqual(['first 2', 'second 2', 'first 3', 'second 3']);
  });

  it('keeps nothing for a thread that nobody listens to', () => {
    const subjects = new ThreadSubjects();
    const listen = (): (() => void) => subjects.listen('a', () => undefined, unexpected);
    subjects.publish('a', batch(2));
    expect([subjects.hasListeners('a'), subjects.listenedThreads]).toEqual([false, 0]);
    const [first, second] = [listen(), listen()];
    first();
    first();
    expect([subjects.hasListeners('a'), subjects.listenedThreads]).toEqual([true, 1]);
    second();
    expect([subjects.hasListeners('a'), subjects.listenedThreads]).toEqual([false, 0]);
  });

  it('gives a listener only what is published after it came, also when it comes during a publication', () => {
    const subjects = new ThreadSubjects();
    const late: number[] = [];
    const early = subjects.listen('a', () => {
      early();
      subjects.listen('a', ({ lastSeq }) => late.push(lastSeq), unexpected);
    }, unexpected);
    subjects.publish('a', batch(2));
    subjects.publish('a', batch(3));
    expect(late).toEqual([3]);
  });

  it('lets go of a listener that throws, tells it why, and goes on with all others', () => {
    const subjects = new ThreadSubjects();
    const seen: string[] = [];
    subjects.listen('a', ({ lastSeq }) => seen.push(`before ${lastSeq}`), unexpected);
    subjects.listen('a', ({ lastSeq }) => {
      throw new Error(`cannot take ${lastSeq}`);
    }, (error) => seen.push((error as Error).message));
    subjects.listen('a', ({ lastSeq }) => seen.push(`after ${lastSeq}`), unexpected);
    subjects.publish('a', batch(2));
    subjects.publish('a', batch(3));
    expect(seen).toEqual(['before 2', 'cannot take 2', 'after 2', 'before 3', 'after 3']);
  });
});

describe('EventBatch', () => {
  it('makes what readers share once for each key', () => {
    let made = 0;
    const make = (): string | null => (made++ === 0 ? null : 'again');
    const shared = new EventBatch([], 2);
    expect([shared.once('a', make), shared.once('a', make), shared.once('b', make)]).toEqual([null, null, 'again']);
  });
});
