import { Annotation, END, interrupt, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph';
import { lastHumanText, ScriptedModel } from './scripted-model.js';

const answers = Annotation<Record<string, unknown>>({
  reducer: (known, given) => ({ ...known, ...given }),
  default: () => ({}),
});

const State = Annotation.Root({ ...MessagesAnnotation.spec, answers, delayMs: Annotation<number | undefined>() });
const Review = Annotation.Root({ answers });

const DEFAULT_DELAY_MS = 15;

const drafter = new ScriptedModel((messages) => ({
  text: `Here is a draft of the announcement: ${lastHumanText(messages)}`,
}));
const closer = new ScriptedModel((messages) => ({ text: `Thank you. The answers were ${lastHumanText(messages)}.` }));

/** Asks one person and records the answer under `role`. */
function ask(role: string, question: string): { answers: Record<string, unknown> } {
  return { answers: { [role]: interrupt({ role, question, options: ['approve', 'reject'] }) as unknown } };
}

const legal = new StateGraph(Review)
  .addNode('review', () => ask('legal', 'Is the text lawful?'))
  .addEdge(START, 'review')
  .addEdge('review', END)
  .compile();

/** Drafts, asks for budget and for legal review at the same time, then for the release, and closes. */
export const graph = new StateGraph(State)
  .addNode('draft', async ({ messages, delayMs = DEFAULT_DELAY_MS }, config) => ({
    messages: [await drafter.invoke(messages, { ...config, delayMs })],
  }))
  .addNode('budget', () => ask('budget', 'Is there money for it?'))
  .addNode('legal', legal)
  .addNode('release', () => ask('release', 'May it go out now?'))
  .addNode('close', async (state, config) => {
    const given = [{ role: 'user', content: JSON.stringify(state.answers) }];
    return { messages: [await closer.invoke(given, { ...config, delayMs: state.delayMs ?? DEFAULT_DELAY_MS })] };
  })
  .addEdge(START, 'draft')
  .addEdge('draft', 'budget')
  .addEdge('draft', 'legal')
  .addEdge(['budget', 'legal'], 'release')
  .addEdge('release', 'close')
  .addEdge('close', END)
  .compile();
