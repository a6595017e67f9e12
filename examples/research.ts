import { Annotation, END, MessagesAnnotation, Send, START, StateGraph } from '@langchain/langgraph';
import { lastHumanText, ScriptedModel } from './scripted-model.js';

const findings = Annotation<string[]>({ reducer: (known, found) => [...known, ...found], default: () => [] });
const delayMs = Annotation<number | undefined>();

const Topic = Annotation.Root({ topic: Annotation<string>(), claim: Annotation<string>(), findings, delayMs });
const Findings = Annotation.Root({ findings });
const Research = Annotation.Root({ ...MessagesAnnotation.spec, topics: Annotation<string[]>(), findings, delayMs });

const DEFAULT_DELAY_MS = 15;

/** A model with one thing to say about the newest human message. */
function speaker(say: (said: string) => string): ScriptedModel {
  return new ScriptedModel((messages) => ({ text: say(lastHumanText(messages)) }));
}

const planner = speaker((question) => `I will look at the history, the present and the future of ${question}.`);
const reader = speaker((topic) => `Much has been written about ${topic}.`);
const checker = speaker((claim) => `Two sources agree: ${claim}`);
const writer = speaker((notes) => `This is what we found. ${notes}`);

/** Level two: checks one claim. */
const check = new StateGraph({ stateSchema: Topic, output: Findings })
  .addNode('compare', async ({ claim, delayMs: delay = DEFAULT_DELAY_MS }, config) => {
    const verdict = await checker.invoke([{ role: 'user', content: claim }], { ...config, delayMs: delay });
    return { findings: [verdict.text] };
  })
  .addEdge(START, 'compare')
  .addEdge('compare', END)
  .compile();

/** Level one: reads about one topic, then has the claim checked. */
const investigate = new StateGraph({ stateSchema: Topic, output: Findings })
  .addNode('read', async ({ topic, delayMs: delay = DEFAULT_DELAY_MS }, config) => {
    const claim = await reader.invoke([{ role: 'user', content: topic }], { ...config, delayMs: delay });
    return { claim: claim.text };
  })
  .addNode('check', check)
  .addEdge(START, 'read')
  .addEdge('read', 'check')
  .addEdge('check', END)
  .compile();

/** Plans, sends one researcher to each topic at once, and sums up. */
export const graph = new StateGraph(Research)
  .addNode('plan', async ({ messages, delayMs: delay = DEFAULT_DELAY_MS }, config) => {
    const subject = lastHumanText(messages) || 'the matter';
    const plan = await planner.invoke(messages, { ...config, delayMs: delay });
    return { messages: [plan], topics: ['history', 'present', 'future'].map((part) => `the ${part} of ${subject}`) };
  })
  .addNode('investigate', investigate)
  .addNode('summarize', async ({ findings: found, topics, delayMs: delay = DEFAULT_DELAY_MS }, config) => {
    const notes = found.slice(-topics.length).join(' ');
    return { messages: [await writer.invoke([{ role: 'user', content: notes }], { ...config, delayMs: delay })] };
  })
  .addEdge(START, 'plan')
  .addConditionalEdges(
    'plan',
    ({ topics, delayMs: delay }) => topics.map((topic) => new Send('investigate', { topic, delayMs: delay })),
    ['investigate'],
  )
  .addEdge('investigate', 'summarize')
  .addEdge('summarize', END)
  .compile();
