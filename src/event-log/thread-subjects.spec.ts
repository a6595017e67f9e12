import { EventBatch } from './event-batch.js';
import { ThreadSubjects } from './thread-subjects.js';

describe('ThreadSubjects', () => {
  const batch = (lastSeq: number): EventBatch => new EventBatch([], lastSeq);

  it('hands each batch to every listener of its thread, in the tick of its publication, and to no other', () => {
    const subjects = new ThreadSubjects();
    const seen: string[] = [];
    subjects.live('a').subscribe(({ lastSeq }) => seen.push(`first ${lastSeq}`));
    subjects.live('a').subscribe(({ lastSeq }) => seen.push(`second ${lastSeq}`));
    subjects.live('b').subscribe(({ lastSeq }) => seen.push(`other ${lastSeq}`));
    subjects.publish('a', batch(2));
    subjects.publish('a', batch(3));
    expect(seen).toEqual(['first 2', 'second 2', 'first 3', 'second 3']);
  });

  it('keeps nothing for a thread that nobody listens to', () => {
    const subjects = new ThreadSubjects();
    const live = subjects.live('a');
    subjects.publish('a', batch(2));
    expect([subjects.hasListeners('a'), subjects.listenedThreads]).toEqual([false, 0]);
    const [first, second] = [live.subscribe(), live.subscribe()];
    first.unsubscribe();
    first.unsubscribe();
    expect([subjects.hasListeners('a'), subjects.listenedThreads]).toEqual([true, 1]);
    second.unsubscribe();
    expect([subjects.hasListeners('a'), subjects.listenedThreads]).toEqual([false, 0]);
  });

  it('gives a listener only what is published after it came, also when it comes during a publication', () => {
    const subjects = new ThreadSubjects();
    const late: number[] = [];
    const early = subjects.live('a').subscribe(() => {
      early.unsubscribe();
      subjects.live('a').subscribe(({ lastSeq }) => late.push(lastSeq));
    });
    subjects.publish('a', batch(2));
    subjects.publish('a', batch(3));
    expect(late).toEqual([3]);
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
