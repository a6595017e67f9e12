import type { LogRow } from '../../projections/log-row.js';
import { type ThreadEvent, threadFrame } from './thread-event.js';
import { ThreadProjector } from './thread-projector.js';

const CHILD = ['tools:t1'];
const INNER = ['tools:t1', 'model:m1'];

let seq = 1;
const row = (
  method: string,
  namespace: string[],
  data: Record<string, unknown>,
  node: string | null = null,
): LogRow => {
  seq += 1;
  return { seq, kind: 0, method, runId: 'r', namespace, node, at: 1_000 + seq, data };
};
const lifecycle = (namespace: string[], event: string, extra: Record<string, unknown> = {}): LogRow =>
  row('lifecycle', namespace, { event, ...extra });
const message = (namespace: string[], data: Record<string, unknown>): LogRow =>
  row('messages', namespace, { run_id: 'call', ...data }, 'model');
const tool = (namespace: string[], event: string, extra: Record<string, unknown> = {}): LogRow =>
  row('tools', namespace, { event, tool_call_id: 'c1', ...extra });
const cause = (id: string): Record<string, unknown> => ({ cause: { type: 'toolCall', tool_call_id: id } });
const text = (words: string): Record<string, unknown> => ({ type: 'text', text: words });

/** `thread type {payload}` for each row, null where it gives nothing. */
const play = (rows: LogRow[]): (ThreadEvent | null)[] => {
  const projector = new ThreadProjector('team');
  return rows.map((each) => projector.project(each));
};
const told = (rows: LogRow[]): unknown[] =>
  play(rows).map((event) => event && [event.threadId, event.type, event.payload]);

describe('ThreadProjector', () => {
  it('tells a thread from its start to its end, with a count of its own', () => {
    const events = play([
      lifecycle([], 'running'),
      lifecycle(CHILD, 'started', { graph_name: 'researcher', ...cause('c1') }),
      lifecycle(CHILD, 'completed'),
      lifecycle([], 'completed'),
    ]);
    expect(events.map((event) => [event?.threadId, event?.type, event?.sequence])).toEqual([
      ['team', 'started', 1], ['researcher', 'started', 1], ['researcher', 'completed', 2], ['team', 'completed', 2],
    ]);
    expect(events[1]?.payload).toEqual({
      agent_name: 'researcher',
      graph_name: 'researcher',
      parent: 'team',
      ...cause('c1'),
    });
  });

  it('gives threads of one name different ids, also when it is the name of the graph', () => {
    const start = (segment: string, name: string): LogRow =>
      lifecycle([segment], 'started', { graph_name: name, ...cause(segment) });
    expect(
      told([
        start('tools:a', 'writer'),
        start('tools:b', 'writer'),
        start('tools:c', 'writer'),
        start('tools:d', 'team'),
      ]),
    ).toEqual(['writer', 'writer-2', 'writer-3', 'team-2'].map((id) => [id, 'started', expect.anything()]));
  });

  it('begins a thread where a graph starts inside a tool call that nothing was said about', () => {
    expect(told([
      lifecycle(CHILD, 'started', { graph_name: 'tools' }),
      tool(CHILD, 'tool-started', { tool_name: 'task', input: { subagent_type: 'researcher' } }),
      lifecycle(INNER, 'started', { graph_name: 'model' }),
      message(INNER, { event: 'content-block-delta', index: 0, delta: { type: 'text-delta', text: 'Hm' } }),
      tool(CHILD, 'tool-finished'),
      lifecycle(CHILD, 'completed'),
    ])).toEqual([
      null,
      ['team', 'tool_running', { tool_name: 'task', tool_call_id: 'c1', input: { subagent_type: 'researcher' } }],
      ['researcher', 'started', { agent_name: 'researcher', graph_name: 'researcher', parent: 'team', ...cause('c1') }],
      ['researcher', 'output', { text: 'Hm' }],
      ['team', 'status', { status: 'tool_finished', tool_call_id: 'c1' }],
      ['researcher', 'completed', { result: null }],
    ]);
  });

  it('counts a subgraph that no tool call brought about as part of the thread around it', () => {
    expect(
      told([
        lifecycle(['legal:x'], 'started', { graph_name: 'legal' }),
        message(['legal:x', 'model:m'], {
          event: 'content-block-delta',
          index: 0,
          delta: { type: 'text-delta', text: 'Hm' },
        }),
        lifecycle(['legal:x'], 'completed'),
      ]),
    ).toEqual([null, ['team', 'output', { text: 'Hm' }], null]);
  });

  it('says that a turn is complete once a message calls no tool, and gives the last text as the result', () => {
    const say = (words: string, ...blocks: Record<string, unknown>[]): LogRow[] => [
      message(['a:1'], { event: 'message-start', id: 'm1', role: 'ai' }),
      message(['a:1'], { event: 'content-block-delta', index: 0, delta: { type: 'text-delta', text: words } }),
      ...[text(words), ...blocks].map((content, index) =>
        message(['a:1'], { event: 'content-block-finish', index, content }),
      ),
      message(['a:1'], { event: 'message-finish' }),
    ];
    const events = told([
      ...say('Let me see.', { type: 'tool_call', id: 'c1' }),
      ...say('Done.'),
      lifecycle([], 'completed'),
    ]);
    expect(events.filter((event) => event !== null)).toEqual([
      ['team', 'output', { text: 'Let me see.' }],
      ['team', 'output', { text: 'Done.' }],
      ['team', 'turn_complete', { text: 'Done.', message_id: 'm1' }],
      ['team', 'completed', { result: 'Done.' }],
    ]);
  });

  it('says a block whole whose deltas are not in the log', () => {
    expect(told([
      message(['a:1'], { event: 'message-start', role: 'ai' }),
      message(['a:1'], { event: 'content-block-finish', index: 0, content: text('All at once') }),
    ])).toEqual([null, ['team', 'output', { text: 'All at once' }]]);
  });

  it('keeps apart two messages that are said at once in one node', () => {
    const part = (call: string, data: Record<string, unknown>): LogRow =>
      message(['a:1'], { ...data, run_id: call });
    const start = (call: string): LogRow => part(call, { event: 'message-start', role: 'ai', id: call });
    const finish = (call: string): LogRow =>
      part(call, { event: 'content-block-finish', index: 0, content: text(call) });
    const end = (call: string): LogRow => part(call, { event: 'message-finish' });
    const events = told([start('x'), start('y'), finish('x'), finish('y'), end('y'), end('x')]);
    expect(events.slice(-2)).toEqual([
      ['team', 'turn_complete', { text: 'y', message_id: 'y' }],
      ['team', 'turn_complete', { text: 'x', message_id: 'x' }],
    ]);
  });

  it('does not take for output what people and tools say', () => {
    expect(told([
      message(['a:1'], { event: 'message-start', role: 'human' }),
      message(['a:1'], { event: 'content-block-finish', index: 0, content: text('Hello') }),
      message(['a:1'], { event: 'message-finish' }),
    ])).toEqual([null, null, null]);
  });

  it.each([
    [
      'reasoning',
      message(['a:1'], { event: 'content-block-start', index: 0, content: { type: 'reasoning' } }),
      'status',
      { status: 'thinking' },
    ],
    [
      'a question',
      row('input.requested', ['a:1'], { interrupt_id: 'i', payload: 'Why?', value: 'Why?' }),
      'blocked',
      { interrupt_id: 'i', payload: 'Why?' },
    ],
    [
      'a tool that begins',
      tool(['tools:1'], 'tool-started', { tool_name: 'get', input: { a: 1 } }),
      'tool_running',
      { tool_name: 'get', tool_call_id: 'c1', input: { a: 1 } },
    ],
    [
      'output of a tool',
      tool(['tools:1'], 'tool-output-delta', { delta: 'half' }),
      'output',
      { text: 'half', tool_call_id: 'c1' },
    ],
    [
      'a tool that ends',
      tool(['tools:1'], 'tool-finished', { output: 'x' }),
      'status',
      { status: 'tool_finished', tool_call_id: 'c1' },
    ],
    [
      'a tool that fails',
      tool(['tools:1'], 'tool-error', { message: 'no' }),
      'status',
      { status: 'tool_failed', tool_call_id: 'c1', summary: 'no' },
    ],
    [
      'progress',
      row('custom', [], { name: 'p', payload: { percent: 50, summary: 'half' } }),
      'status',
      { status: 'working', summary: 'half', progress: 0.5 },
    ],
    ['a failure', lifecycle([], 'failed', { error: 'broken' }), 'failed', { error: 'broken' }],
    ['a stop', lifecycle([], 'interrupted'), 'status', { status: 'interrupted' }],
  ])('tells %s', (_, given, type, payload) => {
    expect(told([given])).toEqual([['team', type, payload]]);
  });

  it('tells nothing of custom events that are not about progress, nor of what it does not know', () => {
    expect(
      told([
        row('custom', [], { name: 'x', payload: { i: 1 } }),
        row('custom', [], {}),
        row('tools', [], { event: 'new' }),
        message([], { event: 'new' }),
      ]),
    ).toEqual([null, null, null, null]);
  });

  it('tells a run that waits for an answer from one that was stopped', () => {
    expect(
      told([
        lifecycle([], 'running'),
        row('input.requested', [], { interrupt_id: 'i', payload: 1 }),
        lifecycle([], 'interrupted'),
      ]).at(-1),
    ).toEqual(['team', 'status', { status: 'blocked' }]);
    const started = lifecycle(CHILD, 'started', { graph_name: 'writer', ...cause('c1') });
    expect(told([started, lifecycle(CHILD, 'interrupted')]).at(-1)).toEqual([
      'writer',
      'status',
      { status: 'blocked' },
    ]);
  });

  it('keeps the names of a run that is started again after a crash', () => {
    const start = (): LogRow => lifecycle(CHILD, 'started', { graph_name: 'writer', ...cause('c1') });
    expect(
      told([
        lifecycle([], 'running'),
        start(),
        lifecycle(CHILD, 'failed', { error: 'lost' }),
        lifecycle([], 'running'),
        start(),
      ]),
    ).toEqual([
      ['team', 'started', expect.anything()],
      ['writer', 'started', expect.anything()],
      ['writer', 'failed', { error: 'lost' }],
      ['team', 'status', { status: 'rescheduling' }],
      ['writer', 'started', expect.anything()],
    ]);
  });

  it('writes frames with the envelope of the gateway, on lines that no client splits', () => {
    const [event] = play([row('custom', [], { status: 'so\u2028far', progress: 2 })]);
    const frame = threadFrame('r', event as ThreadEvent);
    expect(frame).not.toMatch(/\u2028/);
    const [, data, id] = frame.split('\n') as [string, string, string];
    expect([frame.startsWith('event: thread_status\n'), id, frame.endsWith('\n\n')]).toEqual([
      true,
      `id: ${event?.seq}`,
      true,
    ]);
    expect(JSON.parse(data.slice('data: '.length))).toEqual({
      executionId: 'exec-r', threadId: 'team', type: 'gateway_thread_status',
      data: {
        thread_id: 'team', event_type: 'status', data_json: JSON.stringify({ status: 'so\u2028far', progress: 1 }),
        timestamp_ms: event?.timestamp, sequence: 1, status: 'so\u2028far', progress: 1,
      },
      timestamp: new Date(event?.timestamp ?? 0).toISOString(),
    });
  });
});
