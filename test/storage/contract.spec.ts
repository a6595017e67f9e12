import type { EventDraft } from '../../src/storage/log/event-draft.js';
import type { NewRun } from '../../src/storage/rows/run.js';
import type { InterruptRow } from '../../src/storage/rows/interrupt.js';
import type { SessionRow } from '../../src/storage/rows/session.js';
import type { ThreadUnit } from '../../src/storage/unit/thread-unit.js';
import { ENGINES, type OpenEngine } from './open-engine.js';

const NO_METADATA = { metadataJson: '{}', configJson: '{}', graphId: null, assistantId: null };
const thread = (unit: ThreadUnit, owner: string | null = null): boolean =>
  unit.thread.insertIfAbsent({ ...NO_METADATA, owner, now: 5 });
const newRun = (runId: string, fields: Partial<NewRun> = {}): NewRun => ({
  runId,
  threadId: 't',
  owner: null,
  assistantId: 'chat',
  graphId: 'chat',
  multitaskStrategy: 'enqueue',
  priority: 0,
  dueAt: null,
  metadataJson: '{"from":"test"}',
  kwargs: { input: { text: runId }, config: {} },
  now: 7,
  ...fields,
});
const started = (runId: string) => ({
  runId,
  attempt: 1,
  attemptState: 'beside' as const,
  startCheckpointId: 'c0',
  attemptCheckpointId: 'c0',
  firstSeq: 2,
  resumeCounts: { i: 1 },
  now: 8,
});
const asked = (interruptId: string, requestedSeq: number): InterruptRow => ({
  threadId: 't',
  interruptId,
  runId: 'r1',
  namespace: '[]',
  taskId: 'task',
  requestedSeq,
  answeredByRun: null,
  answeredSeq: null,
});
const wish = (runId: string) => ({ runId, action: 'interrupt' as const, reason: 'enough', now: 9 });
const session: SessionRow = {
  threadId: 't',
  owner: 'ada',
  agent: { assistantId: 'chat', graphId: 'chat', agent: { id: 'agent_chat', version: 3, name: 'chat', tools: [] } },
  environmentId: 'env',
  title: null,
  metadata: { a: 1 },
  heldTurns: [{ runId: 'r9', messages: [{ role: 'user', content: 'later' }] }],
  createdAt: 10,
  updatedAt: 11,
  archivedAt: null,
};
const draft = (data: unknown): EventDraft => ({
  method: 'custom', namespace: [], data: JSON.stringify(data), runId: 'r1', at: 1_000,
});
const ids = (rows: readonly { runId: string }[]): string[] => rows.map(({ runId }) => runId);

describe.each(ENGINES)('The storage contract on $name', ({ open }) => {
  let engine: OpenEngine;
  beforeEach(async () => {
    engine = await open();
  });
  afterEach(() => engine.close());

  describe('a commit', () => {
    it('gives seqs in its order, to drafts and decisions alike, and returns what each decision returned', async () => {
      const { values, threads } = await engine.log.commit([
        { threadId: 't', drafts: [draft(1), draft(2)], work: null },
        { threadId: 'u', drafts: [draft('u')], work: null },
        { threadId: 't', drafts: [], work: (unit) => unit.append(draft(3)) },
      ]);
      expect(values).toEqual([undefined, undefined, 4]);
      expect(threads.map(({ threadId, events }) => [threadId, events.map(({ seq }) => seq)])).toEqual([
        ['t', [2, 3, 4]], ['u', [2]],
      ]);
      expect([engine.log.head('t')?.lastSeq, engine.log.head('u')?.lastSeq]).toEqual([4, 2]);
    });

    it('shows a decision what was changed by those before it', async () => {
      const seen: unknown[] = [];
      await engine.log.commit([
        { threadId: 't', drafts: [], work: (unit) => thread(unit) },
        { threadId: 't', drafts: [], work: (unit) => unit.runs.insert(newRun('r1')) },
        { threadId: 't', drafts: [], work: (unit) => (seen[0] = ids(unit.runs.unfinished())) },
      ]);
      expect(seen).toEqual([['r1']]);
    });

    it('stores nothing of any unit when a decision throws', async () => {
      const commit = async (): Promise<unknown> =>
        engine.log.commit([
          { threadId: 't', drafts: [draft(1)], work: (unit) => thread(unit) },
          {
            threadId: 'u',
            drafts: [],
            work: () => {
              throw new Error('no');
            },
          },
        ]);
      await expect(commit()).rejects.toThrow('no');
      expect([engine.log.head('t'), await engine.threads.find('t')]).toEqual([null, null]);
    });

    it('makes no head for a thread of which only rows are kept', async () => {
      await engine.decide((unit) => thread(unit));
      expect(engine.log.head('t')).toBeNull();
      await engine.decide((unit) => unit.append(draft(1)));
      expect(engine.log.head('t')).toMatchObject({ lastSeq: 2 });
    });
  });

  describe('threads', () => {
    it('are made once, and read whole, in outline and by owner', async () => {
      const own = { metadataJson: '{"graph_id":"g"}', configJson: '{"c":2}', graphId: 'g', assistantId: null };
      expect(await engine.decide((unit) => unit.thread.insertIfAbsent({ ...own, owner: 'ada', now: 5 }))).toBe(true);
      expect(await engine.decide((unit) => thread(unit, 'bob'))).toBe(false);
      expect(await engine.threads.find('t')).toEqual({
        threadId: 't',
        owner: 'ada',
        status: 'idle',
        graphId: 'g',
        assistantId: null,
        metadata: { graph_id: 'g' },
        config: { c: 2 },
        error: null,
        createdAt: 5,
        updatedAt: 5,
        stateUpdatedAt: 5,
      });
      expect(await engine.threads.ownerOf('t')).toEqual({ owner: 'ada' });
      expect([await engine.threads.outline('none'), await engine.threads.ownerOf('none')]).toEqual([null, null]);
    });

    it('forget the error of a run with the next status', async () => {
      await engine.decide((unit) => (thread(unit), unit.thread.setStatus('error', 6, 'boom')));
      expect(await engine.threads.find('t')).toMatchObject({ status: 'error', error: 'boom', updatedAt: 6 });
      await engine.decide((unit) => unit.thread.setStatus('busy', 7));
      expect(await engine.threads.find('t')).toMatchObject({ status: 'busy', error: null, stateUpdatedAt: 5 });
    });

    it('show a decision the metadata that it set, and that was stored', async () => {
      await engine.decide((unit) => thread(unit));
      const set = { metadataJson: '{"b":2}', graphId: 'g', assistantId: 'a' };
      const seen = await engine.decide((unit) => {
        const before = unit.thread.metadataJson;
        unit.thread.setMetadata(set, 8);
        return [before, unit.thread.metadataJson, unit.thread.outline?.graphId];
      });
      expect(seen).toEqual(['{}', '{"b":2}', 'g']);
      expect(await engine.threads.find('t')).toMatchObject({ metadata: { b: 2 }, assistantId: 'a', updatedAt: 8 });
    });

    it('go with their runs, interrupts and sessions; head and events stay', async () => {
      await engine.decide((unit) => {
        thread(unit);
        unit.runs.insert(newRun('r1'));
        unit.interrupts.save(asked('i', unit.append(draft(1))), '{}', 9);
        unit.session.save(session);
      });
      await engine.decide((unit) => unit.removeRows());
      expect([
        await engine.threads.find('t'), await engine.runs.find('r1'), await engine.sessions.find('t'),
        await engine.interrupts.ofThread('t'), engine.log.head('t')?.lastSeq,
      ]).toEqual([null, null, null, [], 2]);
    });
  });

  describe('runs', () => {
    beforeEach(() => engine.decide((unit) => thread(unit)));

    it('come back as they were given', async () => {
      const kwargs = { input: { n: 1 }, config: { tags: ['x'] }, command: { resume: { i1: 'yes' } } };
      await engine.decide((unit) => unit.runs.insert(newRun('r1', { kwargs, priority: 1, owner: 'ada' })));
      expect(await engine.runs.find('r1')).toMatchObject({
        runId: 'r1',
        owner: 'ada',
        status: 'pending',
        kwargs,
        metadata: { from: 'test' },
        answers: ['i1'],
        started: false,
        error: null,
        createdAt: 7,
      });
    });

    it('are next by priority, then in order of acceptance; the active one first', async () => {
      await engine.decide((unit) => {
        for (const id of ['r1', 'r2']) unit.runs.insert(newRun(id));
        unit.runs.insert(newRun('answer', { priority: 1 }));
        expect(unit.runs.next()?.runId).toBe('answer');
        expect(ids(unit.runs.unfinished())).toEqual(['r1', 'r2', 'answer']);
      });
      expect((await engine.runs.next('t'))?.runId).toBe('answer');
      await engine.decide((unit) => unit.runs.start(started('r2')));
      expect((await engine.runs.next('t'))?.runId).toBe('r2');
      expect((await engine.runs.newest('t'))?.runId).toBe('answer');
      expect((await engine.runs.newestStarted('t', 'chat'))?.runId).toBe('r2');
    });

    it('show in a decision what it changed, and afterwards to everybody', async () => {
      await engine.decide((unit) => ['r1', 'r2', 'r3'].forEach((id) => unit.runs.insert(newRun(id))));
      await engine.decide(({ runs }) => {
        runs.start(started('r1'));
        runs.askToStop(wish('r1'));
        runs.stopWaiting(wish('r2'));
        runs.remove('r3');
        expect([runs.running()?.runId, ids(runs.unfinished()), ids(runs.owing()), runs.outline('r3')]).toEqual([
          'r1', ['r1'], ['r2'], null,
        ]);
        expect(runs.whole('r2')).toMatchObject({ status: 'interrupted', kwargs: { input: { text: 'r2' } } });
        runs.end('r1', 'error', { message: 'boom', type: 'Oops' }, 12);
        runs.settle('r2');
        expect([runs.running(), ids(runs.owing())]).toEqual([null, []]);
      });
      expect(await engine.runs.find('r1')).toMatchObject({
        status: 'error', error: { message: 'boom', type: 'Oops' }, cancelAction: 'interrupt', cancelReason: 'enough',
        resumeCounts: { i: 1 }, startCheckpointId: 'c0', firstSeq: 2, started: true, updatedAt: 12,
      });
      expect(await engine.runs.outline('r2')).toMatchObject({ status: 'interrupted', owedTerminal: null });
      expect(await engine.runs.statusOf('r3')).toBeNull();
      expect(await engine.runs.threadsWithUnfinishedRuns()).toEqual([]);
    });

    it('owe their terminals until they are settled', async () => {
      await engine.decide((unit) => (unit.runs.insert(newRun('r1')), unit.runs.stopWaiting(wish('r1'))));
      expect([await engine.runs.owesTerminals('t'), await engine.runs.threadsWithUnfinishedRuns()]).toEqual([
        true, ['t'],
      ]);
      await engine.decide(({ runs }) => ids(runs.owing()).forEach((id) => runs.settle(id)));
      expect(await engine.runs.owesTerminals('t')).toBe(false);
    });

    it('are listed newest first, by thread and by owner', async () => {
      await engine.decide((unit) => ['r1', 'r2', 'r3'].forEach((id) => unit.runs.insert(newRun(id, { owner: 'ada' }))));
      const page = { limit: 2, offset: 1 };
      expect(ids(await engine.runs.list({ threadId: 't', status: null, ...page }))).toEqual(['r2', 'r1']);
      expect(ids(await engine.runs.list({ threadId: 't', status: 'running', ...page }))).toEqual([]);
      expect(ids(await engine.runs.listOwned({ owner: 'ada', threadId: null, ...page }))).toEqual(['r2', 'r1']);
      expect(ids(await engine.runs.outlinesOfOwner({ owner: null, threadId: null, ...page }))).toEqual([]);
      expect([await engine.runs.countOwned('ada', 't'), await engine.runs.countOwned('bob', null)]).toEqual([3, 0]);
    });

    it('of another thread are none of a decision', async () => {
      await engine.decide((unit) => unit.runs.insert(newRun('r1')));
      expect(await engine.decide(({ runs }) => [runs.outline('r1'), runs.whole('r1')], 'u')).toEqual([null, null]);
    });
  });

  describe('interrupts', () => {
    it('are given to one run, announced, opened again and removed, as the decision sees at once', async () => {
      await engine.decide(({ interrupts }) => {
        interrupts.save(asked('i2', 9), '{"interrupt_id":"i2"}', 1);
        interrupts.save(asked('i1', 4), '{"interrupt_id":"i1"}', 1);
        interrupts.giveTo('i1', 'r2');
        interrupts.giveTo('i1', 'r3');
        expect(interrupts.open().map(({ interruptId }) => interruptId)).toEqual(['i2']);
      });
      expect(await engine.interrupts.ofThread('t')).toEqual([
        { ...asked('i1', 4), answeredByRun: 'r2' },
        asked('i2', 9),
      ]);
      await engine.decide(({ interrupts }) => {
        const [row] = interrupts.answeredBy('r2');
        if (!row) throw new Error('i1 is not answered');
        expect(interrupts.dataOf(row)).toBe('{"interrupt_id":"i1"}');
        interrupts.setAnsweredSeq(row, 11);
        interrupts.reopen(interrupts.find('i1') as InterruptRow);
        interrupts.remove(interrupts.find('i2') as InterruptRow);
      });
      expect(await engine.interrupts.ofThread('t')).toEqual([asked('i1', 4)]);
    });
  });

  describe('sessions', () => {
    it('come back as they were saved, are listed by what is asked, and tell which hold messages', async () => {
      await engine.decide((unit) => (thread(unit, 'ada'), unit.session.save(session)));
      expect(await engine.sessions.find('t')).toEqual(session);
      expect(await engine.sessions.threadsHolding()).toEqual(['t']);
      const query = {
        owner: 'ada', agentId: null, agentVersion: null, includeArchived: false, statuses: null, from: 0, to: 100,
        order: 'desc' as const, after: null, limit: 5,
      };
      expect(await engine.sessions.list(query)).toEqual([session]);
      expect(await engine.sessions.list({ ...query, statuses: ['running'] })).toEqual([]);
      expect(await engine.sessions.list({ ...query, owner: null })).toEqual([]);
      await engine.decide((unit) => {
        unit.session.save({ ...(unit.session.row as SessionRow), heldTurns: [], archivedAt: 50 });
        expect(unit.session.row?.archivedAt).toBe(50);
      });
      expect([await engine.sessions.threadsHolding(), await engine.sessions.list(query)]).toEqual([[], []]);
    });
  });

  describe('recovery', () => {
    it('knows the runs that were active, how the process before ended, and keeps the verdicts', async () => {
      expect(await engine.recovery.wasLost()).toBe(false);
      await engine.decide((unit) => {
        thread(unit);
        unit.runs.insert(newRun('r1'));
        unit.runs.insert(newRun('r2'));
        unit.runs.start(started('r1'));
      });
      await engine.recovery.takeOver([{ runId: 'r1', attempt: 2, watchMs: 50, attemptCheckpointId: 'c1' }]);
      expect(await engine.recovery.wasLost()).toBe(true);
      await engine.recovery.noteWatch('r1', 400);
      expect(await engine.recovery.lostRuns()).toEqual([
        expect.objectContaining({
          runId: 'r1', attempt: 2, watchMs: 50, watchedThroughMs: 400, attemptState: 'waiting', isCancelled: false,
          attemptCheckpointId: 'c1',
        }),
      ]);
      await engine.recovery.clear('r1');
      expect((await engine.recovery.lostRuns())[0]).toMatchObject({ attempt: 1, attemptState: 'beside' });
      await engine.recovery.noteStopping();
      expect(await engine.recovery.wasLost()).toBe(false);
    });
  });
});
