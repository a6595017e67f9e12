import type { CaseScope, Lab } from './case-scope.js';
import { check } from './checks.js';
import { type ProtocolEvent, askedIds } from './protocol-event.js';
import type { SseFrame } from './event-stream.js';
import type { ThreadClient } from './thread-client.js';

export type GraphId = 'agent' | 'firehose' | 'research' | 'approval' | 'team';

/** A thread on which one run has ended, read from its beginning. Cases only read it. */
export interface SampleThread {
  readonly id: string;
  readonly runId: string;
  readonly applied: number | undefined;
  readonly events: readonly ProtocolEvent[];
  readonly frames: readonly SseFrame[];
}

export const said = (content: string): { role: string; content: string }[] => [{ role: 'user', content }];

/** Input with which the graph ends in a fraction of a second. */
export function quickInput(graph: GraphId): Record<string, unknown> {
  if (graph === 'firehose') return { messages: said('go'), tokens: 20, delayMs: 0, custom: 10 };
  return { messages: said(graph === 'agent' ? 'How is the weather in Oslo?' : 'whales'), delayMs: 0 };
}

/** Input with which `firehose` streams for about so many milliseconds. */
export const slowInput = (ms: number, word = 'go'): Record<string, unknown> => ({
  messages: said(word), tokens: Math.ceil(ms / 50), delayMs: 50, custom: 0,
});

/** Makes a thread and waits for the end of its run. */
export async function finishedThread(scope: CaseScope, graph: GraphId): Promise<SampleThread> {
  const thread = scope.thread();
  const runId = await thread.start(graph, quickInput(graph));
  const applied = thread.applied;
  const { events, frames } = await thread.log();
  return { id: thread.id, runId, applied, events, frames };
}

/** The sample thread of a graph, for all cases together; that of `approval` waits for two answers. */
export function sample(lab: Lab, graph: GraphId): Promise<SampleThread> {
  return lab.once(`sample ${graph}`, (scope) => finishedThread(scope, graph));
}

/** A thread with two ended runs of `agent`. */
export function twoRuns(lab: Lab): Promise<SampleThread> {
  return lab.once('two runs', async (scope) => {
    const thread = scope.thread();
    await thread.start('agent', quickInput('agent'));
    await thread.ended(1);
    const runId = await thread.start('agent', { messages: said('And in Lisbon?'), delayMs: 0 });
    const applied = thread.applied;
    const { events, frames } = await thread.log(2);
    return { id: thread.id, runId, applied, events, frames };
  });
}

/** A question that waits for its answer. */
export interface Question {
  readonly id: string;
  readonly namespace: string[];
  readonly role: string;
  readonly event: ProtocolEvent;
}

/** A new thread of `approval` that waits for the answers of budget and legal. */
export async function askedThread(scope: CaseScope): Promise<{ thread: ThreadClient; questions: Question[] }> {
  const thread = scope.thread();
  await thread.start('approval', quickInput('approval'));
  await thread.ended(1);
  const events = await thread.asked(2);
  const questions = events.map((event) => ({
    id: String(event.params.data.interrupt_id),
    namespace: event.params.namespace,
    role: String((event.params.data.payload as { role?: unknown } | undefined)?.role),
    event,
  }));
  check(new Set(askedIds(events)).size >= 2, 'approval asked fewer than two questions');
  return { thread, questions };
}

/** The answer to one question, as `input.respond` takes it. */
export const answer = ({ id, namespace }: Question, response: unknown = 'approve'): Record<string, unknown> => ({
  interrupt_id: id, namespace, response,
});

/** Interrupt ids that the state lists. */
export const listedQuestions = (state: { tasks?: Record<string, unknown>[] }): string[] =>
  (state.tasks ?? []).flatMap(({ interrupts }) => ((interrupts ?? []) as { id: string }[]).map(({ id }) => id)).sort();

export function question(questions: readonly Question[], role: string): Question {
  const found = questions.find((candidate) => candidate.role === role);
  check(found, `${role} was not asked`);
  return found;
}

/** A thread of `approval` that waits for its third answer, that of release; two runs have ended. */
export async function releaseThread(scope: CaseScope): Promise<{ thread: ThreadClient; release: Question }> {
  const { thread, questions } = await askedThread(scope);
  await thread.does('input.respond', { responses: questions.slice(0, 2).map((one) => answer(one)) });
  await thread.ended(2);
  const stream = await thread.stream({ channels: ['input'], since: 0 });
  const event = await stream.until(
    ({ params }) => (params.data.payload as { role?: string } | undefined)?.role === 'release',
    'the question of release',
  );
  stream.close();
  return {
    thread,
    release: { id: String(event.params.data.interrupt_id), namespace: event.params.namespace, role: 'release', event },
  };
}
