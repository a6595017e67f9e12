import { check, same, show } from '../checks.js';
import { assembleMessages } from '../message-parts.js';
import type { ConformanceCase, Rule } from '../conformance-case.js';
import { asksInput, isRunning, isTerminal, of } from '../protocol-event.js';
import { answer, askedThread, listedQuestions, question, quickInput, releaseThread, said } from '../sample-threads.js';
import { cddl, js, js15 } from '../sources.js';
import { isError } from './commands.js';
import { ORDER } from './questions.js';

const RESPOND: Rule = {
  text: 'input.respond resolves a single interrupt, or several that are pending at the same checkpoint.',
  source: cddl('10. Input Module, InputRespond'),
};
const UNKNOWN: Rule = {
  text: 'no_such_interrupt: an answer to what was not asked must not reach the graph.',
  source: cddl('3, ErrorCode'),
};
const ANSWERED: Rule = {
  text: 'input.answered {interrupt_ids} hides an answered question in other tabs.',
  source: js15('stream/controller.ts'),
};
const STRICT: Rule = {
  text: 'strict_resume: a refused answer is a root failed with reason, interrupt_ids and pending_ids, and nothing runs.',
  source: js15('stream/refusal.ts'),
};

const DRAFTS = ['one two three four five six', 'uno dos tres cuatro cinco seis'];

/**
 * Two drafts that stream side by side in one node, for about 12 times `delayMs`, while another node of the step asks.
 */
const drafts = (delayMs: number): Record<string, unknown> => ({
  goto: DRAFTS.map((text) => ({ node: 'draft', input: { messages: said(text), delayMs } })),
});

/** What the answers of people do. */
export const ANSWERS: readonly ConformanceCase[] = [
  {
    id: 'human-in-the-loop/answer-one',
    says: 'Answering one of two questions leaves the other open.',
    rule: RESPOND,
    check: async (scope) => {
      const { thread, questions } = await askedThread(scope);
      await thread.does('input.respond', answer(question(questions, 'budget'), 'yes'));
      await thread.ended(2);
      const state = await thread.state();
      check(listedQuestions(state).includes(question(questions, 'legal').id), `open: ${show(listedQuestions(state))}`);
      await thread.does('input.respond', answer(question(questions, 'legal'), 'lawful'));
      await thread.ended(3);
      same((await thread.state()).values.answers, { budget: 'yes', legal: 'lawful' }, 'answers');
    },
  },
  {
    id: 'human-in-the-loop/answer-both',
    says: 'One command answers both questions, in one run.',
    rule: RESPOND,
    check: async (scope) => {
      const { thread } = await releaseThread(scope);
      same((await thread.state()).values.answers, { budget: 'approve', legal: 'approve' }, 'answers');
    },
  },
  {
    id: 'human-in-the-loop/to-the-end',
    says: 'After the last answer the run completes.',
    rule: RESPOND,
    check: async (scope) => {
      const { thread, release } = await releaseThread(scope);
      await thread.does('input.respond', answer(release, { when: 'now', why: [1, null, true] }));
      same((await thread.ended(3)).params.data.event, 'completed', 'terminal');
      same(
        ((await thread.state()).values.answers as Record<string, unknown>).release,
        { when: 'now', why: [1, null, true] },
        'the answer, byte for byte',
      );
    },
  },
  {
    id: 'human-in-the-loop/unknown-id',
    says: 'An answer to an id that was not asked is no_such_interrupt, and the questions stay.',
    rule: UNKNOWN,
    check: async (scope) => {
      const { thread, questions } = await askedThread(scope);
      isError(
        await thread.command('input.respond', {
          namespace: [],
          interrupt_id: '0123456789abcdef0123456789abcdef',
          response: 'x',
        }),
        'no_such_interrupt',
      );
      same(listedQuestions(await thread.state()), questions.map(({ id }) => id).sort(), 'open questions');
    },
  },
  {
    id: 'human-in-the-loop/odd-id',
    says: 'An answer to an id that does not look like one is no_such_interrupt, too, and does not reach the graph.',
    rule: UNKNOWN,
    check: async (scope) => {
      const { thread, release } = await releaseThread(scope);
      isError(
        await thread.command('input.respond', { namespace: [], interrupt_id: 'deadbeef', response: 'x' }),
        'no_such_interrupt',
      );
      same(listedQuestions(await thread.state()), [release.id], 'open questions');
    },
  },
  {
    id: 'human-in-the-loop/one-wrong-of-two',
    says: 'A command with a wrong id among its answers answers none.',
    rule: UNKNOWN,
    check: async (scope) => {
      const { thread, questions } = await askedThread(scope);
      const responses = [
        answer(question(questions, 'budget')),
        { namespace: [], interrupt_id: '0123456789abcdef0123456789abcdef', response: 'x' },
      ];
      isError(await thread.command('input.respond', { responses }), 'no_such_interrupt');
      same(listedQuestions(await thread.state()), questions.map(({ id }) => id).sort(), 'open questions');
    },
  },
  {
    id: 'human-in-the-loop/answered-twice',
    says: 'A second answer to a question is no_such_interrupt.',
    rule: UNKNOWN,
    check: async (scope) => {
      const { thread, release } = await releaseThread(scope);
      await thread.does('input.respond', answer(release, 'first'));
      await thread.ended(3);
      isError(
        await thread.command('input.respond', answer(release, 'second')),
        'no_such_interrupt',
        'no_such_run',
        'invalid_argument',
      );
      same(((await thread.state()).values.answers as Record<string, unknown>).release, 'first', 'the answer');
    },
  },
  {
    id: 'human-in-the-loop/answered-at-once',
    says: 'An answer that is sent as soon as the question is seen is accepted.',
    rule: RESPOND,
    check: async (scope) => {
      const thread = scope.thread();
      const stream = await thread.stream({ channels: ['input', 'lifecycle'] });
      await thread.start('approval', quickInput('approval'));
      await stream.untilCount(asksInput, 2, 'two questions');
      const responses = stream.events
        .filter(asksInput)
        .map(({ params }) => ({ interrupt_id: params.data.interrupt_id, namespace: params.namespace, response: 'ok' }));
      await thread.does('input.respond', { responses });
      await stream.untilCount(asksInput, 3, 'the third question');
    },
  },
  {
    id: 'human-in-the-loop/answered-beside-a-slow-sibling',
    says: 'A question beside a sibling that streams for seven more seconds can be answered: never no_such_interrupt.',
    rule: RESPOND,
    limitMs: 30_000,
    check: async (scope) => {
      const { thread, questions } = await askedThread(scope);
      const stream = await thread.stream({
        channels: ['input', 'messages', 'lifecycle'],
        since: (await thread.asked(2)).at(-1)?.seq,
      });
      await thread.does('input.respond', { ...answer(question(questions, 'budget')), ...drafts(600) });
      const asked = await stream.until(asksInput, 'legal asked again in the second run', 10_000);
      same(asked.params.data.interrupt_id, question(questions, 'legal').id, 'the question');
      await thread.does(
        'input.respond',
        { interrupt_id: asked.params.data.interrupt_id, namespace: asked.params.namespace, response: 'ok' },
        12_000,
      );
    },
  },
  {
    id: 'human-in-the-loop/end-after-the-slow-sibling',
    says: 'The root is interrupted only when all of the step is over: no message follows.',
    rule: ORDER,
    limitMs: 30_000,
    check: async (scope) => {
      const { thread, questions } = await askedThread(scope);
      await thread.does('input.respond', { ...answer(question(questions, 'budget')), ...drafts(100) });
      await thread.ended(2, 12_000);
      const { events } = await thread.log(2);
      const [first, second] = events.filter(isTerminal);
      const finished = events.filter(
        ({ seq, params }) =>
          seq > (first?.seq ?? 0) && seq < (second?.seq ?? 0) && params.data.event === 'message-finish',
      );
      same(finished.length, 2, 'messages that were finished before the terminal');
      same(
        events.filter(({ seq, method }) => seq > (second?.seq ?? 0) && method === 'messages').length,
        0,
        'messages events after it',
      );
    },
  },
  {
    id: 'human-in-the-loop/two-models-in-one-node',
    says: 'Two model calls at the same time in one node can be told apart.',
    rule: {
      text: 'Events after message-start have no message id: a message is known by namespace, node and run_id.',
      source: `${cddl('8. Messages Module')}; ${js('client/stream/messages.ts')}`,
    },
    limitMs: 30_000,
    check: async (scope) => {
      const { thread, questions } = await askedThread(scope);
      await thread.does('input.respond', { ...answer(question(questions, 'budget')), ...drafts(100) });
      await thread.ended(2, 12_000);
      const { events } = await thread.log(2);
      const texts = assembleMessages(events).map(({ blocks }) => [...blocks.values()].map(({ text }) => text).join(''));
      for (const words of DRAFTS)
        check(
          texts.some((text) => text.endsWith(words)),
          `no message ends with ${words}: ${show(texts)}`,
        );
    },
  },
  {
    id: 'human-in-the-loop/applied-after-an-answer',
    says: 'run.start after an answered question: applied_through_seq is not below the question.',
    rule: {
      text: 'A question above applied_through_seq that the state does not list is taken for a new one.',
      source: js('stream/controller.ts, interrupt barrier'),
    },
    check: async (scope) => {
      const { thread, release } = await releaseThread(scope);
      await thread.does('input.respond', answer(release));
      await thread.ended(3);
      await thread.start('approval', quickInput('approval'));
      check(
        (thread.applied ?? 0) >= release.event.seq,
        `applied_through_seq ${thread.applied}, question ${release.event.seq}`,
      );
    },
  },
  {
    id: 'human-in-the-loop/input-as-answer',
    says: 'run.start with an input on a waiting thread answers the question with it.',
    rule: { text: 'Run interrupted: resumes with the input as the resume value.', source: cddl('4a. Run Module') },
    check: async (scope) => {
      const { thread } = await releaseThread(scope);
      await thread.start('approval', 'by all means');
      same((await thread.ended(3)).params.data.event, 'completed', 'terminal');
      same(((await thread.state()).values.answers as Record<string, unknown>).release, 'by all means', 'the answer');
    },
  },
  {
    id: 'human-in-the-loop/answer-with-update',
    says: 'An answer takes changes to the state with it.',
    rule: {
      text: 'update: state update applied in the same superstep as the resume.',
      source: cddl('10, InputRespondOne.update'),
    },
    check: async (scope) => {
      const { thread, release } = await releaseThread(scope);
      await thread.does('input.respond', { ...answer(release), update: { messages: said('a note on the side') } });
      await thread.ended(3);
      check(
        JSON.stringify((await thread.state()).values.messages).includes('a note on the side'),
        'the update is not in the state',
      );
    },
  },
  {
    id: 'human-in-the-loop/answer-with-goto',
    says: 'An answer takes a jump to a node with it.',
    rule: { text: 'goto: directed jump applied in the same superstep as the resume.', source: cddl('10, Goto') },
    check: async (scope) => {
      const { thread, release } = await releaseThread(scope);
      await thread.does('input.respond', {
        ...answer(release),
        goto: { node: 'draft', input: { messages: said('jumped'), delayMs: 0 } },
      });
      await thread.ended(3);
      check(JSON.stringify((await thread.state()).values.messages).includes('jumped'), 'the node was not run');
    },
  },
  {
    id: 'human-in-the-loop/answered-is-announced',
    says: 'input.answered with the id comes directly after the running of the answering run.',
    rule: ANSWERED,
    check: async (scope) => {
      const { thread, release } = await releaseThread(scope);
      await thread.does('input.respond', answer(release));
      await thread.ended(3);
      const watched = (await thread.log(3)).events.filter(
        ({ method }) => method === 'lifecycle' || method.startsWith('input.'),
      );
      const next = watched[watched.indexOf(watched.filter(isRunning)[2] as (typeof watched)[0]) + 1];
      same(
        [next?.method, next?.params.namespace, next?.params.data.interrupt_ids],
        ['input.answered', [], [release.id]],
        'the event after running',
      );
    },
  },
  {
    id: 'human-in-the-loop/strict-refusal',
    says: 'strict_resume with an id that is not open ends in a failed with reason, interrupt_ids and pending_ids.',
    rule: STRICT,
    check: async (scope) => {
      const { thread, release } = await releaseThread(scope);
      await thread.does('input.respond', {
        namespace: [],
        interrupt_id: '0123456789abcdef0123456789abcdef',
        response: 'x',
        strict_resume: true,
      });
      const {
        params: { data },
      } = await thread.ended(3);
      same(
        [data.event, typeof data.reason, data.interrupt_ids, data.pending_ids],
        ['failed', 'string', ['0123456789abcdef0123456789abcdef'], [release.id]],
        'event, type of reason, ids',
      );
    },
  },
  {
    id: 'human-in-the-loop/strict-refusal-runs-nothing',
    says: 'A refused strict_resume runs nothing and leaves the question open.',
    rule: STRICT,
    check: async (scope) => {
      const { thread, release } = await releaseThread(scope);
      await thread.does('input.respond', {
        namespace: [],
        interrupt_id: '0123456789abcdef0123456789abcdef',
        response: 'x',
        strict_resume: true,
      });
      await thread.ended(3);
      const { events } = await thread.log(3);
      const second = events.filter(isTerminal)[1]?.seq ?? 0;
      same(events.filter(({ seq }) => seq > second).filter(of('tasks')).length, 0, 'tasks of the refused run');
      same(listedQuestions(await thread.state()), [release.id], 'open questions');
    },
  },
];
