import { setTimeout as sleep } from 'node:timers/promises';
import { check, same, sameList } from '../checks.js';
import type { ConformanceCase, Rule } from '../conformance-case.js';
import { type ProtocolEvent, content, isRunning, isTerminal, of, placed, rootWords } from '../protocol-event.js';
import { answer, quickInput, releaseThread, said, sample, slowInput } from '../sample-threads.js';
import { cddl, js, js15, python } from '../sources.js';

const THEN_LIVE: Rule = {
  text: 'The server replays matching events and then switches to live delivery.',
  source: cddl('6, Replay / reconnection'),
};
const OLD_END: Rule = {
  text: 'submit() settles on the first root terminal that comes, the Python watcher likewise: an old one ends a run that has just started.',
  source: `${js('stream/controller.ts, awaitRootTerminal')}; ${python('_async/stream.py')}`,
};
const REOPEN: Rule = {
  text: 'A client that reconnects posts the same filter without a cursor and drops what it has seen: the run that goes on must come from its start.',
  source: `${js('client/stream/transport/http.ts')}; ${js15('the same')}`,
};

/** The filter with which useStream opens its pump. */
const PUMP = {
  channels: ['values', 'checkpoints', 'lifecycle', 'input', 'messages', 'tools'],
  namespaces: [[]],
  depth: 1,
};

/** The words that the deltas of a stream give, and those that `firehose` says. */
const words = (events: readonly ProtocolEvent[]): string[] =>
  events
    .map(({ params }) => (params.data.delta as { text?: string } | undefined)?.text ?? '')
    .join('')
    .trim()
    .split(' ');
const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `tok${index}`);

const SEAMS = [0, 40, 150, 400];

/** Opens a stream somewhere in the middle of a run and compares it with one that was there from the start. */
const seams = SEAMS.map((ms): ConformanceCase => ({
  id: `replay/opened-${ms}-ms-into-a-run`,
  says: `A stream that is opened ${ms} ms into a run gets all of it once, in order, and then what follows.`,
  rule: THEN_LIVE,
  check: async (scope) => {
    const thread = scope.thread();
    const early = await thread.stream();
    await thread.start('firehose', { messages: [], tokens: 80, delayMs: 8, custom: 20 });
    await sleep(ms);
    const late = await thread.stream({ since: 0 });
    for (const stream of [early, late]) await stream.until(isTerminal, 'the terminal');
    for (const stream of [early, late]) await stream.arrivals.quiet(250);
    sameList(late.events.map(placed), early.events.map(placed), 'the late stream');
  },
}));

export const REPLAY: readonly ConformanceCase[] = [
  ...seams,
  {
    id: 'replay/finished-run',
    says: 'A stream with since 0 on a finished thread gets the whole run, its terminal included.',
    rule: THEN_LIVE,
    check: async (scope) => {
      const { id, events } = await sample(scope.lab, 'agent');
      const { events: replayed } = await scope.thread(id).log();
      same(rootWords(replayed), ['running', 'completed'], 'root lifecycle');
      sameList(replayed.map(content), events.map(content), 'events');
    },
  },
  {
    id: 'replay/live-equals-replay',
    says: 'What is replayed is what was seen live.',
    rule: THEN_LIVE,
    check: async (scope) => {
      const thread = scope.thread();
      const stream = await thread.stream();
      await thread.start('team', { messages: said('tea'), delayMs: 2 });
      await stream.until(isTerminal, 'the terminal');
      await stream.arrivals.quiet(300);
      sameList((await thread.log()).events.map(placed), stream.events.map(placed), 'the replay');
    },
  },
  {
    id: 'replay/no-old-terminal-for-a-watcher',
    says: 'A watcher (lifecycle and input) that is opened on an idle thread with two ended runs gets no old terminal.',
    rule: OLD_END,
    check: async (scope) => {
      const thread = scope.thread();
      for (const count of [1, 2]) {
        await thread.start('agent', quickInput('agent'));
        await thread.ended(count);
      }
      // A server may take a run that ended a moment ago for one that the client has just started.
      await sleep(1_500);
      const stream = await thread.stream({ channels: ['lifecycle', 'input'] });
      same((await stream.exactly(0)).filter(isTerminal).length, 0, 'terminals');
      // Silent because there was nothing to say, and not because it says nothing.
      await thread.start('agent', quickInput('agent'));
      await stream.until(isTerminal, 'the terminal of the next run');
    },
  },
  {
    id: 'replay/no-old-terminal-for-a-new-run',
    says: 'The streams that useStream opens after run.start carry no terminal of the earlier run.',
    rule: OLD_END,
    check: async (scope) => {
      const thread = scope.thread();
      await thread.start('firehose', quickInput('firehose'));
      await thread.ended(1);
      await thread.start('firehose', slowInput(2_000));
      const streams = [await thread.stream({ channels: ['lifecycle', 'input'] }), await thread.stream(PUMP)];
      await sleep(300);
      for (const stream of streams)
        same(stream.events.filter(isTerminal).length, 0, 'terminals while the second run goes on');
      // Silent because there was nothing to say, and not because they say nothing.
      for (const stream of streams) await stream.until(isTerminal, 'the terminal of the second run');
    },
  },
  {
    id: 'replay/settles-on-its-own-end',
    says: 'The first terminal after run.start is that of the run, also where the thread has ended runs.',
    rule: OLD_END,
    check: async (scope) => {
      const thread = scope.thread();
      for (const count of [1, 2]) {
        await thread.start('firehose', { messages: [], tokens: 2, custom: 0 });
        await thread.ended(count);
      }
      const start = Date.now();
      await thread.start('firehose', slowInput(700));
      const stream = await thread.stream(PUMP);
      await stream.until(isTerminal, 'a terminal');
      check(Date.now() - start > 500, `a terminal came after ${Date.now() - start} ms of a run of 700 ms`);
    },
  },
  {
    id: 'replay/history-does-not-change',
    says: 'One run completed, the next is interrupted: the replay still says that the first completed, with the same id and data.',
    rule: {
      text: 'An event_id names one event: what it says cannot become something else.',
      source: cddl('3, Event.event_id'),
    },
    check: async (scope) => {
      const { thread, release } = await releaseThread(scope);
      await thread.does('input.respond', answer(release));
      const word = ({ event_id: id, params }: { event_id: string; params: { data: unknown } }): string =>
        `${id} ${JSON.stringify(params.data)}`;
      const before = (await thread.log(3)).events.filter(isTerminal);
      await thread.start('approval', quickInput('approval'));
      const after = (await thread.log(4)).events.filter(isTerminal);
      same(
        after.slice(2).map(({ params }) => params.data.event),
        ['completed', 'interrupted'],
        'terminals of the last two runs',
      );
      same(after.slice(0, 3).map(word), before.map(word), 'the terminals of before');
    },
  },
  {
    id: 'replay/reopened-without-cursor',
    says: 'A stream that is opened without a cursor while a run goes on gets that run from its start.',
    rule: REOPEN,
    check: async (scope) => {
      const thread = scope.thread();
      const first = await thread.stream();
      await thread.start('firehose', { messages: [], tokens: 50, delayMs: 20, custom: 0 });
      await first.untilCount(of('messages'), 10, 'ten messages events');
      first.close();
      const seen = first.events.map((event) => event.event_id);
      const second = await thread.stream();
      await second.until(isTerminal, 'the terminal');
      same(second.events.filter(isRunning).length, 1, 'running');
      const ids = new Set(second.events.map((event) => event.event_id));
      same(
        seen.filter((id) => !ids.has(id)),
        [],
        'seen events that are not in the second stream',
      );
    },
  },
  {
    id: 'replay/reopened-filter-widens',
    says: 'A wider filter on a new stream brings what the new channel had in this run.',
    rule: {
      text: 'A late subscriber opens a new stream with the union of the filters and relies on its replay.',
      source: js('client/stream/index.ts'),
    },
    check: async (scope) => {
      const thread = scope.thread();
      const narrow = await thread.stream({ channels: ['lifecycle'] });
      await thread.start('firehose', { messages: [], tokens: 30, delayMs: 20, custom: 0 });
      await narrow.until(isRunning, 'running');
      await sleep(200);
      const wide = await thread.stream({ channels: ['lifecycle', 'messages'] });
      await wide.until(isTerminal, 'the terminal');
      same(wide.events.filter(({ params }) => params.data.event === 'message-start').length, 1, 'message-start');
    },
  },
  {
    id: 'replay/many-events',
    says: 'A run of several thousand events is replayed whole and in order.',
    rule: THEN_LIVE,
    limitMs: 40_000,
    check: async (scope) => {
      const thread = scope.thread();
      await thread.start('firehose', { messages: [], tokens: 3_000, delayMs: 0, custom: 0 });
      await thread.ended(1, 30_000);
      const stream = await thread.stream({ channels: ['messages', 'lifecycle'], since: 0 });
      await stream.until(isTerminal, 'the terminal', 15_000);
      sameList(words(stream.events), numbered(3_000), 'the words of the run');
    },
  },
  {
    id: 'replay/several-readers',
    says: 'Five readers of one finished thread get the same.',
    rule: THEN_LIVE,
    check: async (scope) => {
      const { id, events } = await sample(scope.lab, 'research');
      const readers = await Promise.all([1, 2, 3, 4, 5].map(() => scope.thread(id).log()));
      for (const { events: read } of readers) sameList(read.map(content), events.map(content), 'events');
    },
  },
  {
    id: 'replay/slow-reader',
    says: 'A reader that pauses in the middle of a large run gets all of it afterwards.',
    rule: THEN_LIVE,
    limitMs: 40_000,
    check: async (scope) => {
      const thread = scope.thread();
      const slow = await thread.stream({ channels: ['messages', 'lifecycle'] });
      slow.pause();
      await thread.start('firehose', { messages: [], tokens: 4_000, delayMs: 0, custom: 0 });
      await thread.ended(1, 30_000);
      slow.resume();
      await slow.until(isTerminal, 'the terminal after the pause', 10_000);
      sameList(words(slow.events), numbered(4_000), 'the words of the run');
    },
  },
];
