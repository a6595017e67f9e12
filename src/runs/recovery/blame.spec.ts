import { type LostRun, blame } from './blame.js';

const WATCH_MS = 100;
const lost = (runId: string, fields: Partial<LostRun> = {}): LostRun => ({
  runId,
  threadId: `thread of ${runId}`,
  position: 1,
  attempt: 1,
  attemptState: 'beside',
  watchMs: 0,
  watchedThroughMs: 0,
  hasProgressed: false,
  isCancelled: false,
  ...fields,
});
const verdicts = (runs: LostRun[], wasLost = true): Record<string, { attempt: number; watchMs: number }> =>
  Object.fromEntries(
    blame(runs, wasLost, WATCH_MS).map(({ run, attempt, watchMs }) => [run.runId, { attempt, watchMs }]),
  );

describe('whose crash it was', () => {
  it('is nobody\'s when the process was asked to stop', () => {
    expect(
      verdicts([lost('usual'), lost('watched', { attempt: 2, attemptState: 'alone', watchMs: 200 })], false),
    ).toEqual({
      usual: { attempt: 0, watchMs: 0 },
      watched: { attempt: 1, watchMs: 200 },
    });
  });

  it('may be anybody\'s who was active and got nowhere', () => {
    expect(
      verdicts([
        lost('first'),
        lost('second'),
        lost('further', { hasProgressed: true }),
        lost('not started', { attempt: 0, attemptState: 'waiting' }),
      ]),
    ).toEqual({
      first: { attempt: 1, watchMs: WATCH_MS },
      second: { attempt: 1, watchMs: WATCH_MS },
      further: { attempt: 0, watchMs: 0 },
      'not started': { attempt: 0, watchMs: 0 },
    });
  });

  it('is that of the one that was watched, and of no other', () => {
    expect(
      verdicts([
        lost('watched', { attempt: 2, attemptState: 'alone', watchMs: 100 }),
        lost('beside'),
        lost('cleared', { watchMs: 100 }),
        lost('waiting', { attemptState: 'waiting', watchMs: 100 }),
      ]),
    ).toEqual({
      watched: { attempt: 2, watchMs: 100 },
      beside: { attempt: 0, watchMs: 0 },
      cleared: { attempt: 0, watchMs: 100 },
      waiting: { attempt: 1, watchMs: 100 },
    });
  });

  it('is not that of one that was watched and got further', () => {
    expect(
      verdicts([
        lost('watched', { attempt: 2, attemptState: 'alone', watchMs: 100, hasProgressed: true }),
        lost('beside'),
      ]),
    ).toEqual({
      watched: { attempt: 0, watchMs: 0 },
      beside: { attempt: 1, watchMs: WATCH_MS },
    });
  });

  it('is proof for a suspect that had not been started when nobody was watched', () => {
    expect(verdicts([lost('held back', { attempt: 2, attemptState: 'waiting', watchMs: 100 })])).toEqual({
      'held back': { attempt: 0, watchMs: 100 },
    });
  });

  it('leaves one that came through its watch under suspicion, for a longer one', () => {
    expect(verdicts([lost('cleared', { watchMs: 100 })])).toEqual({ cleared: { attempt: 1, watchMs: 200 } });
  });
});
