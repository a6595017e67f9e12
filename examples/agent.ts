import type { BaseMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import {
  Annotation,
  END,
  MessagesAnnotation,
  START,
  StateGraph,
  type LangGraphRunnableConfig,
} from '@langchain/langgraph';
import { ToolNode, toolsCondition } from '@langchain/langgraph/prebuilt';
import { z } from 'zod';
import { lastHumanText, ScriptedModel, type ScriptedReply } from './scripted-model.js';

const State = Annotation.Root({
  ...MessagesAnnotation.spec,
  /** Milliseconds between two chunks of the model. */
  delayMs: Annotation<number | undefined>(),
});

const DEFAULT_DELAY_MS = 15;
const SKIES = ['sunny', 'cloudy', 'rainy', 'windy'];

const getWeather = tool(
  ({ city }: { city: string }, config: LangGraphRunnableConfig) => {
    config.writer?.({ name: 'progress', payload: { step: 'weather', city, percent: 50 } });
    const sky = SKIES[city.length % SKIES.length];
    config.writer?.({ name: 'progress', payload: { step: 'weather', city, percent: 100 } });
    return `${city}: ${sky}, ${10 + (city.length % 20)} degrees`;
  },
  { name: 'get_weather', description: 'The weather in a city.', schema: z.object({ city: z.string() }) },
);

const model = new ScriptedModel(replyTo);

function replyTo(messages: BaseMessage[]): ScriptedReply {
  const said = lastHumanText(messages);
  const last = messages.at(-1);
  if (last?.type === 'tool') return { text: `You said "${said}". Here is what I found: ${last.text}.` };
  const city = /\bin ([A-Z]\w+)/.exec(said)?.[1] ?? 'Lisbon';
  return { text: `Let me look at the weather in ${city}.`, toolCalls: [{ name: 'get_weather', args: { city } }] };
}

/** On every turn: streams text, calls a tool, streams the answer. */
export const graph = new StateGraph(State)
  .addNode('agent', async ({ messages, delayMs = DEFAULT_DELAY_MS }, config) => ({
    messages: [await model.invoke(messages, { ...config, delayMs })],
  }))
  .addNode('tools', new ToolNode([getWeather]))
  .addEdge(START, 'agent')
  .addConditionalEdges('agent', toolsCondition, ['tools', END])
  .addEdge('tools', 'agent')
  .compile();
