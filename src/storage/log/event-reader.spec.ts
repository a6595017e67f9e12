import { draftOf, openTemporaryLog, type TemporaryLog } from '../../../test/support/temporary-log.js';
import { CHANNELS } from '../../protocol/channel.js';
import { EventFilter } from '../../protocol/event-filter.js';
import type { EventPage, ReadRequest } from './event-reader.js';

const EVERYTHING = new EventFilter({ channels: CHANNELS });

describe('EventReader', () => {
  let opened: TemporaryLog;
  beforeEach(async () => {
    opened = await openTemporaryLog();
  });
  afterEach(() => opened.close());

  function read(threadId: string, request: Partial<ReadRequest> = {}): EventPage {
    const head = opened.log.head(threadId);
    if (!head) throw new Error(`${threadId} has no head`);
    return opened.reader.readPage({
      threadKey: head.threadKey, after: 1, through: head.lastSeq, filter: EVERYTHING, maxBytes: 1_000_000,
      skipCursorOnlyThrough: 0, ...request,
    });
  }
  const seqs = ({ events }: EventPage): number[] => events.map(({ seq }) => seq);

  /** Reads page after page, as a reader that catches up does. */
  function pages(threadId: string, request: Partial<ReadRequest>): EventPage[] {
    const head = opened.log.head(threadId)?.lastSeq ?? 0;
    const all: EventPage[] = [];
    for (let after = 1; after < head; after = (all.at(-1) as EventPage).through) {
      all.push(read(threadId, { ...request, after }));
      expect((all.at(-1) as EventPage).through).toBeGreaterThan(after);
    }
    return all;
  }

  it('gives back what was published, letter for letter', async () => {
    const published: unknown[] = [];
    opened.listen('a', ({ events }) => published.push(...events));
    await opened.log.append('a', [
      draftOf({ text: 'ü\n\u2028' }, { name: 'progress', namespace: ['n:1', 'm:2'] }),
      draftOf({}, { method: 'lifecycle' }),
      draftOf({}, { method: 'input.requested', runId: null, node: 'ask' }),
    ]);
    expect(published).toMatchObject(read('a').events);
    expect(read('a').through).toBe(4);
  });

  it('reads only what lies above the cursor, up to the bound, of its own thread', async () => {
    await opened.log.append('a', Array.from({ length: 10 }, (_, i) => draftOf(i)));
    await opened.log.append('b', [draftOf('b')]);
    expect(read('a', { after: 4, through: 7 })).toMatchObject({
      events: [{ seq: 5 }, { seq: 6 }, { seq: 7 }],
      through: 7,
    });
    expect(seqs(read('a', { after: 11 }))).toEqual([]);
    expect(seqs(read('b'))).toEqual([2]);
  });

  it('has considered all rows up to the bound when the filter matches few or none', async () => {
    await opened.log.append('a', [draftOf(1), draftOf(2, { method: 'tools' }), draftOf(3)]);
    expect(read('a', { filter: new EventFilter({ channels: ['tools'] }) })).toMatchObject({
      events: [{ seq: 3 }],
      through: 4,
    });
    expect(read('a', { filter: new EventFilter({ channels: ['values'] }) })).toEqual({ events: [], through: 4 });
  });

  it('bounds a page in bytes of UTF-8, plus one event, and returns at least one', async () => {
    const text = '進'.repeat(1_000);
    await opened.log.append('a', Array.from({ length: 20 }, (_, i) => draftOf({ i, text })));
    const eventBytes = Math.max(...read('a').events.map(({ envelope }) => Buffer.byteLength(envelope)));
    for (const maxBytes of [0, 1, 5_000, 20_000]) {
      const all = pages('a', { maxBytes });
      expect(all.flatMap(seqs)).toEqual(Array.from({ length: 20 }, (_, i) => i + 2));
      for (const { events } of all) {
        expect(events.length).toBeGreaterThan(0);
        const bytes = events.reduce((sum, { envelope }) => sum + Buffer.byteLength(envelope), 0);
        expect(bytes).toBeLessThanOrEqual(maxBytes + eventBytes);
      }
    }
  });

  it('looks at READ_PAGE_ROWS rows at most, however few of them match', async () => {
    opened.settings.READ_PAGE_ROWS = 10;
    await opened.log.append(
      'a',
      Array.from({ length: 35 }, (_, i) => draftOf(i, { method: i === 30 ? 'tools' : 'custom' })),
    );
    const all = pages('a', { filter: new EventFilter({ channels: ['tools'] }) });
    expect(all.map(({ through }) => through)).toEqual([11, 21, 31, 36]);
    expect(all.flatMap(seqs)).toEqual([32]);
  });

  it('leaves out what is marked for cursors only, up to the seq that it is told', async () => {
    await opened.log.append('a', [1, 2, 3, 4].map((i) => draftOf(i, { cursorOnly: i % 2 === 0 })));
    expect(seqs(read('a'))).toEqual([2, 3, 4, 5]);
    expect(seqs(read('a', { skipCursorOnlyThrough: 3 }))).toEqual([2, 4, 5]);
    expect(read('a', { skipCursorOnlyThrough: 5 })).toMatchObject({ events: [{ seq: 2 }, { seq: 4 }], through: 5 });
  });

  it('never shows rows of another kind', async () => {
    await opened.log.append('a', [draftOf(1), draftOf(2), draftOf(3)]);
    opened.database.handle.prepare('UPDATE events SET kind = 7 WHERE seq = 3').run();
    expect(read('a')).toMatchObject({ events: [{ seq: 2 }, { seq: 4 }], through: 4 });
  });

  it('tells the envelope at a seq, or that there is none', async () => {
    await opened.log.append('a', [draftOf('here')]);
    const { threadKey } = opened.log.head('a') as { threadKey: number };
    expect(JSON.parse(opened.reader.envelopeAt(threadKey, 2) ?? '')).toMatchObject({
      seq: 2,
      params: { data: 'here' },
    });
    expect([opened.reader.envelopeAt(threadKey, 3), opened.reader.envelopeAt(99, 2)]).toEqual([null, null]);
  });
});
