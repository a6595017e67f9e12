import { setTimeout as sleep } from 'node:timers/promises';
import { check, same, show } from '../checks.js';
import { assembleMessages } from '../message-parts.js';
import { type ConformanceCase, type Rule, Skipped } from '../conformance-case.js';
import {
  type ProtocolEvent,
  isChildTerminal,
  isRootLifecycle,
  isRunning,
  isTerminal,
  of,
  rootWords,
  runOf,
  spot,
} from '../protocol-event.js';
import { type GraphId, quickInput, said, sample, slowInput, twoRuns } from '../sample-threads.js';
import { cddl, js, js15, python, rest } from '../sources.js';

const ROOT: Rule = {
  text: 'The lifecycle channel tracks the root run: running, and then one of completed, failed and interrupted.',
  source: `${cddl('7. Agent / Lifecycle Module')}; ${js('stream/controller.ts')}`,
};
const AFTER: Rule = {
  text: 'The client pauses its content subscriptions at the root terminal, and ends what is unfinished: what comes later is lost.',
  source: `${js('client/stream/index.ts')}; ${js15('stream/root-message-projection.ts')}`,
};
const CHILDREN: Rule = {
  text: 'The lifecycle channel tracks the status of every namespace: what has started ends.',
  source: cddl('7. Agent / Lifecycle Module'),
};
const RUN_ID: Rule = {
  text: 'The client reads the run of a root lifecycle event from its id, synth:<run_id>:<unique>, byte for byte as run.start answered it.',
  source: js15('stream/controller.ts'),
};
const EVERY_RUN: Rule = {
  text: 'Every run that was started ends with a terminal: submit() and thread.output wait for it.',
  source: `${js15('stream/controller.ts, awaitRootTerminal')}; ${python('_async/stream.py')}`,
};
const CLOSED: Rule = {
  text: 'A message ends with message-finish or error; clients wait for one of them.',
  source: `${cddl('8. Messages Module')}; ${python('stream/decoders.py')}`,
};

const WORDS: [GraphId, string][] = [
  ['agent', 'completed'],
  ['firehose', 'completed'],
  ['research', 'completed'],
  ['team', 'completed'],
  ['approval', 'interrupted'],
];

const roots = WORDS.map(([graph, word]): ConformanceCase => ({
  id: `lifecycle/root-of-${graph}`, says: `A run of ${graph} is running first and ends once, ${word}.`, rule: ROOT,
  check: async ({ lab }) => same(rootWords((await sample(lab, graph)).events), ['running', word], 'root lifecycle'),
}));

const afterEnd = WORDS.map(([graph]): ConformanceCase => ({
  id: `lifecycle/nothing-after-the-end-of-${graph}`,
  says: `No message, tool, question or lifecycle event of ${graph} comes after the terminal.`,
  rule: AFTER,
  check: async ({ lab }) => {
    const { events } = await sample(lab, graph);
    const late = events
      .slice(events.findIndex(isTerminal) + 1)
      .find(({ method }) => /^(messages|tools|input|lifecycle)/.test(method));
    check(!late, show(late));
  },
}));

const childPairs = (['agent', 'research', 'team', 'approval'] as const).map((graph): ConformanceCase => ({
  id: `lifecycle/children-of-${graph}`,
  says: `Every namespace of ${graph} that starts ends once, before the root does.`,
  rule: CHILDREN,
  check: async ({ lab }) => {
    const { events } = await sample(lab, graph);
    const upToEnd = events.slice(0, events.findIndex(isTerminal));
    const started = upToEnd
      .filter(({ method, params }) => method === 'lifecycle' && params.data.event === 'started')
      .map(spot);
    const ended = upToEnd.filter(isChildTerminal).map(spot);
    if (graph === 'research') check(started.length > 0, 'no namespace started, though research has subgraphs');
    same([...ended].sort(), [...started].sort(), 'namespaces that ended');
  },
}));

/** Starts a long run of `firehose`, waits until it streams, and gives the stream. */
async function streaming(scope: Parameters<ConformanceCase['check']>[0]) {
  const thread = scope.thread();
  const stream = await thread.stream();
  const runId = await thread.start('firehose', slowInput(10_000));
  await stream.untilCount(of('messages'), 5, 'five messages events');
  return { thread, stream, runId };
}

/** A way to end a run from outside. */
const stops: [string, string, (at: { path: string; runId: string }) => [string, string]][] = [
  [
    'cancel',
    'A run that is cancelled',
    ({ path, runId }) => ['POST', `${path}/runs/${runId}/cancel?wait=0&action=interrupt`],
  ],
  [
    'rollback',
    'A run that is cancelled with rollback',
    ({ path, runId }) => ['POST', `${path}/runs/${runId}/cancel?wait=0&action=rollback`],
  ],
  ['deletion', 'A run whose thread is deleted', ({ path }) => ['DELETE', path]],
];

const stopped = stops.flatMap(([name, who, call]): ConformanceCase[] => [
  {
    id: `lifecycle/${name}-gives-a-terminal`,
    says: `${who} ends with a terminal on the open stream.`,
    rule: EVERY_RUN,
    check: async (scope) => {
      const { thread, stream, runId } = await streaming(scope);
      await thread.rest(...call({ path: thread.path, runId }));
      await stream.until(isTerminal, 'the terminal', 6_000);
    },
  },
  {
    id: `lifecycle/${name}-closes-the-message`,
    says: `${who} in the middle of a message closes that message before the terminal.`,
    rule: CLOSED,
    check: async (scope) => {
      const { thread, stream, runId } = await streaming(scope);
      await thread.rest(...call({ path: thread.path, runId }));
      const terminal = await stream.until(isTerminal, 'the terminal', 6_000);
      const [message] = assembleMessages(stream.events.filter(({ seq }) => seq < terminal.seq));
      check(message?.end, 'the message has no end before the terminal');
    },
  },
]);

export const LIFECYCLE: readonly ConformanceCase[] = [
  ...roots,
  {
    id: 'lifecycle/running-is-first',
    says: 'No event of a run comes before its running.',
    rule: ROOT,
    check: async ({ lab }) =>
      same(isRunning((await sample(lab, 'agent')).events[0] as ProtocolEvent), true, 'the first event is running'),
  },
  {
    id: 'lifecycle/failed',
    says: 'A run whose graph throws ends failed, with the error as a string.',
    rule: {
      text: 'LifecycleData is {event: failed, error?: string}; the client shows error.',
      source: `${cddl('7, LifecycleData')}; ${js('stream/controller.ts')}`,
    },
    check: async (scope) => {
      const thread = scope.thread();
      await thread.start('agent', quickInput('agent'), { config: { recursion_limit: 1 } });
      const { params } = await thread.ended();
      same(params.data.event, 'failed', 'terminal');
      check(typeof params.data.error === 'string' && params.data.error !== '', `error ${show(params.data.error)}`);
    },
  },
  {
    id: 'lifecycle/failed-has-no-reason',
    says: 'The terminal of a graph that threw has no reason.',
    rule: { text: 'A failed with a string reason is taken for a refused resume.', source: js15('stream/refusal.ts') },
    check: async (scope) => {
      const thread = scope.thread();
      await thread.start('agent', quickInput('agent'), { config: { recursion_limit: 1 } });
      const { params } = await thread.ended();
      check(params.data.reason === undefined, `reason ${show(params.data.reason)}`);
    },
  },
  {
    id: 'lifecycle/failed-run-is-no-dead-end',
    says: 'A thread whose run failed takes the next one.',
    rule: EVERY_RUN,
    check: async (scope) => {
      const thread = scope.thread();
      await thread.start('agent', quickInput('agent'), { config: { recursion_limit: 1 } });
      await thread.ended(1);
      await thread.start('agent', quickInput('agent'));
      same((await thread.ended(2)).params.data.event, 'completed', 'the second terminal');
    },
  },
  ...afterEnd,
  ...childPairs,
  {
    id: 'lifecycle/child-ends-after-its-messages',
    says: 'A namespace ends after the last message in it.',
    rule: {
      text: 'The terminal of a child ends its unfinished messages with aborted.',
      source: js15('client/stream/handles/subgraphs.ts'),
    },
    check: async ({ lab }) => {
      const { events } = await sample(lab, 'research');
      const ends = new Map(events.filter(isChildTerminal).map((event) => [spot(event), event.seq]));
      const late = events.filter(of('messages')).find((event) => (ends.get(spot(event)) ?? Infinity) < event.seq);
      check(!late, show(late));
    },
  },
  {
    id: 'lifecycle/interrupted-child',
    says: 'A subgraph that asks a person ends interrupted, not completed.',
    rule: {
      text: 'The lifecycle channel tracks the status of every namespace; interrupted is one of them.',
      source: cddl('7, AgentStatus'),
    },
    check: async ({ lab }) => {
      const { events } = await sample(lab, 'approval');
      const legal = events
        .filter(isChildTerminal)
        .filter(({ params }) => params.namespace.length === 1 && params.namespace[0]?.startsWith('legal'));
      same(
        legal.map(({ params }) => params.data.event),
        ['interrupted'],
        'terminals of legal',
      );
    },
  },
  {
    id: 'lifecycle/cause',
    says: 'The cause of a subagent is a tool call that a message made.',
    rule: {
      text: 'cause {type: toolCall, tool_call_id} is the id of the tool_call block of the parent message.',
      source: cddl('7, LifecycleCauseToolCall'),
    },
    check: async ({ lab }) => {
      const { events } = await sample(lab, 'team');
      const causes = events.flatMap(({ params }) =>
        (params.data.cause as { type?: string } | undefined)?.type === 'toolCall'
          ? [params.data.cause as { tool_call_id: string }]
          : [],
      );
      if (causes.length === 0) throw new Skipped('no namespace has a cause; it is optional');
      const calls = assembleMessages(events)
        .flatMap(({ blocks }) => [...blocks.values()])
        .map(({ finish }) => finish?.id);
      for (const { tool_call_id: id } of causes) check(calls.includes(id), `${id} is no tool call`);
    },
  },
  {
    id: 'lifecycle/root-names-its-run',
    says: 'The ids of the root events name the run, as run.start answered it.',
    rule: RUN_ID,
    check: async ({ lab }) => {
      const { events, runId } = await sample(lab, 'agent');
      same(events.filter(isRootLifecycle).map(runOf), [runId, runId], 'runs');
    },
  },
  {
    id: 'lifecycle/two-runs-two-names',
    says: 'Two runs of a thread have ids of their own at the root.',
    rule: RUN_ID,
    check: async ({ lab }) => {
      const { events, runId } = await twoRuns(lab);
      const runs = events.filter(isRootLifecycle).map(runOf);
      same([runs.length, new Set(runs).size, runs.at(-1)], [4, 2, runId], 'root events, runs, the last run');
    },
  },
  ...stopped,
  {
    id: 'lifecycle/cancelled-word',
    says: 'A cancelled run ends interrupted.',
    rule: { text: 'stop() cancels the run; its terminal is interrupted.', source: js('stream/controller.ts, stop') },
    check: async (scope) => {
      const { thread, stream, runId } = await streaming(scope);
      await thread.rest('POST', `${thread.path}/runs/${runId}/cancel?wait=0&action=interrupt`);
      same((await stream.until(isTerminal, 'the terminal', 6_000)).params.data.event, 'interrupted', 'terminal');
    },
  },
  {
    id: 'lifecycle/after-a-cancel',
    says: 'A thread whose run was cancelled takes the next one.',
    rule: EVERY_RUN,
    check: async (scope) => {
      const { thread, stream, runId } = await streaming(scope);
      await thread.rest('POST', `${thread.path}/runs/${runId}/cancel?wait=0&action=interrupt`);
      await stream.until(isTerminal, 'the terminal', 6_000);
      await thread.start('firehose', quickInput('firehose'));
      await stream.untilCount(isTerminal, 2, 'the second terminal');
    },
  },
  {
    id: 'lifecycle/state-at-the-end',
    says: 'Who has seen the terminal finds the reply in the state.',
    rule: {
      text: 'thread.output is the state that is read at the terminal.',
      source: python('_async/stream.py, output'),
    },
    check: async (scope) => {
      const thread = scope.thread();
      await thread.start('firehose', { messages: said('go'), tokens: 3, custom: 0 });
      await thread.ended();
      const { values, next } = await thread.state();
      same([(values.messages as unknown[]).length, next], [2, []], 'messages and next');
    },
  },
  {
    id: 'lifecycle/run-status-at-the-end',
    says: 'Who has seen the terminal finds the run as success and the thread as idle.',
    rule: {
      text: 'Run.status and Thread.status; a status of a finished run that says running makes clients wait for it.',
      source: rest('GET /threads/:id/runs/:run_id, GET /threads/:id'),
    },
    check: async (scope) => {
      const thread = scope.thread();
      const runId = await thread.start('firehose', quickInput('firehose'));
      await thread.ended();
      const read = async (path: string): Promise<unknown> =>
        (JSON.parse((await thread.http('GET', path)).text) as { status: unknown }).status;
      same(
        [await read(`${thread.path}/runs/${runId}`), await read(thread.path)],
        ['success', 'idle'],
        'status of run and thread',
      );
    },
  },
  {
    id: 'lifecycle/reader-leaves',
    says: 'A run goes on when its only reader leaves.',
    rule: {
      text: 'Closing the connection unsubscribes; it is no command to the run.',
      source: cddl('4. Thread-Centric Model, Subscription model'),
    },
    check: async (scope) => {
      const thread = scope.thread();
      const stream = await thread.stream();
      await thread.start('firehose', slowInput(800));
      await stream.untilCount(of('messages'), 3, 'three messages events');
      stream.close();
      await sleep(100);
      same((await thread.ended()).params.data.event, 'completed', 'terminal');
    },
  },
];
