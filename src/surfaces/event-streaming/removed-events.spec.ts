import type { ThreadHead } from '../../storage/log/thread-head.js';
import { type GivenCursor, isCursorLost, startAfter, type StreamStart } from './stream-cursor.js';

/** A thread at seq 50 that keeps events from 20 on, and 7 and 9 as the snapshot. */
const trimmed: ThreadHead = {
  threadKey: 1, threadId: 'a', lastSeq: 50, lastTimestamp: 0, replayFromSeq: 40, oldestSeq: 20, compactedThroughSeq: 0,
  openRuns: 0, openInterrupts: 0, lastAcceptedAt: 0,
};
const compacted: ThreadHead = { ...trimmed, oldestSeq: 2, compactedThroughSeq: 30 };

const start = (given: GivenCursor, head: ThreadHead | null, lowest: number | null): StreamStart =>
  startAfter(given, head, (seq) => (seq >= 20 ? `17-${seq}` : null), () => lowest);

describe('startAfter, when events were removed', () => {
  it.each([0, 1, 6, 7, 8, 18])(
    'starts at the snapshot, with the sign of loss, for a cursor at %i below what is kept',
    (seq) => {
      const missedEvents = 19 - Math.max(seq, 1);
      expect(start({ seq }, trimmed, 7)).toEqual({ cursor: 6, skipCursorOnlyThrough: 0, missedEvents });
    },
  );

  it.each([19, 20, 49, 50])('honours a cursor at %i: everything above it is there', (seq) => {
    expect(start({ seq }, trimmed, 7)).toEqual({ cursor: seq, skipCursorOnlyThrough: 0, missedEvents: 0 });
  });

  it.each([{ seq: 51 }, { eventId: '18-30' }, { eventId: '17-19' }, { eventId: '17-51' }, { eventId: 'nonsense' }])(
    'starts at the snapshot, with the sign of loss, for %j', (given) => {
      expect(start(given, trimmed, 7)).toMatchObject({ cursor: 6, missedEvents: 1 });
    },
  );

  it('starts at the oldest kept event of a thread without snapshot', () => {
    expect(start({ seq: 3 }, trimmed, 20)).toMatchObject({ cursor: 19, missedEvents: 16 });
    expect(start({ seq: 51 }, trimmed, 20)).toMatchObject({ cursor: 19, missedEvents: 1 });
  });

  it('starts at the head of a thread that has lost every event', () => {
    const empty = { ...trimmed, oldestSeq: 51 };
    expect(start({ seq: 3 }, empty, null)).toMatchObject({ cursor: 50, missedEvents: 47 });
    expect(start({ seq: 50 }, empty, null)).toMatchObject({ cursor: 50, missedEvents: 0 });
  });

  it('gives a cursor within what was compacted the sign of loss, and the kept events above it', () => {
    expect(start({ seq: 0 }, compacted, 2)).toMatchObject({ cursor: 1, missedEvents: 29 });
    expect(start({ seq: 29 }, compacted, 2)).toMatchObject({ cursor: 29, missedEvents: 1 });
    expect(start({ seq: 30 }, compacted, 2)).toMatchObject({ cursor: 30, missedEvents: 0 });
    expect(start({ eventId: '17-29' }, compacted, 2)).toMatchObject({ cursor: 29, missedEvents: 1 });
  });

  it('asks for the lowest row only when it needs it', () => {
    const never = (): number => {
      throw new Error('asked');
    };
    expect(startAfter({ seq: 20 }, trimmed, () => null, never).cursor).toBe(20);
  });
});

describe('isCursorLost', () => {
  const at = (oldestSeq: number, compactedThroughSeq = 0): { oldestSeq: number; compactedThroughSeq: number } => ({
    oldestSeq,
    compactedThroughSeq,
  });

  it.each([
    [18, true],
    [19, false],
    [40, false],
  ])('says of a reader at %i that was overtaken by a cut: %s', (cursor, lost) => {
    expect(isCursorLost(cursor, at(2), at(20))).toBe(lost);
    expect(isCursorLost(cursor, at(10), at(20))).toBe(lost);
  });

  it.each([[29, true], [30, false]])('says of a reader at %i that was overtaken by compaction: %s', (cursor, lost) => {
    expect(isCursorLost(cursor, at(2), at(2, 30))).toBe(lost);
  });

  it('lets a reader go on that was told of the loss when it was admitted', () => {
    expect(isCursorLost(6, at(20), at(20))).toBe(false);
    expect(isCursorLost(6, at(2, 30), at(2, 30))).toBe(false);
    expect(isCursorLost(6, at(20), at(21))).toBe(true);
  });
});
