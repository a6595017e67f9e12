import type { CaseScope, Lab } from '../case-scope.js';
import { check, same, sameList, show } from '../checks.js';
import type { ConformanceCase, Rule } from '../conformance-case.js';
import { content, isRunning, isTerminal, of, placed } from '../protocol-event.js';
import {
  type Question,
  type SampleThread,
  answer,
  finishedThread,
  quickInput,
  releaseThread,
  said,
  slowInput,
} from '../sample-threads.js';
import { cddl, js, js15, python } from '../sources.js';
import type { ProtocolEvent } from '../protocol-event.js';

const KEEPS: Rule = {
  text: 'The thread is the durable identity; a client that reconnects drops what has an event_id that it has seen, so ids and seqs must go on.',
  source: `${cddl('4. Thread-Centric Model; 3, Event.event_id')}; ${js('client/stream/index.ts, seen ids')}`,
};
const SINCE: Rule = {
  text: 'The Python client reconnects with the since of before.',
  source: `${cddl('6, EventStreamRequest.since')}; ${python('_async/stream.py')}`,
};
const ENDS: Rule = {
  text: 'Clients reconnect and wait for the terminal of the run that they started.',
  source: `${js('client/stream/transport/http.ts')}; ${js15('stream/controller.ts')}`,
};
const ASKS: Rule = {
  text: 'Interrupts are persisted with the checkpoint; the answer may come at any later time.',
  source: `${cddl('10. Input Module')}; @langchain/langgraph 1.4.18, interrupt()`,
};

interface Survivors {
  readonly finished: SampleThread;
  /** Like it, for one more run. */
  readonly continued: SampleThread;
  /** Two threads that wait for an answer; the first gets none. */
  readonly asking: readonly { readonly id: string; readonly release: Question }[];
  /** A run that streamed when the server went, and another one behind it. */
  readonly busy: { readonly id: string; readonly seen: readonly ProtocolEvent[] };
}

/** Makes the threads, restarts the server once, and gives what was known before. */
function survivors(lab: Lab): Promise<Survivors> {
  return lab.once('survivors', async (scope) => {
    const [finished, continued] = [await finishedThread(scope, 'agent'), await finishedThread(scope, 'agent')];
    const asking = [await releaseThread(scope), await releaseThread(scope)].map(({ thread, release }) => ({
      id: thread.id,
      release,
    }));
    const busy = scope.thread();
    const stream = await busy.stream();
    await busy.start('firehose', slowInput(2_000, 'the first'));
    await stream.untilCount(of('messages'), 6, 'six messages events');
    await busy.start('firehose', { messages: said('the second'), tokens: 2, delayMs: 0, custom: 0 });
    await lab.restart?.();
    return { finished, continued, asking, busy: { id: busy.id, seen: [...stream.events] } };
  });
}

/** One more run on a thread of before: what it was answered, and the events that came. */
function oneMoreRun(lab: Lab): Promise<{ applied: number; fresh: readonly ProtocolEvent[] }> {
  return lab.once('one more run', async (scope) => {
    const { continued } = await survivors(lab);
    const thread = scope.thread(continued.id);
    const runId = await thread.start('agent', quickInput('agent'));
    const applied = thread.applied ?? 0;
    await thread.runEnded(runId);
    const stream = await thread.stream({ since: 0 });
    await stream.until(isTerminal, 'a terminal');
    await stream.arrivals.quiet(500);
    return { applied, fresh: stream.events.slice(stream.events.findLastIndex(isRunning)) };
  });
}

const head = ({ events }: SampleThread): number => events.at(-1)?.seq ?? 0;

const after = (
  name: string,
  says: string,
  rule: Rule,
  run: (known: Survivors, scope: CaseScope) => Promise<void>,
): ConformanceCase => ({
  id: `restart/${name}`,
  says,
  rule,
  limitMs: 90_000,
  check: async (scope) => run(await survivors(scope.lab), scope),
});

/** The whole log of the thread that was busy, once both of its runs have ended. */
async function busyLog({ busy }: Survivors, scope: CaseScope) {
  const thread = scope.thread(busy.id);
  await thread.ended(2, 60_000);
  return thread.log(2);
}

export const RESTART: readonly ConformanceCase[] = [
  after(
    'replays',
    'A stream with since 0 has the same events as before the restart.',
    KEEPS,
    async ({ finished }, scope) =>
      sameList((await scope.thread(finished.id).log()).events.map(content), finished.events.map(content), 'events'),
  ),
  after('same-ids', 'Events have the event_ids and seqs that they had.', KEEPS, async ({ finished }, scope) => {
    const word = (event: ProtocolEvent): string => `${event.event_id} ${placed(event)}`;
    sameList((await scope.thread(finished.id).log()).events.map(word), finished.events.map(word), 'events');
  }),
  after(
    'new-ids-are-new',
    'A run after the restart uses no event_id and no seq of before.',
    KEEPS,
    async ({ continued }, scope) => {
      const { fresh } = await oneMoreRun(scope.lab);
      const old = new Set(continued.events.map((event) => event.event_id));
      const reused = fresh.find((event) => old.has(event.event_id) || event.seq <= head(continued));
      check(fresh.length > 0 && !reused, show(reused));
    },
  ),
  after(
    'since',
    'A cursor of before the restart gives exactly what is above it.',
    SINCE,
    async ({ finished }, scope) => {
      const since = finished.events[Math.floor(finished.events.length / 2)]?.seq ?? 0;
      const expected = finished.events.filter(({ seq }) => seq > since).map(content);
      const stream = await scope.thread(finished.id).stream({ since });
      sameList((await stream.exactly(expected.length)).map(content), expected, 'events');
    },
  ),
  after('state', 'The state is there.', KEEPS, async ({ finished }, scope) => {
    const { values } = await scope.thread(finished.id).state();
    check((values.messages as unknown[]).length >= 4, show(values));
  }),
  after(
    'tree',
    'agent.getTree knows the run of before.',
    { text: 'agent.getTree {run_id?} answers the tree of the run.', source: cddl('7, AgentGetTree') },
    async ({ finished }, scope) => {
      const { tree } = await scope.thread(finished.id).does('agent.getTree', { run_id: finished.runId });
      same((tree as { status: string }).status, 'completed', 'status');
    },
  ),
  after(
    'question-in-the-state',
    'A question of before is in the state.',
    ASKS,
    async ({ asking: [unanswered] }, scope) => {
      const { tasks } = await scope.thread(unanswered?.id).state();
      check(JSON.stringify(tasks).includes(unanswered?.release.id ?? '?'), show(tasks));
    },
  ),
  after(
    'question-can-be-answered',
    'A question of before can be answered, and the answer reaches the graph.',
    ASKS,
    async ({ asking: [, asking] }, scope) => {
      check(asking, 'no question');
      const thread = scope.thread(asking.id);
      const stream = await thread.stream({ channels: ['values'] });
      await thread.does('input.respond', answer(asking.release, 'after the restart'));
      await stream.until(
        ({ params }) => JSON.stringify(params.data.answers ?? {}).includes('after the restart'),
        'the values with the answer',
      );
    },
  ),
  after('active-run-ends', 'The run that was active ends with a terminal.', ENDS, async (known, scope) => {
    const { events } = await busyLog(known, scope);
    check(events.some(isTerminal), 'no terminal');
  }),
  after('queued-run-runs', 'The run that waited runs to its end.', ENDS, async (known, scope) => {
    await busyLog(known, scope);
    check(
      JSON.stringify((await scope.thread(known.busy.id).state()).values.messages).includes('the second'),
      'it did not run',
    );
  }),
  after(
    'seen-is-kept',
    'What a client had seen of the active run is in the replay, under the same ids.',
    KEEPS,
    async (known, scope) => {
      const { events } = await busyLog(known, scope);
      const word = (event: ProtocolEvent): string => `${event.event_id} ${placed(event)}`;
      sameList(
        events.map(word).slice(0, known.busy.seen.length),
        known.busy.seen.map(word),
        'the events that were seen',
      );
    },
  ),
  after(
    'active-run-since',
    'A client that comes back with since gets what it has not seen, once.',
    SINCE,
    async (known, scope) => {
      const { events } = await busyLog(known, scope);
      const since = known.busy.seen.at(-1)?.seq ?? 0;
      const stream = await scope.thread(known.busy.id).stream({ since });
      const expected = events.filter(({ seq }) => seq > since).map(placed);
      check(expected.length > 0, 'nothing came after the restart');
      sameList((await stream.exactly(expected.length)).map(placed), expected, 'events');
    },
  ),
  after(
    'applied-goes-on',
    'applied_through_seq of a run after the restart is not below what was there before.',
    { text: 'Python takes applied_through_seq for its since.', source: python('_async/stream.py') },
    async ({ continued }, scope) => {
      const { applied } = await oneMoreRun(scope.lab);
      check(applied >= head(continued), `applied_through_seq ${applied}, newest event before ${head(continued)}`);
    },
  ),
];
