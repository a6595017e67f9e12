import { check, same, show } from '../checks.js';
import type { ConformanceCase, Rule } from '../conformance-case.js';
import { askedIds, asksInput, isTerminal } from '../protocol-event.js';
import { listedQuestions, sample } from '../sample-threads.js';
import { cddl, js, rest } from '../sources.js';

const ASK: Rule = {
  text: 'input.requested {interrupt_id, payload} says what a graph asks; interrupt_id correlates it with input.respond.',
  source: cddl('10. Input Module'),
};
export const ORDER: Rule = {
  text: 'The root terminal interrupted says that the run waits: questions that come after it are missed by clients that pause there.',
  source: js('client/stream/index.ts, terminal pause'),
};

/** How a graph's questions reach people. */
export const QUESTIONS: readonly ConformanceCase[] = [
  {
    id: 'human-in-the-loop/payload',
    says: 'The payload of a question is what the graph gave to interrupt().',
    rule: ASK,
    check: async ({ lab }) => {
      const payloads = (await sample(lab, 'approval')).events
        .filter(asksInput)
        .map(({ params }) => params.data.payload as { role: string });
      same(
        payloads.find(({ role }) => role === 'budget'),
        { role: 'budget', question: 'Is there money for it?', options: ['approve', 'reject'] },
        'payload of budget',
      );
    },
  },
  {
    id: 'human-in-the-loop/asked-once',
    says: 'Each question is asked once in a run.',
    rule: ASK,
    check: async ({ lab }) => {
      const ids = askedIds((await sample(lab, 'approval')).events);
      same([ids.length, new Set(ids).size], [2, 2], 'questions and different ids');
    },
  },
  {
    id: 'human-in-the-loop/parallel-before-the-end',
    says: 'Of two questions at once both come before the root is interrupted.',
    rule: ORDER,
    check: async ({ lab }) => {
      const { events } = await sample(lab, 'approval');
      same(events.slice(0, events.findIndex(isTerminal)).filter(asksInput).length, 2, 'questions before the terminal');
    },
  },
  {
    id: 'human-in-the-loop/quiet-after-the-end',
    says: 'Nothing but values comes after the root is interrupted.',
    rule: ORDER,
    check: async ({ lab }) => {
      const { events } = await sample(lab, 'approval');
      same(
        [...new Set(events.slice(events.findIndex(isTerminal) + 1).map(({ method }) => method))].filter(
          (method) => method !== 'values' && method !== 'checkpoints',
        ),
        [],
        'methods after the terminal',
      );
    },
  },
  {
    id: 'human-in-the-loop/namespace',
    says: 'The question of a subgraph has the namespace of the subgraph.',
    rule: {
      text: 'params.namespace is where the event comes from; answers name it.',
      source: cddl('10, InputEvent, InputRespondOne'),
    },
    check: async ({ lab }) => {
      const legal = (await sample(lab, 'approval')).events
        .filter(asksInput)
        .find(({ params }) => (params.data.payload as { role: string }).role === 'legal');
      check(legal?.params.namespace[0]?.startsWith('legal'), show(legal?.params.namespace));
    },
  },
  {
    id: 'human-in-the-loop/state-lists-questions',
    says: 'The state lists the questions under the ids that were announced.',
    rule: {
      text: 'A client that hydrates shows tasks[].interrupts of GET /state.',
      source: js('stream/controller.ts, hydration'),
    },
    check: async (scope) => {
      const { id, events } = await sample(scope.lab, 'approval');
      same(listedQuestions(await scope.thread(id).state()), [...askedIds(events)].sort(), 'interrupts of the state');
    },
  },
  {
    id: 'human-in-the-loop/thread-status',
    says: 'A thread that waits for a person has the status interrupted.',
    rule: { text: 'Thread.status is idle, busy, interrupted or error.', source: rest('GET /threads/:id') },
    check: async (scope) => {
      const { id } = await sample(scope.lab, 'approval');
      const { text } = await scope.thread(id).http('GET', `/threads/${id}`);
      same((JSON.parse(text) as { status: string }).status, 'interrupted', 'status');
    },
  },
  {
    id: 'human-in-the-loop/seen-without-cursor',
    says: 'A stream that is opened without a cursor on a waiting thread has its questions.',
    rule: {
      text: 'A client that opens its streams on an interrupted thread takes the questions from the replay.',
      source: js('stream/controller.ts, hydration'),
    },
    check: async (scope) => {
      const { id, events } = await sample(scope.lab, 'approval');
      const stream = await scope.thread(id).stream({ channels: ['lifecycle', 'input'] });
      await stream.untilCount(asksInput, 2, 'both questions');
      same([...askedIds(stream.events)].sort(), [...askedIds(events)].sort(), 'questions');
    },
  },
];
