import type { AIMessage, BaseMessage, ToolCall, ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import {
  Annotation,
  END,
  MessagesAnnotation,
  Send,
  START,
  StateGraph,
  type LangGraphRunnableConfig,
} from '@langchain/langgraph';
import { z } from 'zod';
import { lastHumanText, ScriptedModel, type ScriptedReply } from './scripted-model.js';
import { nameSubagents } from './subagent-transformer.js';

const delayMs = Annotation<number | undefined>();
const State = Annotation.Root({ ...MessagesAnnotation.spec, delayMs });

/** What one call of a tool gets. */
interface ToolTask {
  tool_call: ToolCall;
  delayMs?: number;
}

const DEFAULT_DELAY_MS = 15;

/** A subagent: a graph of its own whose model says one thing. */
function subagent(name: string, say: (task: string) => string) {
  const model = new ScriptedModel((messages) => ({ text: say(lastHumanText(messages)) }));
  return new StateGraph(State)
    .addNode('model', async ({ messages, delayMs: delay = DEFAULT_DELAY_MS }, config) => ({
      messages: [await model.invoke(messages, { ...config, delayMs: delay })],
    }))
    .addEdge(START, 'model')
    .addEdge('model', END)
    .compile({ name });
}

const SUBAGENTS = {
  researcher: subagent('researcher', (task) => `I read everything about this: ${task}`),
  writer: subagent('writer', (task) => `I wrote three fine sentences about this: ${task}`),
};

type SubagentName = keyof typeof SUBAGENTS;

const task = tool(
  async (
    { description, subagent_type }: { description: string; subagent_type: SubagentName },
    config: LangGraphRunnableConfig,
  ) => {
    const input = {
      messages: [{ role: 'user', content: description }],
      delayMs: config.configurable?.delayMs as number | undefined,
    };
    const output = await SUBAGENTS[subagent_type].invoke(input, config);
    return output.messages.at(-1)?.text ?? '';
  },
  {
    name: 'task',
    description: 'Hands a task to a subagent and waits for its report.',
    schema: z.object({ description: z.string(), subagent_type: z.enum(['researcher', 'writer']) }),
  },
);

const supervisor = new ScriptedModel((messages): ScriptedReply => {
  const last = messages.at(-1);
  if (last?.type === 'tool') return { text: `The team is done. ${reports(messages).join(' ')}` };
  const wish = lastHumanText(messages);
  return {
    text: 'I will ask the researcher and the writer.',
    toolCalls: [
      { name: 'task', args: { description: `Research: ${wish}`, subagent_type: 'researcher' } },
      { name: 'task', args: { description: `Write: ${wish}`, subagent_type: 'writer' } },
    ],
  };
});

/** What the tools of this turn reported. */
function reports(messages: BaseMessage[]): string[] {
  const turn = messages.slice(messages.findLastIndex((message) => message.type === 'human'));
  return turn.filter((message) => message.type === 'tool').map((message) => message.text);
}

/** One tool task for each call, so that each subagent has a namespace of its own. */
function route({ messages, delayMs: delay }: typeof State.State): Send[] | typeof END {
  const calls = (messages.at(-1) as AIMessage).tool_calls ?? [];
  return calls.length === 0 ? END : calls.map((tool_call) => new Send('tools', { tool_call, delayMs: delay }));
}

/** A supervisor that calls two named subagents as tools, both at once, and sums up what they report. */
export const graph = new StateGraph(State)
  .addNode('supervisor', async ({ messages, delayMs: delay = DEFAULT_DELAY_MS }, config) => ({
    messages: [await supervisor.invoke(messages, { ...config, delayMs: delay })],
  }))
  .addNode('tools', async (input, config: LangGraphRunnableConfig) => {
    const { tool_call, delayMs: delay } = input as unknown as ToolTask;
    const name = (tool_call.args as { subagent_type: SubagentName }).subagent_type;
    // `lc_agent_name` is how LangGraph marks a named subagent; `delayMs` reaches it by the configuration.
    const metadata = { ...config.metadata, lc_agent_name: name };
    const configurable = { ...config.configurable, delayMs: delay };
    const report = (await task.invoke(
      { ...tool_call, type: 'tool_call' },
      { ...config, metadata, configurable },
    )) as ToolMessage;
    return { messages: [report] };
  })
  .addEdge(START, 'supervisor')
  .addConditionalEdges('supervisor', route, ['tools', END])
  .addEdge('tools', 'supervisor')
  .compile({ transformers: [nameSubagents] });
