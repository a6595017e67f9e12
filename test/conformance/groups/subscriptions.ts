import { setTimeout as sleep } from 'node:timers/promises';
import { check, same, sameList, show } from '../checks.js';
import type { ConformanceCase, Rule } from '../conformance-case.js';
import { content, isRootLifecycle, isTerminal, of, placed, seqs } from '../protocol-event.js';
import { type GraphId, finishedThread, quickInput, slowInput } from '../sample-threads.js';
import { everything, onSocket } from '../socket-case.js';
import { cddl, js, python } from '../sources.js';
import { isError } from './commands.js';

const SUBSCRIBE: Rule = {
  text: 'subscription.subscribe answers {subscription_id}; events of the subscription follow its answer.',
  source: `${cddl('6, SubscribeResult')}; ${js('client/stream/transport/websocket.ts')}`,
};
const REPLAYED: Rule = {
  text: 'A client that reconnects sends its subscriptions again and expects the replay on the new socket; Python sends since with it.',
  source: `${js('client/stream/index.ts')}; ${python('stream/transport/ws.py')}`,
};
const PERSIST: Rule = {
  text: 'Subscriptions persist across run boundaries and are removed by subscription.unsubscribe or with the connection.',
  source: cddl('4. Thread-Centric Model'),
};
const RECONNECT: Rule = {
  text: 'subscription.reconnect {run_id, last_event_id?, subscriptions?} answers {restored, missed_events?, current_namespaces?}.',
  source: cddl('6, ReconnectResult'),
};

const SAME_AS_SSE: [string, GraphId, Record<string, unknown>][] = [
  ['everything', 'agent', everything()],
  ['messages', 'agent', { channels: ['messages'] }],
  ['named-custom', 'agent', { channels: ['custom:progress', 'values'] }],
  [
    'pump',
    'research',
    { channels: ['values', 'checkpoints', 'lifecycle', 'input', 'messages', 'tools'], namespaces: [[]], depth: 1 },
  ],
  ['root', 'research', everything({ namespaces: [[]], depth: 0 })],
];

const sameAsSse = SAME_AS_SSE.map(([name, graph, filter]): ConformanceCase => ({
  id: `websocket/same-as-sse-${name}`,
  says: 'A socket carries the same sequence as an SSE stream of the same filter.',
  rule: {
    text: 'Each stream independently filters the same underlying event source.',
    source: cddl('6. Subscription & Event Streaming'),
  },
  check: async (scope) => {
    const thread = scope.thread((await finishedThread(scope, graph)).id);
    const stream = await thread.stream({ ...filter, since: 0 });
    await stream.until(() => true, 'an event');
    await stream.arrivals.quiet(400);
    const socket = await thread.socket();
    await socket.subscribe({ ...filter, since: 0 });
    sameList((await socket.exactly(stream.events.length)).map(placed), stream.events.map(placed), 'events');
  },
}));

/** What the subscriptions of a socket carry. */
export const SUBSCRIPTIONS: readonly ConformanceCase[] = [
  onSocket(
    'subscribe-at-once',
    'subscribe is answered at once, also before there is a run.',
    SUBSCRIBE,
    async (socket) => {
      const answer = await socket.command('subscription.subscribe', everything(), 2_000);
      same([answer.type, typeof answer.result?.subscription_id], ['success', 'string'], 'type and subscription_id');
    },
  ),
  onSocket(
    'subscribe-then-run',
    'A subscription from before the first run gets that run.',
    SUBSCRIBE,
    async (socket, thread) => {
      await socket.subscribe(everything());
      await thread.start('firehose', quickInput('firehose'));
      await socket.until(isTerminal, 'the terminal');
      check(socket.events.some(of('messages')), 'no messages came');
    },
  ),
  {
    id: 'websocket/answer-before-replay',
    says: 'The answer of subscribe comes before the events that it replays.',
    rule: SUBSCRIBE,
    check: async (scope) => {
      const socket = await scope.thread((await finishedThread(scope, 'agent')).id).socket();
      await socket.subscribe(everything({ since: 0 }));
      await socket.until(isTerminal, 'the terminal');
      same(socket.messages[0]?.type, 'success', 'the first frame');
    },
  },
  {
    id: 'websocket/answer-before-a-second-replay',
    says: 'The answer of a second subscribe comes before what it replays.',
    rule: SUBSCRIBE,
    check: async (scope) => {
      const socket = await scope.thread((await finishedThread(scope, 'agent')).id).socket();
      await socket.subscribe({ channels: ['lifecycle'], since: 0 });
      await socket.until(isTerminal, 'the terminal');
      await socket.arrivals.quiet(200);
      await socket.subscribe({ channels: ['messages'], since: 0 });
      await socket.until(of('messages'), 'messages events');
      const types = socket.messages.map(({ type, method }) => (method === 'messages' ? 'messages' : String(type)));
      check(types.lastIndexOf('success') < types.indexOf('messages'), `frames ${show(types)}`);
    },
  },
  onSocket(
    'subscribe-bad-channels',
    'subscribe with channels that are no list is invalid_argument.',
    { text: 'SubscribeParams has a required list channels.', source: cddl('6, SubscribeParams') },
    async (socket) =>
      isError(await socket.command('subscription.subscribe', { channels: 'values' }), 'invalid_argument'),
  ),
  onSocket(
    'subscribe-no-channels',
    'subscribe without channels is invalid_argument.',
    { text: 'SubscribeParams has a required list channels.', source: cddl('6, SubscribeParams') },
    async (socket) => isError(await socket.command('subscription.subscribe', {}), 'invalid_argument'),
  ),
  onSocket(
    'one-copy',
    'An event that three subscriptions want comes once.',
    {
      text: 'Events carry no subscription id: one ordered wire, each event once.',
      source: `${cddl('3, Event')}; ${js('client/stream/index.ts fans out by its own filters')}`,
    },
    async (socket) => {
      for (const channels of [
        ['messages', 'lifecycle'],
        ['messages', 'values'],
      ])
        socket.post('subscription.subscribe', { channels });
      await socket.run(everything(), 'firehose', quickInput('firehose'));
      await socket.until(isTerminal, 'the terminal');
      await socket.arrivals.quiet(300);
      const words = socket.events.map(placed);
      same(words.length - new Set(words).size, 0, 'copies');
    },
  ),
  onSocket(
    'two-subscriptions-one-union',
    'Two subscriptions together carry what either wants.',
    SUBSCRIBE,
    async (socket) => {
      socket.post('subscription.subscribe', { channels: ['lifecycle'] });
      await socket.run({ channels: ['messages'] }, 'firehose', quickInput('firehose'));
      await socket.until(isTerminal, 'the terminal');
      same([...new Set(socket.events.map(({ method }) => method))].sort(), ['lifecycle', 'messages'], 'methods');
    },
  ),
  onSocket(
    'only-what-was-asked',
    'A socket without subscription carries no event.',
    SUBSCRIBE,
    async (socket, thread) => {
      await thread.runEnded(await socket.start('firehose', quickInput('firehose')));
      await socket.arrivals.quiet(300);
      same(socket.events.length, 0, 'events');
    },
  ),
  {
    id: 'websocket/late-subscription',
    says: 'A later subscription replays what its cursor asks for, even what the socket has had already.',
    rule: REPLAYED,
    check: async (scope) => {
      const { id, events } = await finishedThread(scope, 'agent');
      const socket = await scope.thread(id).socket();
      await socket.subscribe(everything({ since: 0 }));
      await socket.exactly(events.length);
      const before = socket.events.length;
      await socket.subscribe({ channels: ['lifecycle'], since: 0 });
      const again = (await socket.exactly(before + 2)).slice(before).filter(isRootLifecycle);
      sameList(
        again.map(content),
        events.filter(isRootLifecycle).map(content),
        'the replay of the second subscription',
      );
    },
  },
  {
    id: 'websocket/since',
    says: 'subscribe with since replays what is above it, and nothing else.',
    rule: REPLAYED,
    check: async (scope) => {
      const { id, events } = await finishedThread(scope, 'agent');
      const since = events[Math.floor(events.length / 2)]?.seq ?? 0;
      const socket = await scope.thread(id).socket();
      await socket.subscribe(everything({ since }));
      const expected = events.filter(({ seq }) => seq > since).map(placed);
      sameList((await socket.exactly(expected.length)).map(placed), expected, 'events');
    },
  },
  onSocket(
    'new-socket-in-a-run',
    'A client that comes back on a new socket with since loses nothing and repeats nothing.',
    REPLAYED,
    async (socket, thread) => {
      await socket.run(everything(), 'firehose', { messages: [], tokens: 60, delayMs: 15, custom: 0 });
      await socket.until(of('messages'), 'ten messages events', 10);
      socket.close();
      const first = [...socket.events];
      const second = await thread.socket();
      await second.subscribe(everything({ since: first.at(-1)?.seq }));
      await second.until(isTerminal, 'the terminal');
      const { events } = await thread.log();
      sameList([...first, ...second.events].map(placed), events.map(placed), 'both sockets together');
    },
  ),
  ...sameAsSse,
  onSocket(
    'seq-increases',
    'seq strictly increases on a socket with one subscription.',
    { text: 'seq is a monotonic sequence number for ordering.', source: cddl('3, Event.seq') },
    async (socket) => {
      await socket.run(everything(), 'agent', quickInput('agent'));
      await socket.until(isTerminal, 'the terminal');
      const all = seqs(socket.events);
      check(
        all.every((seq, index) => index === 0 || seq > (all[index - 1] as number)),
        show(all),
      );
    },
  ),
  onSocket('unsubscribe', 'After unsubscribe nothing of the subscription comes any more.', PERSIST, async (socket) => {
    const id = await socket.run(everything(), 'firehose', slowInput(600));
    await socket.until(of('messages'), 'a messages event');
    same((await socket.command('subscription.unsubscribe', { subscription_id: id })).type, 'success', 'type');
    const before = socket.events.length;
    await sleep(900);
    same(socket.events.length, before, 'events');
  }),
  onSocket(
    'unsubscribe-unknown',
    'unsubscribe of a subscription that the socket does not have is no_such_subscription.',
    { text: 'no_such_subscription is the code for it.', source: cddl('3, ErrorCode') },
    async (socket) => {
      await socket.run({ channels: ['lifecycle'] }, 'firehose', quickInput('firehose'));
      isError(
        await socket.command('subscription.unsubscribe', { subscription_id: 'nothing-of-that-name' }),
        'no_such_subscription',
      );
    },
  ),
  onSocket('ids-stay', 'The id of a subscription still holds after two runs.', PERSIST, async (socket) => {
    const id = await socket.run({ channels: ['lifecycle'] }, 'firehose', quickInput('firehose'));
    await socket.until(isTerminal, 'the first terminal');
    await socket.start('firehose', quickInput('firehose'));
    await socket.until(isTerminal, 'the second terminal', 2);
    same((await socket.command('subscription.unsubscribe', { subscription_id: id })).type, 'success', 'type');
  }),
  onSocket('two-runs', 'A subscription carries one run after the other.', PERSIST, async (socket) => {
    await socket.run({ channels: ['lifecycle', 'messages'] }, 'firehose', quickInput('firehose'));
    await socket.until(isTerminal, 'the first terminal');
    await socket.start('firehose', quickInput('firehose'));
    await socket.until(isTerminal, 'the second terminal', 2);
    same(socket.events.filter(({ params }) => params.data.event === 'message-start').length, 2, 'messages');
  }),
  onSocket(
    'reconnect',
    'reconnect with the newest event_id answers that nothing is missing.',
    RECONNECT,
    async (socket) => {
      socket.post('subscription.subscribe', everything());
      const runId = await socket.start('firehose', quickInput('firehose'));
      await socket.until(isTerminal, 'the terminal');
      await socket.arrivals.quiet(200);
      const { type, result, message } = await socket.command('subscription.reconnect', {
        run_id: runId,
        last_event_id: socket.events.at(-1)?.event_id,
      });
      check(type === 'success', `refused: ${message}`);
      same([result?.restored, result?.missed_events ?? 0], [true, 0], 'restored and missed_events');
    },
  ),
  onSocket('reconnect-namespaces', 'reconnect tells the namespaces of the run.', RECONNECT, async (socket) => {
    socket.post('subscription.subscribe', { channels: ['lifecycle'] });
    const runId = await socket.start('research', quickInput('research'));
    await socket.until(isTerminal, 'the terminal');
    const { result } = await socket.command('subscription.reconnect', {
      run_id: runId,
      last_event_id: socket.events.at(-1)?.event_id,
    });
    const known = (result?.current_namespaces ?? []) as { namespace: string[]; status: string }[];
    check(
      known.some(({ namespace, status }) => namespace.length === 0 && status === 'completed') &&
        known.some(({ namespace }) => namespace.length === 2),
      show(known),
    );
  }),
  onSocket(
    'reconnect-unknown-run',
    'reconnect with a run that the thread does not have is no_such_run.',
    { text: 'no_such_run is the code for it.', source: cddl('3, ErrorCode') },
    async (socket) => {
      await socket.run({ channels: ['lifecycle'] }, 'firehose', quickInput('firehose'));
      isError(
        await socket.command('subscription.reconnect', { run_id: '01a00000-0000-7000-8000-000000000000' }),
        'no_such_run',
      );
    },
  ),
];
