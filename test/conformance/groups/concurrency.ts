import { setTimeout as sleep } from 'node:timers/promises';
import { check, same, show } from '../checks.js';
import type { CaseScope } from '../case-scope.js';
import type { ConformanceCase, Rule } from '../conformance-case.js';
import { content, isTerminal, of, rootWords } from '../protocol-event.js';
import { answer, quickInput, releaseThread, said, slowInput } from '../sample-threads.js';
import { cddl, js, js15, python, rest } from '../sources.js';
import { ERROR_CODES } from './commands.js';

const QUEUE: Rule = {
  text: 'enqueue, the default: a run on a busy thread waits its turn and then runs.',
  source: `${rest('multitask_strategy')}; ${js('stream/queue-adapter-agent-server.ts')}`,
};
const NO_MIX: Rule = {
  text: 'A root running or terminal in the midst of another run makes the client drop what that run has streamed.',
  source: js15('stream/root-message-projection.ts'),
};
const AT_ONCE: Rule = {
  text: 'The client waits for the answer of run.start before it opens a stream or shows anything.',
  source: js('client/stream/index.ts, run start gate'),
};
const STRATEGY: Rule = {
  text: 'multitask_strategy: interrupt ends the active run and keeps its steps, rollback removes it, reject refuses the new one. 1.15 sends interrupt by itself.',
  source: `${rest('multitask_strategy')}; ${js15('stream/submit-coordinator.ts')}`,
};
const EVERY_RUN: Rule = {
  text: 'submit() of a run waits for its terminal, also where the run was removed before it began.',
  source: js15('stream/controller.ts'),
};
const READERS: Rule = {
  text: 'Multiple connections may observe the same thread concurrently, each with independent filters.',
  source: cddl('4. Thread-Centric Model'),
};

/** A thread on which `firehose` streams for some seconds, watched by a stream. */
async function busy(scope: CaseScope, ms = 4_000) {
  const thread = scope.thread();
  const stream = await thread.stream();
  const runId = await thread.start('firehose', slowInput(ms, 'the first'));
  await stream.untilCount(of('messages'), 3, 'three messages events');
  return { thread, stream, runId };
}

const quick = (word: string): Record<string, unknown> => ({ messages: said(word), tokens: 2, delayMs: 0, custom: 0 });

const STRATEGIES: [string, Record<string, unknown>][] = [
  ['none', {}],
  ['enqueue', { multitask_strategy: 'enqueue' }],
  ['interrupt', { multitask_strategy: 'interrupt' }],
  ['rollback', { multitask_strategy: 'rollback' }],
];

const answers = STRATEGIES.map(([name, more]): ConformanceCase => ({
  id: `concurrency/busy-answers-at-once-${name}`,
  says: `run.start on a busy thread (strategy: ${name}) is answered within a second.`,
  rule: AT_ONCE,
  check: async (scope) => {
    const { thread } = await busy(scope, 8_000);
    const start = Date.now();
    await thread.start('firehose', quick('the second'), more);
    check(Date.now() - start < 1_000, `answered after ${Date.now() - start} ms`);
  },
}));

const SPELLINGS = ['multitask_strategy', 'multitaskStrategy'];

const interrupts = SPELLINGS.map((key): ConformanceCase => ({
  id: `concurrency/${key === 'multitaskStrategy' ? 'interrupt-camel-case' : 'interrupt'}`,
  says: `With ${key} interrupt the active run ends interrupted, then the new one runs.`,
  rule: STRATEGY,
  check: async (scope) => {
    const { thread, stream } = await busy(scope, 8_000);
    await thread.start('firehose', quick('the second'), { [key]: 'interrupt' });
    await stream.untilCount(isTerminal, 2, 'both terminals', 5_000);
    same(rootWords(stream.events), ['running', 'interrupted', 'running', 'completed'], 'root lifecycle');
  },
}));

export const CONCURRENCY: readonly ConformanceCase[] = [
  ...answers,
  {
    id: 'concurrency/enqueue',
    says: 'A second run on a busy thread begins after the first has ended, and both have a terminal.',
    rule: QUEUE,
    check: async (scope) => {
      const { thread, stream } = await busy(scope, 800);
      await thread.start('firehose', quick('the second'));
      await stream.untilCount(isTerminal, 2, 'both terminals', 12_000);
      same(rootWords(stream.events), ['running', 'completed', 'running', 'completed'], 'root lifecycle');
    },
  },
  {
    id: 'concurrency/queued-run-is-silent',
    says: 'A run that waits is not announced as running.',
    rule: NO_MIX,
    check: async (scope) => {
      const { thread, stream } = await busy(scope, 3_000);
      await thread.start('firehose', quick('the second'));
      await sleep(500);
      check(
        !rootWords(stream.events).join().includes('running,running'),
        `root lifecycle ${show(rootWords(stream.events))}`,
      );
    },
  },
  {
    id: 'concurrency/first-run-is-whole',
    says: 'A run that was started on a busy thread takes nothing from the first: all its words come, then its terminal.',
    rule: {
      text: 'The stream carries the events of whatever runs execute on the thread.',
      source: cddl('6. Subscription & Event Streaming'),
    },
    check: async (scope) => {
      const { thread, stream } = await busy(scope, 1_000);
      await thread.start('firehose', quick('the second'));
      await stream.untilCount(isTerminal, 2, 'both terminals', 12_000);
      const first = stream.events.slice(0, stream.events.findIndex(isTerminal));
      const words = first
        .map(({ params }) => (params.data.delta as { text?: string } | undefined)?.text ?? '')
        .join('');
      check(words.includes('tok19'), `the first run streamed ${show(words)}`);
    },
  },
  {
    id: 'concurrency/first-in-first-out',
    says: 'Four runs that wait run in the order in which they were started.',
    rule: QUEUE,
    check: async (scope) => {
      const { thread, stream } = await busy(scope, 500);
      for (const word of ['a', 'b', 'c', 'd']) await thread.start('firehose', quick(`word ${word}`));
      await stream.untilCount(isTerminal, 5, 'five terminals', 12_000);
      const messages = (await thread.state()).values.messages as { type: string; content: unknown }[];
      same(
        messages.filter(({ type }) => type === 'human').map((one) => one.content),
        ['the first', 'word a', 'word b', 'word c', 'word d'],
        'what was said',
      );
    },
  },
  ...interrupts,
  {
    id: 'concurrency/rollback-gives-a-terminal',
    says: 'With rollback the active run has a terminal before the new one is running.',
    rule: EVERY_RUN,
    check: async (scope) => {
      const { thread, stream } = await busy(scope, 8_000);
      await thread.start('firehose', quick('the second'), { multitask_strategy: 'rollback' });
      await stream.untilCount(isTerminal, 2, 'both terminals', 8_000);
      const words = rootWords(stream.events);
      same([words.length, words[0], words[2], words[3]], [4, 'running', 'running', 'completed'], 'root lifecycle');
    },
  },
  {
    id: 'concurrency/rollback-removes',
    says: 'With rollback nothing of the active run is left in the state.',
    rule: STRATEGY,
    check: async (scope) => {
      const { thread } = await busy(scope, 8_000);
      await thread.start('firehose', quick('the second'), { multitask_strategy: 'rollback' });
      const stream = await thread.stream({ channels: ['values'], since: 0 });
      await stream.until(
        ({ params }) => JSON.stringify(params.data).includes('tok1'),
        'the values of the second run',
        8_000,
      );
      check(
        !JSON.stringify((await thread.state()).values.messages).includes('the first'),
        'the first run is in the state',
      );
    },
  },
  {
    id: 'concurrency/reject',
    says: 'With reject a run on a busy thread is refused by an error envelope, and the first goes on.',
    rule: STRATEGY,
    check: async (scope) => {
      const { thread, stream } = await busy(scope, 3_000);
      const refused = await thread.command('run.start', {
        assistant_id: 'firehose',
        input: quick('the second'),
        multitask_strategy: 'reject',
      });
      check(refused.type === 'error' && ERROR_CODES.includes(refused.error ?? ''), `answered ${show(refused)}`);
      same(
        (await stream.until(isTerminal, 'the terminal of the first run')).params.data.event,
        'completed',
        'terminal',
      );
    },
  },
  {
    id: 'concurrency/reject-idle',
    says: 'With reject a run on an idle thread runs.',
    rule: STRATEGY,
    check: async (scope) => {
      const thread = scope.thread();
      await thread.start('firehose', quick('x'), { multitask_strategy: 'reject' });
      same((await thread.ended()).params.data.event, 'completed', 'terminal');
    },
  },
  {
    id: 'concurrency/cancelled-while-it-waits',
    says: 'A run that is cancelled while it waits has a terminal, too, and the next runs.',
    rule: EVERY_RUN,
    check: async (scope) => {
      const { thread, stream } = await busy(scope, 1_000);
      const second = await thread.start('firehose', quick('the second'));
      await thread.start('firehose', quick('the third'));
      await thread.rest('POST', `${thread.path}/runs/${second}/cancel?wait=0&action=interrupt`);
      await stream.untilCount(isTerminal, 3, 'three terminals', 8_000);
      check(
        !JSON.stringify((await thread.state()).values.messages).includes('the second'),
        'the cancelled run was executed',
      );
    },
  },
  {
    id: 'concurrency/runs-do-not-interleave',
    says: 'Six runs that are started at once on a new thread run one after the other, each to its terminal.',
    rule: NO_MIX,
    check: async (scope) => {
      const thread = scope.thread();
      await Promise.all([1, 2, 3, 4, 5, 6].map((n) => thread.start('firehose', quick(`run ${n}`))));
      await thread.ended(6, 15_000);
      const words = rootWords((await thread.log(6)).events);
      same(words, Array.from({ length: 6 }, () => ['running', 'completed']).flat(), 'root lifecycle');
    },
  },
  {
    id: 'concurrency/threads-do-not-mix',
    says: 'Ten threads that run at once: each stream has the words of its own run.',
    rule: {
      text: 'Threads are the primary routing key for commands, events and subscriptions.',
      source: cddl('4. Thread-Centric Model'),
    },
    check: async (scope) => {
      const threads = await Promise.all(
        Array.from({ length: 10 }, async (_, n) => {
          const thread = scope.thread();
          const stream = await thread.stream();
          await thread.start('firehose', { messages: said(`secret ${n}.`), tokens: 10, delayMs: 5, custom: 0 });
          return { n, stream };
        }),
      );
      for (const { n, stream } of threads) {
        await stream.until(isTerminal, `the terminal of thread ${n}`, 15_000);
        const secrets = new Set(
          stream.events.flatMap((event) => [...content(event).matchAll(/secret (\d)\./g)].map(([, digit]) => digit)),
        );
        same([...secrets], [String(n)], 'secrets in the stream');
      }
    },
  },
  {
    id: 'concurrency/readers-agree',
    says: 'Six readers of one run get the same events in the same order.',
    rule: READERS,
    check: async (scope) => {
      const thread = scope.thread();
      const readers = await Promise.all([1, 2, 3, 4, 5, 6].map(() => thread.stream()));
      await thread.start('agent', { ...quickInput('agent'), delayMs: 3 });
      for (const reader of readers) await reader.until(isTerminal, 'the terminal');
      for (const reader of readers) await reader.arrivals.quiet(200);
      const [first, ...others] = readers.map(({ events }) => events.map(content));
      for (const other of others) same(other, first, 'events');
    },
  },
  {
    id: 'concurrency/slow-reader-delays-nobody',
    says: 'A reader that does not read holds up neither the run nor another reader.',
    rule: READERS,
    limitMs: 30_000,
    check: async (scope) => {
      const thread = scope.thread();
      const [slow, quickOne] = [await thread.stream(), await thread.stream({ channels: ['lifecycle'] })];
      slow.pause();
      await thread.start('firehose', { messages: [], tokens: 4_000, delayMs: 0, custom: 0 });
      await quickOne.until(isTerminal, 'the terminal on the other stream', 15_000);
    },
  },
  {
    id: 'concurrency/one-answer-wins',
    says: 'Of three clients that answer one question at the same time exactly one is accepted.',
    rule: {
      text: 'A question has one answer; who comes second gets no_such_interrupt and does not start a run.',
      source: `${cddl('10. Input Module; 3, ErrorCode')}`,
    },
    check: async (scope) => {
      const { thread, release } = await releaseThread(scope);
      const all = await Promise.all(
        [1, 2, 3].map((n) => scope.thread(thread.id).command('input.respond', answer(release, `answer ${n}`))),
      );
      same(all.filter(({ type }) => type === 'success').length, 1, 'accepted answers');
      await thread.ended(3);
      const winner = all.findIndex(({ type }) => type === 'success') + 1;
      same(
        ((await thread.state()).values.answers as Record<string, unknown>).release,
        `answer ${winner}`,
        'the answer',
      );
    },
  },
  {
    id: 'concurrency/rest-run-is-on-the-stream',
    says: 'A run of the REST API is on the event stream like one of run.start.',
    rule: {
      text: 'The queue of the SDK starts runs by POST /threads/:id/runs and watches them on the stream; custom and updates have the shape of the protocol.',
      source: `${js('stream/queue-adapter-agent-server.ts')}; ${cddl('12. Passthrough Channels')}`,
    },
    check: async (scope) => {
      const thread = scope.thread();
      await thread.http('POST', '/threads', { thread_id: thread.id });
      const stream = await thread.stream();
      await thread.rest('POST', `${thread.path}/runs`, { assistant_id: 'agent', input: quickInput('agent') });
      await stream.until(isTerminal, 'the terminal');
      await stream.arrivals.quiet(200);
      same(
        [...new Set(stream.events.map(({ method }) => method))].sort(),
        ['checkpoints', 'custom', 'lifecycle', 'messages', 'tasks', 'tools', 'updates', 'values'],
        'methods',
      );
      const bare = stream.events.find(
        ({ method, params }) =>
          (method === 'updates' && typeof params.data.values !== 'object') ||
          (method === 'custom' && params.data.name !== 'progress'),
      );
      check(!bare, show(bare));
    },
  },
  {
    id: 'concurrency/two-clients-one-thread',
    says: 'A client sees the run that another client has started on its thread.',
    rule: { ...READERS, source: `${READERS.source}; ${python('_async/stream.py')}` },
    check: async (scope) => {
      const mine = scope.thread();
      const stream = await mine.stream({ channels: ['lifecycle', 'input'] });
      await scope.thread(mine.id).start('firehose', quick('yours'));
      await stream.until(isTerminal, 'the terminal');
    },
  },
];
