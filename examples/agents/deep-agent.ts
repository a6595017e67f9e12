import type { BaseMessage } from '@langchain/core/messages';
import { createDeepAgent } from 'deepagents';
import { tool } from 'langchain';
import { z } from 'zod';
import { lastHumanText, ScriptedModel, type ScriptedReply } from '../scripted-model.js';

const DELAY_MS = 15;

const search = tool(({ query }: { query: string }) => `Three sources speak of ${query}`, {
  name: 'search', description: 'Searches the library.', schema: z.object({ query: z.string() }),
});

const publish = tool(({ title }: { title: string }) => `Published "${title}"`, {
  name: 'publish', description: 'Publishes the report.', schema: z.object({ title: z.string() }),
});

/** What was said since a person last spoke. */
function turnOf(messages: BaseMessage[]): BaseMessage[] {
  return messages.slice(messages.findLastIndex((message) => message.type === 'human') + 1);
}

const researcher = new ScriptedModel((messages): ScriptedReply => {
  const found = turnOf(messages).find((message) => message.type === 'tool');
  if (found) return { text: `Findings: ${found.text}.` };
  return { text: 'I go to the library.', toolCalls: [{ name: 'search', args: { query: lastHumanText(messages) } }] };
}, DELAY_MS);

/** Asks the researcher, writes the report to a file, publishes it, and says what came of it: a step for each tool. */
const editor = new ScriptedModel((messages): ScriptedReply => {
  const subject = lastHumanText(messages);
  const results = turnOf(messages).filter((message) => message.type === 'tool');
  const report = `# ${subject}\n\n${results[0]?.text}\n`;
  const steps: ScriptedReply[] = [
    {
      text: 'I send the researcher.',
      toolCalls: [{ name: 'task', args: { description: subject, subagent_type: 'researcher' } }],
    },
    {
      text: 'I write the report.',
      toolCalls: [{ name: 'write_file', args: { file_path: '/report.md', content: report } }],
    },
    { text: 'The report is ready.', toolCalls: [{ name: 'publish', args: { title: subject } }] },
  ];
  return steps[results.length] ?? { text: `Finished: ${results.at(-1)?.text}.` };
}, DELAY_MS);

/** An editor of deepagents with a researcher beside it; it publishes nothing that nobody approved. */
export const graph = createDeepAgent({
  name: 'editor',
  model: editor,
  tools: [publish],
  subagents: [
    {
      name: 'researcher', description: 'Finds out things.', systemPrompt: 'You find out things.', model: researcher,
      tools: [search],
    },
  ],
  interruptOn: { publish: { allowedDecisions: ['approve', 'reject'] } },
});
