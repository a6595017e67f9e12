import { FinishedRun } from '../../test/support/finished-run.js';
import { makeRecent, removeStored, setHead, storedSeqs, RemovalSizes } from '../../test/support/stored-log.js';
import { storedEnvelopes } from '../../test/support/stored-envelopes.js';
import { draftOf, openTemporaryLog, type TemporaryLog } from '../../test/support/temporary-log.js';
import { Compaction } from './compaction.js';
import type { EventDraft } from '../storage/log/event-draft.js';
import { SupersededRows } from './superseded-rows.js';
import type { ThreadHead } from '../storage/log/thread-head.js';

const THREAD = 'a';
const NOW = 100_000;

describe.each([['in place', false], ['recent', true]])('Compaction of events that are %s', (_where, areRecent) => {
  let temporary: TemporaryLog;
  beforeEach(async () => {
    temporary = await openTemporaryLog({ COMPACT_AFTER_MS: 1_000, READ_PAGE_BYTES: 2_000 });
  });
  afterEach(() => temporary.close());

  const compact = (now = NOW, signal?: AbortSignal): Promise<void> => {
    const { log, upkeep, settings } = temporary;
    return new Compaction(upkeep, log, new SupersededRows(upkeep), settings).compact(THREAD, now, signal);
  };
  const head = (): ThreadHead => temporary.log.head(THREAD) as ThreadHead;
  const append = async (drafts: readonly EventDraft[]): Promise<void> => {
    await temporary.log.append(THREAD, drafts);
    if (areRecent) makeRecent(temporary.database);
  };
  const seqs = (): number[] => storedSeqs(temporary.database, THREAD);
  /** Each event as its method and what it says, without those of the root lifecycle. */
  const left = (): string[] =>
    storedEnvelopes(temporary.database, THREAD).flatMap(({ method, params }) => {
      const data = params.data as { event?: string; index?: number; input?: unknown };
      const what =
        data.event ?? (method === 'tasks' ? ('input' in data ? 'start' : 'result') : params.namespace.join());
      return method === 'lifecycle' && params.namespace.length === 0 ? [] : [what ? `${method} ${what}` : method];
    });

  it('keeps only the last root values', async () => {
    await append(new FinishedRun('r').values().values(['child']).values().values().values(['child']).end());
    await compact();
    expect(seqs()).toEqual([2, 6, 8]);
    expect(head().compactedThroughSeq).toBe(8);
  });

  it('lets the values of an earlier run go when a later one has newer ones', async () => {
    await append(new FinishedRun('r1').values().values().end());
    await compact();
    expect(seqs()).toEqual([2, 4, 5]);
    await append(new FinishedRun('r2').end());
    await compact();
    expect(seqs()).toEqual([2, 4, 5, 6, 7]);
    await append(new FinishedRun('r3').values().end());
    await compact();
    expect(seqs()).toEqual([2, 5, 6, 7, 8, 9, 10]);
  });

  it('removes the inputs of tasks up to the last root checkpoint, and no result', async () => {
    const run = new FinishedRun('r')
      .taskStart()
      .taskResult()
      .checkpoint()
      .taskStart(['child'])
      .taskResult()
      .checkpoint();
    await append(run.taskStart().checkpoint(['child']).taskStart().end('interrupted'));
    await compact();
    expect(left()).toEqual([
      'tasks result', 'checkpoints', 'tasks result', 'checkpoints', 'tasks start', 'checkpoints child', 'tasks start',
    ]);
    await append(new FinishedRun('r2').checkpoint().end());
    await compact();
    expect(left()).toEqual([
      'tasks result',
      'checkpoints',
      'tasks result',
      'checkpoints',
      'checkpoints child',
      'checkpoints',
    ]);
  });

  it('removes the deltas of finished messages and keeps their ends', async () => {
    await append(new FinishedRun('r').reply(3).reply(0).end());
    await compact();
    const message = ['message-start', 'content-block-start', 'content-block-finish', 'message-finish'].map(
      (event) => `messages ${event}`,
    );
    expect(left()).toEqual([...message, ...message]);
  });

  it('keeps the deltas of a message that was cut off', async () => {
    const run = new FinishedRun('r').message('message-start').message('content-block-start', { index: 0 }).delta();
    await append(
      run.message('content-block-finish', { index: 0 }).delta(1).message('error', { message: 'stopped' }).end('failed'),
    );
    const before = seqs();
    await compact();
    expect(seqs()).toEqual(before);
  });

  it('keeps the deltas of a block that has no end', async () => {
    const run = new FinishedRun('r')
      .message('message-start')
      .delta(0)
      .delta(1)
      .message('content-block-finish', { index: 1 });
    await append(run.message('message-finish').end());
    await compact();
    expect(seqs()).toEqual([2, 3, 4, 6, 7, 8]);
  });

  it('tells two messages of one node apart by their call', async () => {
    const run = new FinishedRun('r')
      .message('message-start', {}, 'a')
      .message('message-start', {}, 'b')
      .delta(0, 'a')
      .delta(0, 'b');
    run.message('content-block-finish', { index: 0 }, 'a').message('error', {}, 'b').message('message-finish', {}, 'a');
    await append(run.end());
    await compact();
    expect(seqs()).toEqual([2, 3, 4, 6, 7, 8, 9, 10]);
  });

  it('keeps everything else', async () => {
    const run = new FinishedRun('r')
      .add('updates', { node: 'a' })
      .add('custom', { name: 'x' })
      .add('input.requested', {});
    run
      .add('tools', { event: 'tool-started' })
      .add('tools', { event: 'tool-output-delta' })
      .add('tools', { event: 'tool-finished' });
    run
      .add('lifecycle', { event: 'started' }, { namespace: ['child'] })
      .add('lifecycle', { event: 'completed' }, { namespace: ['child'] });
    await append(run.checkpoint().checkpoint(['child']).end());
    const before = seqs();
    await compact();
    expect(seqs()).toEqual(before);
    expect(head().compactedThroughSeq).toBe(before.at(-1));
  });

  it('leaves a run alone until its terminal is older than the setting', async () => {
    await append(new FinishedRun('r1', NOW - 1_001).values().values().end());
    await append(new FinishedRun('r2', NOW - 1_000).values().values().end());
    await compact();
    expect(head().compactedThroughSeq).toBe(5);
    await compact(NOW + 1);
    expect(head().compactedThroughSeq).toBe(9);
  });

  it('goes by the terminal of a run, however old its beginning is', async () => {
    await append([
      ...new FinishedRun('r', 1).values().values().drafts,
      ...new FinishedRun('r', NOW - 1_000).end().slice(1),
    ]);
    await compact();
    expect(seqs()).toHaveLength(4);
    expect(head().compactedThroughSeq).toBe(0);
    await compact(NOW + 1);
    expect(seqs()).toEqual([2, 4, 5]);
  });

  it.each([
    ['run', { openRuns: 1 }],
    ['interrupt', { openInterrupts: 1 }],
  ])('does not touch an unfinished %s', async (_what, unfinished) => {
    await append(new FinishedRun('r1').values().values().end());
    await append(new FinishedRun('r2').values().values().end('interrupted'));
    await setHead(temporary.log, THREAD, { ...unfinished, replayFromSeq: 6 });
    await compact();
    expect(seqs()).toEqual([2, 4, 5, 6, 7, 8, 9]);
    expect(head().compactedThroughSeq).toBe(5);
  });

  it('takes the two attempts of a run that was started again as one', async () => {
    const run = new FinishedRun('r')
      .values()
      .message('message-start')
      .delta()
      .message('error')
      .add('lifecycle', { event: 'running' });
    await append(run.values().reply(2).end());
    await compact();
    expect(seqs()).toEqual([2, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15]);
  });

  it('takes a terminal that is owed by a run that never started', async () => {
    await append([
      ...new FinishedRun('r1').end(),
      draftOf({ event: 'interrupted' }, { method: 'lifecycle', runId: 'r2' }),
    ]);
    await append(new FinishedRun('r3').values().values().end());
    await compact();
    expect(head().compactedThroughSeq).toBe(8);
    expect(seqs()).toEqual([2, 3, 4, 5, 7, 8]);
  });

  it('does not touch the snapshot that retention has left', async () => {
    await append(new FinishedRun('r1').checkpoint().values().taskStart().end());
    await append(new FinishedRun('r2').checkpoint().values().end());
    await setHead(temporary.log, THREAD, { oldestSeq: 7 });
    removeStored(temporary.database, 'seq IN (2, 5, 6)');
    await compact();
    expect(seqs()).toEqual([3, 4, 7, 8, 9, 10]);
    expect(head().compactedThroughSeq).toBe(10);
  });

  it('does not touch that snapshot either when newer values come long after it', async () => {
    await append(new FinishedRun('r1').values().end());
    await append(new FinishedRun('r2').checkpoint().taskStart().end());
    await compact();
    await setHead(temporary.log, THREAD, { oldestSeq: 5 });
    await append(new FinishedRun('r3').values().end());
    await compact();
    expect(seqs()).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(head().compactedThroughSeq).toBe(11);
  });

  it('removes in transactions of 500 rows, and goes on after a restart where it was stopped', async () => {
    await append(new FinishedRun('r1').taskStart().values().end());
    await compact();
    await append(new FinishedRun('r2').values().reply(1_100).checkpoint().values().end());
    await temporary.upkeep.prepareRemoval(head().threadKey);
    const stop = new AbortController();
    const transactions = new RemovalSizes(temporary, () => stop.abort());
    await compact(NOW, stop.signal);
    expect(transactions.sizes).toEqual([500]);
    // Everything that went is at or below it, so that a cursor above it has lost nothing.
    expect(head().compactedThroughSeq).toBe(506);
    expect(seqs().slice(0, 9)).toEqual([2, 5, 6, 8, 9, 507, 508, 509, 510]);

    temporary = await temporary.reopen();
    await compact();
    expect(left()).toEqual([
      'messages message-start', 'messages content-block-start', 'messages content-block-finish',
      'messages message-finish', 'checkpoints', 'values',
    ]);
    expect(head().compactedThroughSeq).toBe(head().lastSeq);
  });

  it('moves the mark with the first row that goes, even if that one is from an earlier run', async () => {
    await append([
      ...new FinishedRun('r1').drafts,
      draftOf('x'.repeat(5_000_000), { method: 'values', runId: 'r1' }),
      ...new FinishedRun('r1').end().slice(1),
    ]);
    await compact();
    await append(new FinishedRun('r2').reply(2).values().end());
    await temporary.upkeep.prepareRemoval(head().threadKey);
    const stop = new AbortController();
    new RemovalSizes(temporary, () => stop.abort());
    await compact(NOW, stop.signal);
    expect(seqs()).not.toContain(3);
    expect(head().compactedThroughSeq).toBe(5);
  });
});
