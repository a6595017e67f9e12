import type { CaseScope } from '../case-scope.js';
import { check, same, sameList, show } from '../checks.js';
import { type ConformanceCase, type Rule, Skipped } from '../conformance-case.js';
import {
  type ProtocolEvent,
  content,
  isRootLifecycle,
  isRunning,
  isTerminal,
  of,
  placed,
  seqs,
} from '../protocol-event.js';
import { type SampleThread, quickInput, sample, slowInput, twoRuns } from '../sample-threads.js';
import { cddl, js, js15, python } from '../sources.js';

const SINCE: Rule = {
  text: 'since: replay events after this seq number, then live delivery.',
  source: `${cddl('6, EventStreamRequest.since')}; ${python('_async/stream.py sends it on every open')}`,
};
const SEQ: Rule = {
  text: 'seq is a monotonic sequence number for ordering.',
  source: `${cddl('3, Event.seq')}; ${js('client/stream/index.ts (terminal pause, loading tracker)')}`,
};
const ID: Rule = {
  text: 'event_id is unique and for reconnection: clients drop what has an id they have seen.',
  source: `${cddl('3, Event.event_id')}; ${js('client/stream/index.ts, seen ids')}`,
};
const APPLIED: Rule = {
  text: 'applied_through_seq comes before what the command causes: Python uses it as since, JavaScript drops older interrupts.',
  source: `${cddl('3, ResponseMeta')}; ${python('_async/stream.py')}; ${js('stream/controller.ts, interrupt barrier')}`,
};
const TIME: Rule = {
  text: 'The client drops messages, tools, checkpoints and values whose timestamp is below the created_at that it hydrated from.',
  source: js15('stream/controller.ts'),
};

/** The stream with the cursor carries exactly the events above it. */
async function above(
  scope: CaseScope,
  { id, events }: SampleThread,
  since: number,
  filter: Record<string, unknown> = {},
  keep: (event: ProtocolEvent) => boolean = () => true,
): Promise<void> {
  const expected = events.filter((event) => event.seq > since && keep(event)).map(placed);
  const stream = await scope.thread(id).stream({ ...filter, since });
  sameList((await stream.exactly(expected.length)).map(placed), expected, `events above ${since}`);
}

const seqAt = (events: readonly ProtocolEvent[], part: number): number => {
  const event = events[Math.min(Math.floor(events.length * part), events.length - 1)];
  check(event, 'the thread has no events');
  return event.seq;
};

const PARTS: [string, number][] = [
  ['first-event', 0],
  ['a-quarter', 0.25],
  ['the-middle', 0.5],
  ['three-quarters', 0.75],
  ['the-last-but-one', 0.98],
];

const resumed = PARTS.map(([name, part]): ConformanceCase => ({
  id: `cursors/since-${name}`,
  says: `A stream with since at ${name.replaceAll('-', ' ')} carries exactly what comes after it.`,
  rule: SINCE,
  check: async (scope) => {
    const thread = await sample(scope.lab, 'agent');
    await above(scope, thread, seqAt(thread.events, part));
  },
}));

const again = (name: string, says: string, rule: Rule, word: (event: ProtocolEvent) => string): ConformanceCase => ({
  id: `cursors/${name}`, says, rule,
  check: async (scope) => {
    const { id, events } = await twoRuns(scope.lab);
    sameList((await scope.thread(id).log(2)).events.map(word), events.map(word), 'the second reading');
  },
});

/** Reads a long run over several connections, each with the cursor of the one before. */
async function readInPieces(scope: CaseScope, cuts: number): Promise<void> {
  const thread = scope.thread();
  const whole = await thread.stream();
  await thread.start('firehose', { messages: [], tokens: 60, delayMs: 15, custom: 0 });
  const got: ProtocolEvent[] = [];
  for (let cut = 0; cut <= cuts; cut += 1) {
    const piece = await thread.stream({ since: got.at(-1)?.seq ?? 0 });
    if (cut === cuts) await piece.until(isTerminal, 'the terminal');
    else await piece.untilCount(() => true, 8, 'eight events');
    if (cut === cuts) await piece.arrivals.quiet(250);
    piece.close();
    got.push(...piece.events);
  }
  await whole.until(isTerminal, 'the terminal on the connection that stayed');
  await whole.arrivals.quiet(250);
  sameList(got.map(placed), whole.events.map(placed), 'the pieces together');
}

export const CURSORS: readonly ConformanceCase[] = [
  {
    id: 'cursors/since-zero',
    says: 'since 0 gives everything.',
    rule: SINCE,
    check: async (scope) => {
      const thread = await twoRuns(scope.lab);
      same(thread.events.filter(isTerminal).length, 2, 'terminals');
      await above(scope, thread, 0);
    },
  },
  ...resumed,
  {
    id: 'cursors/since-the-head',
    says: 'since at the newest event gives nothing until there is something new.',
    rule: SINCE,
    check: async (scope) => {
      const thread = await sample(scope.lab, 'agent');
      await above(scope, thread, seqAt(thread.events, 1));
    },
  },
  {
    id: 'cursors/since-an-earlier-run',
    says: 'since inside an earlier run gives the rest of it and the later run.',
    rule: SINCE,
    check: async (scope) => {
      const thread = await twoRuns(scope.lab);
      await above(scope, thread, seqAt(thread.events, 0.2));
    },
  },
  {
    id: 'cursors/since-with-a-channel',
    says: 'since and a channel restrict together.',
    rule: SINCE,
    check: async (scope) => {
      const thread = await sample(scope.lab, 'agent');
      await above(scope, thread, seqAt(thread.events, 0.3), { channels: ['messages'] }, of('messages'));
    },
  },
  {
    id: 'cursors/since-with-another-filter',
    says: 'A cursor of one filter serves another: widening it gives what the new channels have above the cursor.',
    rule: SINCE,
    check: async (scope) => {
      const thread = await sample(scope.lab, 'agent');
      const narrow = await scope.thread(thread.id).stream({ channels: ['messages'], since: 0 });
      const { seq } = await narrow.untilCount(() => true, 6, 'six messages events');
      await above(scope, thread, seq);
    },
  },
  {
    id: 'cursors/cut-once',
    says: 'Reading a run over two connections, the second with since, loses nothing and repeats nothing.',
    rule: SINCE,
    check: (scope) => readInPieces(scope, 1),
  },
  {
    id: 'cursors/cut-often',
    says: 'Reading a run over six connections loses nothing and repeats nothing.',
    rule: SINCE,
    check: (scope) => readInPieces(scope, 5),
  },
  {
    id: 'cursors/after-a-run-was-deleted',
    says: 'Reading up to N, deleting the first run and going on from N gives exactly what was not seen.',
    rule: SINCE,
    check: async (scope) => {
      const thread = scope.thread();
      const first = await thread.start('firehose', quickInput('firehose'));
      await thread.ended(1);
      await thread.start('firehose', quickInput('firehose'));
      const { events } = await thread.log(2);
      const since = seqAt(events, 0.8);
      await thread.rest('DELETE', `${thread.path}/runs/${first}`);
      const stream = await thread.stream({ since });
      const expected = events.filter((event) => event.seq > since).map(content);
      sameList((await stream.exactly(expected.length)).map(content), expected, `events above ${since}`);
    },
  },
  {
    id: 'cursors/seq-increases',
    says: 'seq strictly increases on a stream.',
    rule: SEQ,
    check: async ({ lab }) => {
      const all = seqs((await sample(lab, 'research')).events);
      const wrong = all.findIndex((seq, index) => index > 0 && seq <= (all[index - 1] as number));
      check(wrong < 0, `seq ${all[wrong]} after ${all[wrong - 1]}`);
    },
  },
  {
    id: 'cursors/seq-increases-across-runs',
    says: 'The second run of a thread goes on above the first.',
    rule: SEQ,
    check: async ({ lab }) => {
      const { events } = await twoRuns(lab);
      const [first, second] = events.filter(isTerminal);
      check(first && second && second.seq > first.seq, `terminals ${first?.seq} and ${second?.seq}`);
      same(new Set(seqs(events)).size, events.length, 'different seqs');
    },
  },
  again('seq-is-the-same-again', 'An event has the same seq on every connection.', SEQ, placed),
  {
    id: 'cursors/seq-is-the-same-in-a-filter',
    says: 'An event has the same seq whatever the filter is.',
    rule: SEQ,
    check: async (scope) => {
      const { id, events } = await sample(scope.lab, 'agent');
      const expected = events.filter(of('tools')).map(placed);
      const stream = await scope.thread(id).stream({ channels: ['tools'], since: 0 });
      sameList((await stream.exactly(expected.length)).map(placed), expected, 'tools events');
    },
  },
  {
    id: 'cursors/event-id-is-unique',
    says: 'No two events of a thread have the same event_id, across its runs.',
    rule: ID,
    check: async ({ lab }) => {
      const ids = (await twoRuns(lab)).events.map((event) => event.event_id);
      const twice = ids.find((id, index) => ids.indexOf(id) !== index);
      check(twice === undefined, `${show(twice)} is there twice`);
    },
  },
  again(
    'event-id-is-the-same-again',
    'An event has the same event_id on every connection.',
    ID,
    (event) => `${event.event_id} ${content(event)}`,
  ),
  {
    id: 'cursors/event-id-is-the-same-live',
    says: 'An event has the same event_id live and when it is replayed.',
    rule: ID,
    check: async (scope) => {
      const thread = scope.thread();
      const stream = await thread.stream();
      await thread.start('agent', { ...quickInput('agent'), delayMs: 3 });
      await stream.until(isTerminal, 'the terminal');
      await stream.arrivals.quiet(250);
      const word = (event: ProtocolEvent): string => `${event.event_id} ${content(event)}`;
      sameList((await thread.log()).events.map(word), stream.events.map(word), 'the replay');
    },
  },
  again('timestamp-is-the-same-again', 'An event has the same timestamp on every connection.', TIME, ({ params }) =>
    String(params.timestamp),
  ),
  {
    id: 'cursors/timestamp-not-below-the-state',
    says: 'The events of a run are not older than the state that was there before it.',
    rule: TIME,
    check: async (scope) => {
      const thread = scope.thread();
      await thread.start('agent', quickInput('agent'));
      await thread.ended(1);
      const created = Date.parse(String((await thread.state()).created_at));
      check(!Number.isNaN(created), 'the state has no created_at');
      await thread.start('agent', quickInput('agent'));
      const { events } = await thread.log(2);
      const second = events
        .slice(events.findIndex(isTerminal) + 1)
        .filter(({ method }) => ['messages', 'tools', 'checkpoints', 'values'].includes(method));
      const old = second.find(({ params }) => params.timestamp < created);
      check(second.length > 0 && !old, `${show(old)} is older than ${created}`);
    },
  },
  {
    id: 'cursors/checkpoint-and-values-share-a-timestamp',
    says: 'A checkpoint and the values of its step have the same timestamp.',
    rule: { ...TIME, text: 'A pair of checkpoints and values that the floor of the timestamp splits loses its step.' },
    check: async ({ lab }) => {
      const { events } = await sample(lab, 'agent');
      const pairs = events.flatMap((event, index) =>
        event.method === 'checkpoints' && events[index + 1]?.method === 'values'
          ? [[event, events[index + 1] as ProtocolEvent] as const]
          : [],
      );
      if (pairs.length === 0) throw new Skipped('no checkpoints event is followed by values');
      for (const [one, two] of pairs) same(two.params.timestamp, one.params.timestamp, `timestamp of ${two.seq}`);
    },
  },
  {
    id: 'cursors/applied-is-positive',
    says: 'applied_through_seq of an answer is above 0.',
    rule: {
      text: 'The client reads 0 as "no position" and holds interrupts back.',
      source: js15('stream/controller.ts'),
    },
    check: async (scope) => {
      const thread = scope.thread();
      await thread.start('firehose', quickInput('firehose'));
      check((thread.applied ?? 0) > 0, `applied_through_seq is ${thread.applied}`);
    },
  },
  {
    id: 'cursors/applied-is-before-the-run',
    says: 'Every event of a run but its running is above the applied_through_seq of its answer.',
    rule: APPLIED,
    check: async ({ lab }) => {
      const { events, applied } = await twoRuns(lab);
      check(applied !== undefined, 'the answer has no applied_through_seq');
      const first = events.findIndex(isTerminal);
      const early = events
        .slice(first + 1)
        .filter((event) => !isRunning(event))
        .find(({ seq }) => seq <= applied);
      check(!early, `${show(early)} is not above ${applied}`);
    },
  },
  {
    id: 'cursors/applied-is-after-the-past',
    says: 'A stream with since at applied_through_seq carries no terminal of an earlier run.',
    rule: APPLIED,
    check: async (scope) => {
      const { id, applied, events } = await twoRuns(scope.lab);
      check(applied !== undefined, 'the answer has no applied_through_seq');
      const stream = await scope.thread(id).stream({ channels: ['lifecycle'], since: applied });
      await stream.until(isTerminal, 'the terminal of the second run');
      await stream.arrivals.quiet(250);
      same(
        stream.events.filter(isTerminal).map(content),
        [content(events.filter(isTerminal)[1] as ProtocolEvent)],
        'terminals',
      );
    },
  },
  {
    id: 'cursors/applied-of-a-run-of-milliseconds',
    says: 'A run that ends at once is above the applied_through_seq of its answer, too.',
    rule: APPLIED,
    check: async (scope) => {
      const thread = scope.thread();
      await thread.start('firehose', slowInput(50));
      const { applied } = thread;
      check(applied !== undefined, 'the answer has no applied_through_seq');
      const stream = await thread.stream({ since: applied });
      await stream.until(isTerminal, 'the terminal above applied_through_seq', 5_000);
      check(
        stream.events.some(of('messages')) && stream.events.filter(isRootLifecycle).length > 0,
        'the run is not whole',
      );
    },
  },
];
