import { FinishedRun } from '../../test/support/finished-run.js';
import { RandomChoices, SEED } from '../../test/support/random-choices.js';
import { setHead, storedSeqs } from '../../test/support/stored-log.js';
import { openTemporaryLog, type TemporaryLog } from '../../test/support/temporary-log.js';
import { Compaction } from './compaction.js';
import type { EventDraft } from '../storage/log/event-draft.js';
import { SupersededRows } from './superseded-rows.js';

const THREAD = 'a';
const NOW = 100_000;

/** A message that is being written; its `deltas` are positions in its run's drafts. */
interface OpenMessage {
  readonly call: string;
  readonly open: Map<number, number[]>;
  readonly closed: number[];
}

describe(`Compaction of random runs (TEST_SEED=${SEED})`, () => {
  const choices = new RandomChoices();

  /** A run of interleaved messages and states; returns its drafts and the positions of deltas that may go. */
  const randomRun = (runId: string): { drafts: EventDraft[]; spent: Set<number> } => {
    const run = new FinishedRun(runId);
    const spent = new Set<number>();
    const open: OpenMessage[] = [];
    const close = (message: OpenMessage, event: 'message-finish' | 'error'): void => {
      run.message(event, {}, message.call);
      open.splice(open.indexOf(message), 1);
      if (event === 'message-finish') for (const position of message.closed) spent.add(position);
    };
    const writeMessage = (): void => {
      const message = choices.pick(open);
      const index = choices.between(0, 2);
      const block = message.open.get(index);
      const kind = choices.next();
      if (!block) {
        run.message('content-block-start', { index }, message.call);
        message.open.set(index, []);
      } else if (kind < 0.7) {
        block.push(run.drafts.length);
        run.delta(index, message.call);
      } else if (kind < 0.9) {
        run.message('content-block-finish', { index }, message.call);
        message.closed.push(...block);
        message.open.delete(index);
      } else close(message, kind < 0.97 ? 'message-finish' : 'error');
    };
    const writeState = (): void => {
      const namespace = choices.chance(0.3) ? ['child:1'] : [];
      const write = choices.pick(['values', 'checkpoint', 'taskStart', 'taskResult'] as const);
      run[write](namespace);
    };
    for (let i = choices.between(0, 60); i > 0; i -= 1) {
      const kind = choices.next();
      if (open.length > 0 && kind < 0.7) writeMessage();
      else if (kind < 0.85) {
        const call = `${runId}-${i}`;
        run.message('message-start', {}, call);
        open.push({ call, open: new Map(), closed: [] });
      } else writeState();
    }
    for (const message of [...open]) close(message, 'error');
    return { drafts: run.end(choices.pick(['completed', 'failed', 'interrupted'])), spent };
  };

  it('leaves the same, in whatever steps it was done', async () => {
    for (let round = 0; round < 30; round += 1) {
      let temporary: TemporaryLog = await openTemporaryLog({
        COMPACT_AFTER_MS: 1,
        READ_PAGE_BYTES: choices.between(1, 20_000),
      });
      const all: { seq: number; draft: EventDraft; spent: boolean }[] = [];
      for (let sweep = 0; sweep < 5; sweep += 1) {
        for (let runs = choices.between(0, 3); runs > 0; runs -= 1) {
          const { drafts, spent } = randomRun(`r${round}-${sweep}-${runs}`);
          await temporary.log.append(THREAD, drafts);
          for (const [position, draft] of drafts.entries())
            all.push({ seq: all.length + 2, draft, spent: spent.has(position) });
        }
        if (choices.chance(0.3)) temporary = await temporary.reopen();
        const { database, log, upkeep, settings } = temporary;
        // A part of the runs is unfinished in this sweep, so that regions of every length come up.
        const finished = all.filter(({ draft }) => draft.method === 'lifecycle' && !draft.data.includes('running'));
        const last = choices.chance(0.5) ? finished.at(-1) : choices.pick([...finished, undefined]);
        await setHead(log, THREAD, { openRuns: 1, replayFromSeq: (last?.seq ?? 1) + 1 });
        await new Compaction(upkeep, log, new SupersededRows(upkeep), settings).compact(THREAD, NOW);

        const through = log.head(THREAD)?.compactedThroughSeq ?? 0;
        if (last) expect(through).toBeGreaterThanOrEqual(last.seq);
        const region = all.filter(({ seq }) => seq <= through);
        const isRoot = ({ draft }: { draft: EventDraft }): boolean => draft.namespace.length === 0;
        const lastValues = region.findLast((row) => row.draft.method === 'values' && isRoot(row))?.seq;
        const lastCheckpoint = region.findLast((row) => row.draft.method === 'checkpoints' && isRoot(row))?.seq ?? 0;
        const goes = ({ seq, draft, spent }: (typeof all)[number]): boolean =>
          seq <= through && (
            spent || (draft.method === 'values' && seq !== lastValues) ||
            (draft.method === 'tasks' && draft.data.includes('triggers') && seq < lastCheckpoint)
          );
        const kept = all.filter((row) => !goes(row)).map(({ seq }) => seq);
        expect({ round, sweep, seqs: storedSeqs(database, THREAD) }).toEqual({ round, sweep, seqs: kept });
      }
      await temporary.close();
    }
  });
});
