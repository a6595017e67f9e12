import { matchesSubscription } from '@langchain/langgraph-sdk/client';
import { check, sameList } from '../checks.js';
import { type ConformanceCase, type Rule, Skipped } from '../conformance-case.js';
import { type ProtocolEvent, content, isTerminal } from '../protocol-event.js';
import { type GraphId, quickInput, sample } from '../sample-threads.js';
import { cddl, js } from '../sources.js';

type Filter = { channels: string[]; namespaces?: string[][]; depth?: number };
type SdkEvent = Parameters<typeof matchesSubscription>[0];
type SdkFilter = Parameters<typeof matchesSubscription>[1];

const CHANNELS: Rule = {
  text: 'A stream carries the events of its channels: input.requested is on input, custom:<name> narrows custom to one name, custom carries all.',
  source: `${cddl('5. Channels')}; ${js('inferChannel, matchesSubscription')}`,
};
const NAMESPACES: Rule = {
  text: 'namespaces are prefixes, compared segment by segment (a segment without a colon matches any task of that node); depth counts from the matching prefix.',
  source: `${cddl('6, EventStreamRequest')}; ${js('matchesSubscription, isPrefixMatch')}`,
};

/** What the filter lets through, by the function that the stock client applies to what it gets. */
const wanted = (events: readonly ProtocolEvent[], filter: Filter): string[] =>
  events
    .filter((event) => matchesSubscription(event as unknown as SdkEvent, filter as unknown as SdkFilter))
    .map(content);

interface Row {
  readonly name: string;
  readonly graph: GraphId;
  readonly filter: Filter | ((events: readonly ProtocolEvent[]) => Filter);
  readonly says: string;
  /** The filter must let something through, or nothing; without it both will do. */
  readonly finds?: boolean;
}

const ALL = ['values', 'updates', 'messages', 'tools', 'lifecycle', 'input', 'checkpoints', 'tasks', 'custom'];

const single = (channel: string, graph: GraphId): Row => ({
  name: `channel-${channel}`,
  graph,
  filter: { channels: [channel] },
  says: `A stream of ${channel} carries ${channel}, all of it and nothing else.`,
  finds: true,
});

/** The first namespace that is at least so deep. */
function deep(events: readonly ProtocolEvent[], depth: number): string[] {
  const namespace = events.map(({ params }) => params.namespace).find(({ length }) => length >= depth);
  check(namespace, `no event has a namespace of ${depth} segments`);
  return namespace.slice(0, depth);
}

const node = (segment = ''): string => segment.split(':')[0] ?? '';

const CHANNEL_ROWS: Row[] = [
  ...['values', 'updates', 'messages', 'tools', 'lifecycle', 'checkpoints', 'tasks', 'custom'].map((channel) =>
    single(channel, 'agent'),
  ),
  single('input', 'approval'),
  {
    name: 'custom-named',
    graph: 'agent',
    filter: { channels: ['custom:progress'] },
    says: 'custom:progress carries the custom events of that name.',
    finds: true,
  },
  {
    name: 'custom-other-name',
    graph: 'agent',
    filter: { channels: ['custom:nothing'] },
    says: 'custom:nothing carries no custom event of another name.',
    finds: false,
  },
  {
    name: 'custom-unnamed-only-in-custom',
    graph: 'firehose',
    filter: { channels: ['custom:progress'] },
    says: 'A custom event without a name is not on custom:<name>.',
    finds: false,
  },
  {
    name: 'custom-unnamed',
    graph: 'firehose',
    filter: { channels: ['custom'] },
    says: 'custom carries custom events without a name.',
    finds: true,
  },
  {
    name: 'custom-both',
    graph: 'agent',
    filter: { channels: ['custom', 'custom:progress'] },
    says: 'An event that two channels of a filter want comes once.',
    finds: true,
  },
  {
    name: 'watcher',
    graph: 'approval',
    filter: { channels: ['lifecycle', 'input'] },
    says: 'The watcher of the SDKs gets lifecycle and input, nothing else.',
    finds: true,
  },
  {
    name: 'two-channels',
    graph: 'agent',
    filter: { channels: ['messages', 'tools'] },
    says: 'Several channels come in one order.',
    finds: true,
  },
  {
    name: 'repeated-channel',
    graph: 'agent',
    filter: { channels: ['values', 'values'] },
    says: 'A channel that is named twice comes once.',
    finds: true,
  },
];

const at = (
  name: string,
  graph: GraphId,
  says: string,
  make: (events: readonly ProtocolEvent[]) => string[][],
  depth?: number,
  finds?: boolean,
): Row => ({
  name,
  graph,
  says,
  finds,
  filter: (events) => ({ channels: ALL, namespaces: make(events), ...(depth === undefined ? {} : { depth }) }),
});

const NAMESPACE_ROWS: Row[] = [
  at('no-prefix', 'research', 'An empty list of namespaces is no restriction.', () => [], undefined, true),
  at('root-depth-0', 'research', '[[]] with depth 0 is the root alone.', () => [[]], 0, true),
  at(
    'root-depth-1',
    'research',
    '[[]] with depth 1 is the root and one level (the pump of the SDK).',
    () => [[]],
    1,
    true,
  ),
  at('root-any-depth', 'research', '[[]] without depth is everything.', () => [[]], undefined, true),
  at(
    'node-name',
    'research',
    'A prefix without task id matches every task of that node.',
    (events) => [[node(deep(events, 1)[0])]],
    undefined,
    true,
  ),
  at(
    'node-name-depth-0',
    'research',
    'depth 0 with a prefix is that namespace alone.',
    (events) => [[node(deep(events, 1)[0])]],
    0,
  ),
  at(
    'node-name-depth-1',
    'research',
    'depth 1 with a prefix counts from the prefix, not from the root.',
    (events) => [[node(deep(events, 2)[0])]],
    1,
    true,
  ),
  at(
    'task',
    'research',
    'A prefix with task id matches that task alone.',
    (events) => [deep(events, 1)],
    undefined,
    true,
  ),
  at(
    'other-task',
    'research',
    'A prefix with the id of another task matches nothing.',
    (events) => [[`${node(deep(events, 1)[0])}:other`]],
    undefined,
    false,
  ),
  at(
    'no-such-node',
    'research',
    'A prefix of a node that there is not matches nothing, the root neither.',
    () => [['no_such_node']],
    undefined,
    false,
  ),
  at(
    'part-of-a-name',
    'research',
    'A prefix is compared by whole segments.',
    (events) => [[node(deep(events, 1)[0]).slice(0, -1)]],
    undefined,
    false,
  ),
  at(
    'two-levels',
    'research',
    'A prefix of two segments matches below both.',
    (events) => [deep(events, 2)],
    undefined,
    true,
  ),
  at(
    'two-levels-by-name',
    'research',
    'A prefix of two node names matches all such tasks.',
    (events) => [deep(events, 2).map(node)],
    undefined,
    true,
  ),
  at(
    'two-prefixes',
    'research',
    'Of several prefixes one must match.',
    (events) => [deep(events, 2), ['no_such_node']],
    undefined,
    true,
  ),
  at(
    'two-prefixes-one-event',
    'research',
    'An event that two prefixes match comes once.',
    (events) => [[], deep(events, 1)],
    undefined,
    true,
  ),
  at(
    'subgraph-of-approval',
    'approval',
    'The question of a subgraph is below its prefix, the root is not.',
    () => [['legal']],
    undefined,
    true,
  ),
  at('subagents', 'team', 'A prefix matches what subagents do.', () => [['tools']]),
  {
    name: 'channel-and-namespace',
    graph: 'research',
    finds: true,
    says: 'Channels and namespaces restrict together.',
    filter: (events) => ({ channels: ['messages'], namespaces: [[node(deep(events, 2)[0])]] }),
  },
];

function replayCase(row: Row, rule: Rule): ConformanceCase {
  return {
    id: `filters/${row.name}`, says: row.says, rule,
    check: async (scope) => {
      const { id, events } = await sample(scope.lab, row.graph);
      const filter = typeof row.filter === 'function' ? row.filter(events) : row.filter;
      const expected = wanted(events, filter);
      if (row.finds && expected.length === 0)
        throw new Skipped('the whole stream has no such event; the framing group says what it should have');
      check(row.finds !== false || expected.length === 0, `the whole stream has ${expected.length} such events`);
      const stream = await scope.thread(id).stream({ ...filter, since: 0 });
      sameList((await stream.exactly(expected.length)).map(content), expected, 'events');
    },
  };
}

const LIVE: [string, GraphId, Filter][] = [
  ['messages', 'agent', { channels: ['messages', 'lifecycle'] }],
  ['named-custom', 'agent', { channels: ['custom:progress', 'lifecycle'] }],
  [
    'pump',
    'research',
    { channels: ['values', 'checkpoints', 'lifecycle', 'input', 'messages', 'tools'], namespaces: [[]], depth: 1 },
  ],
  ['root', 'research', { channels: ALL, namespaces: [[]], depth: 0 }],
];

const live = LIVE.map(([name, graph, filter]): ConformanceCase => ({
  id: `filters/live-${name}`,
  says: 'A filter lets through the same while a run goes on as afterwards.',
  rule: filter.namespaces ? NAMESPACES : CHANNELS,
  check: async (scope) => {
    const thread = scope.thread();
    const [stream, everything] = [await thread.stream(filter), await thread.stream()];
    await thread.start(graph, { ...quickInput(graph), delayMs: 2 });
    await everything.until(isTerminal, 'the terminal');
    await everything.arrivals.quiet(200);
    const expected = wanted(everything.events, filter);
    sameList((await stream.exactly(expected.length)).map(content), expected, 'events');
  },
}));

export const FILTERS: readonly ConformanceCase[] = [
  ...CHANNEL_ROWS.map((row) => replayCase(row, CHANNELS)),
  ...NAMESPACE_ROWS.map((row) => replayCase(row, NAMESPACES)),
  ...live,
];
