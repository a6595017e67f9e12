import { check, same, show } from '../checks.js';
import { assembleMessages, type StreamedMessage } from '../message-parts.js';
import type { ConformanceCase, Rule } from '../conformance-case.js';
import { type ProtocolEvent, of } from '../protocol-event.js';
import { type GraphId, sample } from '../sample-threads.js';
import { cddl, js, js15, python } from '../sources.js';
import { parse } from '../thread-client.js';

type Data = ProtocolEvent['params']['data'];

const MESSAGES: Rule = {
  text: 'A message is message-start, blocks of start, deltas and finish, and message-finish (or error).',
  source: cddl('8. Messages Module'),
};
const DELTAS: Rule = {
  text: 'A delta is text-delta, reasoning-delta, data-delta or block-delta; tool arguments use block-delta, which replaces fields. 1.12 throws on any other.',
  source: `${cddl('2. Content Block Types')}; ${js('client/stream/messages.ts')}`,
};
const TOOLS: Rule = {
  text: 'tool-started {tool_call_id, tool_name}, then tool-finished {output} or tool-error {message} of the same tool_call_id.',
  source: cddl('9. Tools Module'),
};
const STATE: Rule = {
  text: 'values is the full state after each step; messages in it are what the client can coerce ({type, content}).',
  source: `${cddl('12. Passthrough Channels')}; ${js('stream/root-message-projection.ts')}`,
};
const CUSTOM: Rule = {
  text: 'custom is {name?, payload}; a value of the writer without a name is the payload.',
  source: `${cddl('12, CustomData')}; @langchain/langgraph 1.4.18, convertToProtocolEvent`,
};

/** Judges each event of a channel on its own; there must be some. */
const each = (
  name: string,
  says: string,
  rule: Rule,
  graph: GraphId,
  method: string,
  wrong: (data: Data, event: ProtocolEvent) => boolean,
): ConformanceCase => ({
  id: `framing/payload-${name}`,
  says,
  rule,
  check: async ({ lab }) => {
    const events = (await sample(lab, graph)).events.filter(of(method));
    check(events.length > 0, `${graph} has no ${method} event`);
    const bad = events.find((event) => wrong(event.params.data, event));
    check(!bad, show(bad));
  },
});

const assembled = (
  name: string,
  says: string,
  rule: Rule,
  graph: GraphId,
  look: (messages: StreamedMessage[], events: readonly ProtocolEvent[]) => void,
): ConformanceCase => ({
  id: `framing/payload-${name}`,
  says,
  rule,
  check: async ({ lab }) => {
    const { events } = await sample(lab, graph);
    const messages = assembleMessages(events);
    check(messages.length > 0, `${graph} streamed no message`);
    look(messages, events);
  },
});

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isIndex = (value: unknown): boolean => Number.isSafeInteger(value);
const DELTA_TYPES = ['text-delta', 'reasoning-delta', 'data-delta', 'block-delta'];
const MESSAGE_EVENTS = [
  'message-start',
  'content-block-start',
  'content-block-delta',
  'content-block-finish',
  'message-finish',
  'error',
];

const blocks = (messages: StreamedMessage[]) => messages.flatMap((message) => [...message.blocks.values()]);

/** The tool calls that the streamed messages of `agent` make. */
const toolCalls = (messages: StreamedMessage[]): Record<string, unknown>[] =>
  blocks(messages).flatMap(({ finish }) => (finish?.type === 'tool_call' ? [finish] : []));

export const PAYLOADS: readonly ConformanceCase[] = [
  each(
    'messages-event',
    'Every messages event is one of the six of the protocol.',
    MESSAGES,
    'agent',
    'messages',
    ({ event }) => !MESSAGE_EVENTS.includes(event ?? ''),
  ),
  each(
    'message-start',
    'message-start has the id and the role of the message.',
    MESSAGES,
    'agent',
    'messages',
    (data) => data.event === 'message-start' && !(isText(data.id) && isText(data.role)),
  ),
  each(
    'block-index',
    'Each event of a block has its index.',
    MESSAGES,
    'agent',
    'messages',
    (data) => /^content-block/.test(data.event ?? '') && !isIndex(data.index),
  ),
  each(
    'block-content',
    'The start and the finish of a block have its content, with a type.',
    MESSAGES,
    'agent',
    'messages',
    (data) =>
      /^content-block-(start|finish)$/.test(data.event ?? '') && !isText((data.content as Data | undefined)?.type),
  ),
  each(
    'block-finished-type',
    'A finished block is no chunk any more.',
    {
      text: 'content-block-finish upgrades chunks: ToolCallChunk to ToolCall.',
      source: cddl('2, FinalizedContentBlock'),
    },
    'agent',
    'messages',
    (data) => data.event === 'content-block-finish' && String((data.content as Data).type).endsWith('_chunk'),
  ),
  each(
    'delta-types',
    'Every delta is of one of the four types, also while a tool call is streamed.',
    DELTAS,
    'agent',
    'messages',
    (data) =>
      data.event === 'content-block-delta' && !DELTA_TYPES.includes(String((data.delta as Data | undefined)?.type)),
  ),
  assembled('messages-end', 'Every message that starts is finished.', MESSAGES, 'research', (messages) => {
    const open = messages.find(({ end }) => end === null);
    check(!open, `${show(open?.id)} has no end`);
  }),
  assembled('blocks-end', 'Every block that starts is finished before its message.', MESSAGES, 'agent', (messages) => {
    const open = messages.find(
      (message) =>
        message.end === 'message-finish' && [...message.blocks.values()].some(({ finish }) => finish === null),
    );
    check(!open, `${show(open?.id)} has an unfinished block`);
  }),
  assembled(
    'text-adds-up',
    'The deltas of a text block add up to its finished text.',
    MESSAGES,
    'agent',
    (messages) => {
      const texts = blocks(messages).filter(({ finish }) => finish?.type === 'text');
      check(texts.length > 0, 'no text block');
      for (const { text, finish } of texts) same(text, finish?.text, 'text');
    },
  ),
  assembled(
    'streams-in-pieces',
    'A message of several words is streamed in several deltas.',
    {
      text: 'AI-authored messages may stream incrementally; the graph streams word by word and this is what the channel is for.',
      source: cddl('8. Messages Module'),
    },
    'firehose',
    (_messages, events) => {
      const deltas = events.filter(({ params }) => params.data.event === 'content-block-delta');
      check(deltas.length > 5, `${deltas.length} deltas for 20 words`);
    },
  ),
  assembled(
    'message-is-in-values',
    'A streamed message is in the values under the same id.',
    STATE,
    'firehose',
    (messages, events) => {
      const last = events.filter((event) => event.method === 'values' && event.params.namespace.length === 0).at(-1);
      const ids = ((last?.params.data.messages ?? []) as { id?: string }[]).map(({ id }) => id);
      for (const { id } of messages) check(ids.includes(id), `${id} is not among ${show(ids)}`);
    },
  ),
  assembled(
    'tool-call',
    'A streamed tool call ends with id, name and parsed arguments.',
    MESSAGES,
    'agent',
    (messages) => {
      const [call] = toolCalls(messages);
      check(call && isText(call.id), show(call));
      same([call.name, call.args], ['get_weather', { city: 'Oslo' }], 'name and args');
    },
  ),
  assembled(
    'tool-arguments-accumulate',
    'The arguments in a block-delta are all so far: the last one is the whole JSON.',
    DELTAS,
    'agent',
    (messages) => {
      const streamed = blocks(messages).filter(({ finish }) => finish?.type === 'tool_call');
      check(streamed.length > 0, 'no tool call was streamed');
      for (const { fields, finish } of streamed)
        same(parse(String(fields.args)), finish?.args, 'args of the last block-delta');
    },
  ),
  each(
    'tool-started',
    'tool-started has tool_call_id and tool_name.',
    TOOLS,
    'agent',
    'tools',
    (data) => data.event === 'tool-started' && !(isText(data.tool_call_id) && isText(data.tool_name)),
  ),
  {
    id: 'framing/payload-tool-pairs',
    says: 'Each tool call starts once and finishes once, after the message that made it.',
    rule: TOOLS,
    check: async ({ lab }) => {
      const { events } = await sample(lab, 'agent');
      const [call] = toolCalls(assembleMessages(events));
      const words = events
        .filter((event) => event.method === 'tools' && event.params.data.tool_call_id === call?.id)
        .map(({ params }) => params.data.event);
      same([words[0], words.at(-1)], ['tool-started', 'tool-finished'], 'first and last event of the call');
      const output = events.find(({ params }) => params.data.event === 'tool-finished')?.params.data.output;
      check(JSON.stringify(output ?? null).includes('Oslo'), `output ${show(output)}`);
    },
  },
  each(
    'updates',
    'updates has the node and its values.',
    { text: 'UpdatesData is {node?, values}.', source: cddl('12, UpdatesData') },
    'agent',
    'updates',
    (data) => typeof data.values !== 'object' || data.values === null,
  ),
  each(
    'updates-node',
    'updates says which node returned them.',
    { text: 'UpdatesData.node: graph node that produced this update.', source: cddl('12, UpdatesData') },
    'agent',
    'updates',
    (data) => !['agent', 'tools'].includes(String(data.node)),
  ),
  each(
    'values',
    'values has the messages of the state as flat objects.',
    STATE,
    'agent',
    'values',
    (data) =>
      !Array.isArray(data.messages) ||
      (data.messages as Data[]).some((one) => !isText(one.type) || !('content' in one)),
  ),
  {
    id: 'framing/payload-last-values',
    says: 'The last values of the root is the state that GET /state has.',
    rule: STATE,
    check: async (scope) => {
      const { id, events } = await sample(scope.lab, 'agent');
      const last = events.filter((event) => event.method === 'values' && event.params.namespace.length === 0).at(-1);
      const ids = (values: Record<string, unknown> | undefined): unknown[] =>
        ((values?.messages ?? []) as { id: string }[]).map((one) => one.id);
      const { values } = await scope.thread(id).state();
      check(ids(values).length >= 4, `the state has ${ids(values).length} messages`);
      same(ids(last?.params.data), ids(values), 'ids of the messages');
    },
  },
  each(
    'checkpoints',
    'checkpoints has id, step and source.',
    { text: 'Checkpoint is {id, parent_id?, step, source}.', source: cddl('12, Checkpoint') },
    'agent',
    'checkpoints',
    (data) =>
      !(
        isText(data.id) &&
        Number.isSafeInteger(data.step) &&
        ['input', 'loop', 'update', 'fork'].includes(String(data.source))
      ),
  ),
  {
    id: 'framing/payload-checkpoint-before-values',
    says: 'A checkpoint comes directly before the values of its step.',
    rule: {
      text: 'A checkpoints event is emitted on the same superstep as its values; the client pairs them by place.',
      source: `${cddl('12, checkpoints')}; ${js('stream/message-metadata-tracker.ts')}`,
    },
    check: async ({ lab }) => {
      const events = (await sample(lab, 'agent')).events.filter(
        ({ method, params }) => params.namespace.length === 0 && (method === 'checkpoints' || method === 'values'),
      );
      check(events.some(of('checkpoints')), 'agent has no checkpoints event');
      const lonely = events.find(
        (event, index) => event.method === 'checkpoints' && events[index + 1]?.method !== 'values',
      );
      check(!lonely, `${show(lonely)} has no values after it`);
    },
  },
  {
    id: 'framing/payload-tasks',
    says: 'Each task is told when it starts and when it has its result.',
    rule: {
      text: 'Pregel task creation or result events; clients tell them apart by result.',
      source: `${cddl('12, TasksEvent')}; ${python('stream/decoders.py')}`,
    },
    check: async ({ lab }) => {
      const tasks = (await sample(lab, 'agent')).events.filter(of('tasks')).map(({ params }) => params.data);
      const results = new Set(tasks.filter((data) => 'result' in data).map(({ id }) => id));
      const started = tasks.filter((data) => !('result' in data));
      check(started.length >= 3 && started.every(({ id, name }) => isText(id) && isText(name)), show(started[0]));
      for (const { id, name } of started) check(results.has(id), `task ${show(name)} has no result`);
    },
  },
  each(
    'custom-payload',
    'A custom value without a name is the payload.',
    CUSTOM,
    'firehose',
    'custom',
    (data) => typeof (data.payload as Data | undefined)?.i !== 'number',
  ),
  each(
    'custom-named',
    'A custom value with a name keeps it, beside its payload.',
    CUSTOM,
    'agent',
    'custom',
    (data) => data.name !== 'progress' || (data.payload as Data | undefined)?.city !== 'Oslo',
  ),
  {
    id: 'framing/payload-custom-complete',
    says: 'Every custom value of a run is there, in the order in which it was written.',
    rule: CUSTOM,
    check: async ({ lab }) => {
      const custom = (await sample(lab, 'firehose')).events
        .filter(of('custom'))
        .map(({ params }) => (params.data.payload as { i?: number } | undefined)?.i);
      same(custom, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 'payloads');
    },
  },
  each(
    'root-graph-name',
    'The lifecycle of the root names the graph as a string, where it names one.',
    { text: 'LifecycleData is {event, graph_name?, cause?, error?}.', source: cddl('7, LifecycleData') },
    'agent',
    'lifecycle',
    (data) => data.graph_name !== undefined && typeof data.graph_name !== 'string',
  ),
  each(
    'lifecycle-event',
    'Every lifecycle event is one of the statuses of the protocol.',
    { text: 'AgentStatus is started, running, completed, failed or interrupted.', source: cddl('7, AgentStatus') },
    'team',
    'lifecycle',
    ({ event }) => !['started', 'running', 'completed', 'failed', 'interrupted'].includes(event ?? ''),
  ),
  each(
    'input-requested',
    'input.requested has interrupt_id and payload.',
    { text: 'InputRequestedData is {interrupt_id, payload}.', source: cddl('10, InputRequestedData') },
    'approval',
    'input.requested',
    (data) => !(isText(data.interrupt_id) && 'payload' in data),
  ),
  each(
    'input-value',
    'input.requested also has the payload as value.',
    {
      text: 'The Python client reads the question from value.',
      source: `${python('_async/stream.py')}; ${js15('reads payload')}`,
    },
    'approval',
    'input.requested',
    (data) => JSON.stringify(data.value) !== JSON.stringify(data.payload),
  ),
];
