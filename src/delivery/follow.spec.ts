import { setImmediate as nextTurn } from 'node:timers/promises';
import { SEED, RandomChoices } from '../../test/support/random-choices.js';
import type { Awaitable } from '../storage/awaitable.js';
import { type FollowSink, type FollowSource, type LiveBatch, type ReadResult, follow } from './follow.js';

const EVENT_BYTES = 10;

/** Events of ten bytes each, for filters that want all of them, or only even ones. */
const encode = (seqs: readonly number[]): Uint8Array | null =>
  seqs.length === 0 ? null : Buffer.from(seqs.map((seq) => String(seq).padEnd(EVENT_BYTES)).join(''));

/** A log in memory, with the promise of the real one: what is committed is published in the same tick. */
class FakeLog implements FollowSource<Uint8Array> {
  lastSeq = 1;
  reads: number[] = [];
  readonly listeners = new Set<(batch: LiveBatch<Uint8Array>) => void>();

  constructor(readonly wants: (seq: number) => boolean = () => true) {}

  head(): number {
    return this.lastSeq;
  }

  /** Turns of the loop that an engine takes to answer a read; 0 answers in the same tick. */
  answerTurns = 0;

  read(after: number, maxBytes: number): Awaitable<ReadResult<Uint8Array>> {
    const page = this.page(after, maxBytes);
    return this.answerTurns === 0 ? page : this.later(page);
  }

  private async later<T>(page: T): Promise<T> {
    for (let turn = 0; turn < this.answerTurns; turn += 1) await nextTurn();
    return page;
  }

  private page(after: number, maxBytes: number): ReadResult<Uint8Array> {
    this.reads.push(after);
    const seqs: number[] = [];
    for (let seq = after + 1; seq <= this.lastSeq; seq += 1) {
      if (this.wants(seq)) seqs.push(seq);
      if (seqs.length > 0 && seqs.length * EVENT_BYTES >= maxBytes) return { chunk: encode(seqs), through: seq };
    }
    return { chunk: encode(seqs), through: this.lastSeq };
  }

  live(listener: (batch: LiveBatch<Uint8Array>) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  commit(count: number): void {
    const seqs = Array.from({ length: count }, (_, i) => this.lastSeq + 1 + i);
    this.lastSeq += count;
    const batch = { lastSeq: this.lastSeq, chunk: encode(seqs.filter(this.wants)) };
    for (const listener of [...this.listeners]) listener(batch);
  }
}

/** A reader whose buffer empties only when the test says so. */
class FakeSink implements FollowSink<Uint8Array> {
  closed = false;
  written: number[] = [];
  buffered = 0;
  mostBuffered = 0;
  private waiting: (() => void) | null = null;
  private readonly closeListeners = new Set<() => void>();

  constructor(readonly limit: number) {}

  room(): number {
    return this.limit - this.buffered;
  }

  write(chunk: Uint8Array): void {
    const text = Buffer.from(chunk).toString();
    this.written.push(...(text.match(/\d+/g) ?? []).map(Number));
    this.buffered += chunk.byteLength;
    this.mostBuffered = Math.max(this.mostBuffered, this.buffered);
  }

  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.closed || this.buffered < this.limit / 2) setImmediate(resolve);
      else this.waiting = resolve;
    });
  }

  onClose(listener: () => void): () => void {
    this.closeListeners.add(listener);
    return () => this.closeListeners.delete(listener);
  }

  get watched(): number {
    return this.closeListeners.size;
  }

  drain(): void {
    this.buffered = 0;
    this.waiting?.();
    this.waiting = null;
  }

  close(): void {
    this.closed = true;
    for (const listener of [...this.closeListeners]) listener();
    this.drain();
  }
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);

/** Lets everything that only waits for the loop go on. */
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await nextTurn();
}

describe('follow', () => {
  it('is live in the very tick in which it starts at the head', () => {
    const log = new FakeLog();
    const sink = new FakeSink(1_000);
    void follow(log, sink, 1);
    expect(log.listeners.size).toBe(1);
    log.commit(3);
    expect(sink.written).toEqual([2, 3, 4]);
    expect(log.reads).toEqual([]);
  });

  it('is live in the tick in which it has read the last page', () => {
    const log = new FakeLog();
    log.commit(3);
    const sink = new FakeSink(1_000);
    void follow(log, sink, 1);
    expect(log.listeners.size).toBe(1);
    log.commit(1);
    expect(sink.written).toEqual([2, 3, 4, 5]);
  });

  it('catches up page by page, then goes live, without a gap or a double', async () => {
    const log = new FakeLog();
    const sink = new FakeSink(30);
    log.commit(10);
    void follow(log, sink, 4);
    while (log.listeners.size === 0) {
      sink.drain();
      await nextTurn();
    }
    log.commit(1);
    expect(sink.written).toEqual(range(5, 12));
    expect(log.reads.length).toBeGreaterThan(1);
  });

  it('delivers an event once when it commits during catch-up', async () => {
    const log = new FakeLog();
    const sink = new FakeSink(50);
    log.commit(20);
    void follow(log, sink, 1);
    for (let i = 0; i < 30; i += 1) {
      log.commit(1);
      sink.drain();
      await nextTurn();
    }
    await quiet();
    expect(sink.written).toEqual(range(2, 51));
    expect(log.listeners.size).toBe(1);
  });

  it('considers what its filter leaves out: a live reader that falls back does not read it again', async () => {
    const log = new FakeLog((seq) => seq > 100);
    const sink = new FakeSink(20);
    void follow(log, sink, 1);
    for (let i = 0; i < 99; i += 1) log.commit(1);
    expect(sink.written).toEqual([]);
    log.commit(5);
    await quiet();
    expect(log.reads[0]).toBe(100);
    expect(sink.written[0]).toBe(101);
  });

  it('leaves live when a batch finds no room, queues nothing, and reads the log once it has drained', async () => {
    const log = new FakeLog();
    const sink = new FakeSink(25);
    void follow(log, sink, 1);
    log.commit(2);
    log.commit(1);
    expect(log.listeners.size).toBe(0);
    for (let i = 0; i < 100; i += 1) log.commit(5);
    await quiet();
    expect([sink.written, log.reads]).toEqual([[2, 3], []]);
    while (sink.written.at(-1) !== log.lastSeq || log.listeners.size === 0) {
      sink.drain();
      await nextTurn();
    }
    expect(sink.written).toEqual(range(2, log.lastSeq));
    expect(sink.mostBuffered).toBeLessThanOrEqual(25 + EVENT_BYTES);
  });

  it('gets an event that is larger than its whole buffer', async () => {
    const log = new FakeLog();
    const sink = new FakeSink(EVENT_BYTES - 1);
    void follow(log, sink, 1);
    log.commit(2);
    for (let i = 0; i < 5; i += 1) {
      await quiet();
      sink.drain();
    }
    expect(sink.written).toEqual([2, 3]);
  });

  it.each(['live', 'waiting for room', 'catching up'])(
    'ends, and lets go of all it held, when the reader goes while %s',
    async (state) => {
      const log = new FakeLog();
      const sink = new FakeSink(state === 'live' ? 1_000 : 20);
      if (state === 'catching up') log.commit(100);
      const ended = follow(log, sink, 1);
      if (state === 'waiting for room') log.commit(100);
      if (state !== 'catching up') await quiet();
      sink.close();
      await ended;
      const { length } = sink.written;
      log.commit(1);
      await quiet();
      expect([log.listeners.size, sink.watched, sink.written.length]).toEqual([0, 0, length]);
    },
  );

  it('does not start for a reader that has gone already', async () => {
    const log = new FakeLog();
    const sink = new FakeSink(100);
    log.commit(3);
    sink.close();
    await follow(log, sink, 1);
    expect([sink.written, log.listeners.size]).toEqual([[], 0]);
  });

  it('fails when the log cannot be read', async () => {
    const log = new FakeLog();
    log.commit(1);
    log.read = () => {
      throw new Error('disk I/O error');
    };
    await expect(follow(log, new FakeSink(100), 1)).rejects.toThrow('disk I/O error');
  });

  it('writes nothing to a reader that has gone while a page was read', async () => {
    const log = new FakeLog();
    log.answerTurns = 1;
    log.commit(3);
    const sink = new FakeSink(100);
    const following = follow(log, sink, 1);
    sink.close();
    await following;
    expect(sink.written).toEqual([]);
  });

  it(`gives each reader exactly its view, once, in order, within its buffer, whatever the timing (TEST_SEED=${SEED})`, async () => {
    const random = new RandomChoices();
    for (let round = 0; round < 200; round += 1) {
      const modulus = random.between(1, 4);
      const wants = (seq: number): boolean => seq % modulus === 0;
      const log = new FakeLog(wants);
      log.answerTurns = random.between(0, 2);
      log.commit(random.between(1, 60));
      const limit = random.between(5, 120);
      const sink = new FakeSink(limit);
      const cursor = random.between(1, log.lastSeq);
      void follow(log, sink, cursor);
      for (let step = 0; step < 40; step += 1) {
        if (random.chance(0.5)) log.commit(random.between(1, 8));
        if (random.chance(0.5)) sink.drain();
        if (random.chance(0.5)) await nextTurn();
        if (random.chance(0.2)) await Promise.resolve();
      }
      const expected = (): number[] => range(cursor + 1, log.lastSeq).filter(wants);
      while (sink.written.length < expected().length) {
        sink.drain();
        await nextTurn();
      }
      await nextTurn();
      expect({ round, written: sink.written }).toEqual({ round, written: expected() });
      expect({ round, most: Math.max(sink.mostBuffered, limit + EVENT_BYTES) }).toEqual({
        round,
        most: limit + EVENT_BYTES,
      });
      sink.close();
    }
  });
});
