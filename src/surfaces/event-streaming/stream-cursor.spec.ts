import type { ThreadHead } from '../../storage/log/thread-head.js';
import { CHANNELS } from '../../protocol/channel.js';
import { EventFilter } from '../../protocol/event-filter.js';
import {
  type GivenCursor,
  type StreamStart,
  givenCursor,
  parseCursor,
  startAfter,
  startWithoutCursor,
} from './stream-cursor.js';

const NOW = 1_000_000;
const GRACE = 1_000;

/** A thread with events 2 to 20, whose newest run began at 15 and has ended. */
function head(parts: Partial<ThreadHead> = {}): ThreadHead {
  return {
    threadKey: 1, threadId: 'a', lastSeq: 20, lastTimestamp: NOW, replayFromSeq: 15, oldestSeq: 2,
    compactedThroughSeq: 0, openRuns: 0, openInterrupts: 0, lastAcceptedAt: NOW - 60_000, ...parts,
  };
}

describe('parseCursor', () => {
  it.each([
    ['7', { seq: 7 }],
    ['0', { seq: 0 }],
    ['17-7', { eventId: '17-7' }],
    ['', { eventId: '' }],
    ['-7', { eventId: '-7' }],
    ['1'.repeat(16), { eventId: '1'.repeat(16) }],
  ])('reads %j', (text, cursor) => {
    expect(parseCursor(text)).toEqual(cursor);
  });
});

describe('givenCursor', () => {
  it.each([
    [{ since: 0, since_event_id: '17-3' }, '4', { seq: 0 }],
    [{ since: null, since_event_id: '17-3' }, '4', { eventId: '17-3' }],
    [{ since_event_id: '' }, '4', { eventId: '' }],
    [{ since_event_id: null }, '17-4', { eventId: '17-4' }],
    [{}, '', null],
    [{}, undefined, null],
  ])('takes from the body %j and the header %j the cursor %j', (body, header, cursor) => {
    expect(givenCursor(body, header)).toEqual(cursor);
  });
});

describe('startAfter', () => {
  const after = (given: GivenCursor, of: ThreadHead | null = head()): StreamStart =>
    startAfter(given, of, (seq) => (seq >= 2 && seq <= 20 ? `17-${seq}` : null));

  it.each([[1], [2], [14], [20]])('starts above seq %i', (seq) => {
    expect(after({ seq })).toEqual({ cursor: seq, skipCursorOnlyThrough: 0, missedEvents: 0 });
  });

  it('gives everything above 0, for that is what the client asks for', () => {
    expect(after({ seq: 0 })).toEqual({ cursor: 1, skipCursorOnlyThrough: 0, missedEvents: 0 });
  });

  it('gives all that is kept, and says so, for a cursor above the head', () => {
    expect(after({ seq: 21 })).toEqual({ cursor: 1, skipCursorOnlyThrough: 0, missedEvents: 1 });
    expect(after({ seq: 1e300 })).toMatchObject({ cursor: 1, missedEvents: 1 });
    expect(after({ seq: 9 }, head({ lastSeq: 8, oldestSeq: 5 }))).toMatchObject({ cursor: 4, missedEvents: 1 });
  });

  it.each([[0], [1]])('waits for the first event of a thread that was never seen, after seq %i', (seq) => {
    expect(after({ seq }, null)).toEqual({ cursor: 1, skipCursorOnlyThrough: 0, missedEvents: 0 });
  });

  it('says that something is missing when a thread that was never seen is resumed', () => {
    expect(after({ seq: 2 }, null)).toEqual({ cursor: 1, skipCursorOnlyThrough: 0, missedEvents: 1 });
  });

  it('takes an event_id when it is the one of its row', () => {
    expect(after({ eventId: '17-9' })).toEqual({ cursor: 9, skipCursorOnlyThrough: 0, missedEvents: 0 });
  });

  it.each(['18-9', 'synth:run:9', '17-21', '17-1', 'nonsense', ''])(
    'gives all that is kept, and says so, for the event_id %j',
    (eventId) => {
      expect(after({ eventId })).toEqual({ cursor: 1, skipCursorOnlyThrough: 0, missedEvents: 1 });
    },
  );

  it.each([
    [0, true], [1, true], [4, true], [8, true], [9, false], [10, false],
  ])('with events kept from 10 on, a cursor at %i misses something: %s', (seq, missed) => {
    expect(after({ seq }, head({ oldestSeq: 10 })).missedEvents > 0).toBe(missed);
  });

  it.each([
    [5, true],
    [11, true],
    [12, false],
    [13, false],
  ])('with events compacted through 12, a cursor at %i misses something: %s', (seq, missed) => {
    const start = after({ seq }, head({ compactedThroughSeq: 12 }));
    expect([start.cursor, start.missedEvents > 0]).toEqual([seq, missed]);
  });
});

describe('startWithoutCursor', () => {
  const WATCHER = [['lifecycle'], ['input'], ['lifecycle', 'input']];
  const PUMP = [['lifecycle', 'messages'], ['values'], ['lifecycle', 'custom:lifecycle'], [...CHANNELS]];
  const start = (channels: readonly string[], of: ThreadHead | null): unknown =>
    startWithoutCursor(new EventFilter({ channels }), of, NOW, GRACE);
  const fromNewestRun = { cursor: 14, skipCursorOnlyThrough: 20, missedEvents: 0 };
  const fromHead = { cursor: 20, skipCursorOnlyThrough: 20, missedEvents: 0 };

  it.each([...WATCHER, ...PUMP])('waits for the first event of a thread that was never seen (%j)', (...channels) => {
    expect(start(channels, null)).toEqual({ cursor: 1, skipCursorOnlyThrough: 0, missedEvents: 0 });
  });

  it.each(PUMP)('replays the newest run of an idle thread (%j)', (...channels) => {
    expect(start(channels, head())).toEqual(fromNewestRun);
  });

  it.each(WATCHER)('starts a watcher of an idle thread at the head (%j)', (...channels) => {
    expect(start(channels, head())).toEqual(fromHead);
  });

  it.each([
    ['a run is active or queued', { openRuns: 1 }],
    ['an interrupt is pending', { openInterrupts: 1 }],
    ['a run was accepted within the grace', { lastAcceptedAt: NOW - GRACE }],
    ['the clock was set back', { lastAcceptedAt: NOW + 5_000 }],
  ])('replays the newest run to a watcher too while %s', (_why, parts) => {
    expect(start(['lifecycle', 'input'], head(parts))).toEqual(fromNewestRun);
  });

  it('starts a watcher at the head as soon as the grace is over', () => {
    expect(start(['lifecycle'], head({ lastAcceptedAt: NOW - GRACE - 1 }))).toEqual(fromHead);
  });

  it('replays nothing between the acceptance of a run and its first event', () => {
    const accepted = head({ openRuns: 1, replayFromSeq: 21, lastAcceptedAt: NOW });
    for (const channels of [...WATCHER, ...PUMP]) expect(start(channels, accepted)).toEqual(fromHead);
  });

  it('is not moved by namespaces: a watcher of one namespace is a watcher', () => {
    const filter = new EventFilter({ channels: ['lifecycle'], namespaces: [['a']] });
    expect(startWithoutCursor(filter, head(), NOW, GRACE)).toEqual(fromHead);
  });
});
