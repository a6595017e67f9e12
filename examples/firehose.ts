import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  Annotation,
  END,
  MessagesAnnotation,
  START,
  StateGraph,
  type LangGraphRunnableConfig,
} from '@langchain/langgraph';
import { ScriptedModel } from './scripted-model.js';

const State = Annotation.Root({
  ...MessagesAnnotation.spec,
  /** Chunks that the model streams. */
  tokens: Annotation<number | undefined>(),
  /** Milliseconds between two of them. */
  delayMs: Annotation<number | undefined>(),
  /** Custom events written after them. */
  custom: Annotation<number | undefined>(),
});

const DEFAULT_TOKENS = 20;
const PAYLOAD = 'x'.repeat(64);
const EVENTS_PER_TURN = 100;

async function pour(
  { messages, ...state }: typeof State.State,
  config: LangGraphRunnableConfig,
): Promise<Partial<typeof State.State>> {
  const { tokens = DEFAULT_TOKENS, delayMs = 0, custom = 0 } = state;
  const model = new ScriptedModel(() => ({ text: numberedTokens(tokens) }));
  const answer = tokens > 0 ? [await model.invoke(messages, { ...config, delayMs })] : [];
  for (let i = 0; i < custom; i += 1) {
    config.writer?.({ i, payload: PAYLOAD });
    if (i % EVENTS_PER_TURN !== EVENTS_PER_TURN - 1) continue;
    await nextTurn();
    config.signal?.throwIfAborted();
  }
  return { messages: answer };
}

function* numberedTokens(count: number): Generator<string> {
  for (let i = 0; i < count; i += 1) yield `tok${i} `;
}

/** For load: `tokens` chunks `tok<i> ` with `delayMs` between them, then `custom` custom events `{i, payload}`. */
export const graph = new StateGraph(State)
  .addNode('pour', pour)
  .addEdge(START, 'pour')
  .addEdge('pour', END)
  .compile();
