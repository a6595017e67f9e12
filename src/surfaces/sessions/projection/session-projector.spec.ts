import { ROW_KIND } from '../../../storage/log/event-draft.js';
import { ProjectionState } from './projection-state.js';
import type { RunLookup } from './projection-context.js';
import type { ProjectedEvent } from './session-event.js';
import { SessionProjector } from './session-projector.js';
import type { LogRow } from '../../../projections/log-row.js';

const THREAD = '01a1fb7b-832e-704f-b931-c3f40a27774e';
const NOTHING: RunLookup = { messagesOf: () => [], answerOf: () => undefined, startedAt: () => 1_000 };

/** Rows get their seq by their place; the run is r1 unless given. */
type Row = [method: string, namespace: string[], data: Record<string, unknown>, more?: Partial<LogRow>];

function rowsOf(rows: Row[]): LogRow[] {
  return rows.map(([method, namespace, data, more], index) => ({
    seq: index + 2, kind: ROW_KIND.protocol, method, namespace, node: 'model', at: 1_000 + index, runId: 'r1', data, ...more,
  }));
}

function project(rows: Row[], lookup: RunLookup = NOTHING): ProjectedEvent[] {
  const projector = new SessionProjector(new ProjectionState(THREAD, 'desk', 0), lookup);
  return rowsOf(rows).flatMap((row) => [...projector.project(row).events]);
}

/** What JSON says, of any shape. */
type Parsed = ReturnType<typeof JSON.parse>;

const types = (events: readonly ProjectedEvent[]): string[] => events.map(({ event }) => event.type);
const find = (events: readonly ProjectedEvent[], type: string): Parsed[] =>
  events.filter(({ event }) => event.type === type).map(({ event }) => event);

const running = (runId = 'r1'): Row => ['lifecycle', [], { event: 'running' }, { runId }];
const end = (event: string, more: object = {}, runId = 'r1'): Row => ['lifecycle', [], { event, ...more }, { runId }];
const message = (namespace: string[], ...events: Record<string, unknown>[]): Row[] =>
  [{ event: 'message-start', role: 'ai' }, ...events, { event: 'message-finish' }].map((data): Row => [
    'messages',
    namespace,
    { ...data, run_id: 'm' },
  ]);
const text = (index: number, words: string) => ({
  event: 'content-block-finish',
  index,
  content: { type: 'text', text: words },
});
const toolCall = (id: string, name: string, args: object) => ({
  event: 'content-block-finish',
  index: 9,
  content: { type: 'tool_call', id, name, args },
});
const asks = (id: string, payload: unknown, namespace: string[] = []): Row => [
  'input.requested',
  namespace,
  { interrupt_id: id, payload },
];

it('gives the same events under the same ids, however often the rows are read, and no id twice', () => {
  const rows = [running(), ...message(['a:1'], text(0, 'Hi')), end('completed')];
  expect(project(rows)).toEqual(project(rows));
  const ids = project(rows).map(({ event }) => event.id);
  expect(new Set(ids).size).toBe(ids.length);
});

it('tells of a thought without its words, and of what the model cost', () => {
  const usage = { input_tokens: 5, output_tokens: 7, input_token_details: { cache_read: 2, cache_creation: 1 } };
  const thought = { event: 'content-block-finish', index: 0, content: { type: 'reasoning', reasoning: 'secret' } };
  const rows = message([], thought, text(1, 'Hi'), text(2, ' you'));
  const last = rows.pop() as Row;
  const events = project([running(), ...rows, [last[0], last[1], { ...last[2], usage }]]);
  expect(types(events).slice(2)).toEqual([
    'span.model_request_start',
    'agent.thinking',
    'agent.message',
    'span.model_request_end',
  ]);
  expect(JSON.stringify(events)).not.toContain('secret');
  expect(find(events, 'agent.message')[0].content).toEqual([
    { type: 'text', text: 'Hi' },
    { type: 'text', text: ' you' },
  ]);
  expect(find(events, 'span.model_request_end')[0].model_usage).toEqual({
    input_tokens: 5, output_tokens: 7, cache_creation_input_tokens: 1, cache_read_input_tokens: 2,
  });
});

it('says nothing for a message without text, or by somebody else than a model', () => {
  const events = project([
    running(),
    ...message([], text(0, '')),
    ['messages', [], { event: 'message-start', role: 'human' }],
  ]);
  expect(types(events).slice(2)).toEqual(['span.model_request_start', 'span.model_request_end']);
});

it('ends the span of a message that broke off as an error, and gives no part of it', () => {
  const [start] = message([]) as [Row];
  const events = project([running(), start, ['messages', [], { event: 'error', message: 'lost', run_id: 'm' }]]);
  expect(find(events, 'span.model_request_end')).toMatchObject([{ is_error: true }]);
  expect(find(events, 'agent.message')).toEqual([]);
});

it('makes the call of a tool once, whoever tells of it first, and its failure a result', () => {
  const started: Row = [
    'tools',
    ['t:1'],
    { event: 'tool-started', tool_call_id: 'c1', tool_name: 'look', input: { at: 1 } },
  ];
  const failed: Row = ['tools', ['t:1'], { event: 'tool-error', tool_call_id: 'c1', message: 'dark' }];
  for (const rows of [[...message([], toolCall('c1', 'look', { at: 1 })), started], [started, started]]) {
    const events = project([running(), ...rows, failed, failed, end('completed')]);
    const [use] = find(events, 'agent.tool_use');
    expect(find(events, 'agent.tool_use')).toHaveLength(1);
    expect(use).toMatchObject({ name: 'look', input: { at: 1 }, evaluated_permission: 'allow' });
    expect(find(events, 'agent.tool_result')).toMatchObject([
      { tool_use_id: use.id, is_error: true, content: [{ type: 'text', text: 'dark' }] },
    ]);
  }
});

it('keeps a tool open that asks a question, and gives one result once it is answered', () => {
  const started: Row = ['tools', ['t:1'], { event: 'tool-started', tool_call_id: 'c1', tool_name: 'look', input: {} }];
  const events = project([
    running(),
    started,
    asks('i1', 'where?', ['t:1']),
    ['tools', ['t:1'], { event: 'tool-error', tool_call_id: 'c1', message: 'closed' }],
    end('interrupted'),
    running('r2'),
    ['input.answered', [], { interrupt_ids: ['i1'] }, { runId: 'r2' }],
    started,
    ['tools', ['t:1'], { event: 'tool-finished', tool_call_id: 'c1', output: { content: 'here', status: 'success' } }],
    end('completed', {}, 'r2'),
  ]);
  expect(find(events, 'agent.tool_use')).toHaveLength(1);
  expect(find(events, 'agent.tool_result')).toMatchObject([
    { is_error: false, content: [{ type: 'text', text: 'here' }] },
  ]);
  expect(find(events, 'agent.custom_tool_use')).toMatchObject([{ name: 'request_input', input: { value: 'where?' } }]);
});

it('asks a question once, though later runs announce it again, and anew when it is asked again after an answer', () => {
  const answered: Row = ['input.answered', [], { interrupt_ids: ['i1'] }, { runId: 'r2' }];
  const events = project([
    running(), asks('i1', { q: 1 }), asks('i2', { q: 2 }), end('interrupted'),
    running('r2'), answered, asks('i2', { q: 2 }), asks('i1', { q: 3 }), end('interrupted', {}, 'r2'),
  ]);
  const asked = find(events, 'agent.custom_tool_use');
  expect(asked.map(({ input }) => input.q)).toEqual([1, 2, 3]);
  expect(find(events, 'session.status_idle').at(-1).stop_reason.event_ids.sort()).toEqual(
    [asked[1].id, asked[2].id].sort(),
  );
});

it('does not ask again what a waiting run is to answer, though the run before it comes to the same question', () => {
  const asked: Row[] = [running(), asks('i1', { q: 1 }), asks('i2', { q: 2 }), end('interrupted')];
  const [first, second] = find(project(asked), 'agent.custom_tool_use');
  const answer = (id: string, runId: string): Row => [
    'user.custom_tool_result',
    [],
    { custom_tool_use_id: id },
    { kind: ROW_KIND.session, runId },
  ];
  const answered = (id: string, runId: string): Row => ['input.answered', [], { interrupt_ids: [id] }, { runId }];
  const answers: Row[] = [
    ...asked,
    answer(first.id, 'r2'),
    answer(second.id, 'r3'),
    running('r2'),
    answered('i1', 'r2'),
    asks('i2', { q: 2 }),
    end('interrupted', {}, 'r2'),
  ];
  const events = project([...answers, running('r3'), answered('i2', 'r3'), end('completed', {}, 'r3')]);
  expect(find(events, 'agent.custom_tool_use')).toHaveLength(2);
  expect(find(events, 'session.status_idle').map(({ stop_reason: reason }) => reason.type)).toEqual([
    'requires_action',
    'end_turn',
  ]);
  expect(find(events, 'session.status_running')).toHaveLength(2);

  // The waiting run was cancelled: its question is open again, and asked anew.
  const cancelled = project([...answers, running('r3'), asks('i2', { q: 2 }), end('interrupted', {}, 'r3')]);
  const again = find(cancelled, 'agent.custom_tool_use')[2];
  expect(find(cancelled, 'session.status_idle').at(-1).stop_reason).toEqual({
    type: 'requires_action',
    event_ids: [again.id],
  });
});

it('forgets a question that new input made void', () => {
  const events = project([
    running(),
    asks('i1', 'old'),
    end('interrupted'),
    running('r2'),
    asks('i2', 'new'),
    end('interrupted', {}, 'r2'),
  ]);
  const [, fresh] = find(events, 'agent.custom_tool_use');
  expect(find(events, 'session.status_idle').at(-1).stop_reason).toEqual({
    type: 'requires_action',
    event_ids: [fresh.id],
  });
});

it('tells that a turn was taken up again after its process was lost', () => {
  const events = project([running(), running(), end('completed')]);
  expect(types(events)).toEqual([
    'session.status_running',
    'session.thread_status_running',
    'session.error',
    'session.status_rescheduled',
    'session.thread_status_rescheduled',
    'session.status_running',
    'session.thread_status_running',
    'session.thread_status_idle',
    'session.status_idle',
  ]);
  expect(find(events, 'session.error')[0].error).toMatchObject({
    type: 'unknown_error',
    retry_status: { type: 'retrying' },
  });
});

it('says that the session rests when a turn was cancelled before it began', () => {
  expect(types(project([end('interrupted')]))).toEqual(['session.thread_status_idle', 'session.status_idle']);
});

it('gives nothing for a run that only refused an answer', () => {
  expect(project([end('failed', { reason: 'unknown_interrupt', error: 'no' })])).toEqual([]);
});

it('makes a thread of a graph that runs inside a tool, though nothing says which call it works for', () => {
  const events = project([
    running(),
    ...message(['agent:1'], toolCall('c1', 'research', { input: 'cats' })),
    ['lifecycle', ['tools:1'], { event: 'started', graph_name: 'tools' }],
    [
      'tools',
      ['tools:1'],
      { event: 'tool-started', tool_call_id: 'c1', tool_name: 'research', input: { input: 'cats' } },
    ],
    ['lifecycle', ['tools:1', 'model:2'], { event: 'started', graph_name: 'model' }],
    ...message(['tools:1', 'model:2'], text(0, 'I know')),
    ['lifecycle', ['tools:1', 'model:2'], { event: 'completed', graph_name: 'model' }],
    ['tools', ['tools:1'], { event: 'tool-finished', tool_call_id: 'c1', output: 'They purr' }],
    ['lifecycle', ['tools:1'], { event: 'completed', graph_name: 'tools' }],
    end('completed'),
  ]);
  const [created] = find(events, 'session.thread_created');
  expect(created).toMatchObject({ agent_name: 'research' });
  const inside = events.filter(({ thread }) => thread === created.session_thread_id);
  expect(types(inside)).toEqual([
    'agent.thread_message_received', 'session.thread_status_running', 'span.model_request_start', 'agent.message',
    'span.model_request_end', 'agent.thread_message_sent', 'session.thread_status_idle',
  ]);
  expect(find(events, 'agent.thread_message_received').at(-1)).toMatchObject({
    content: [{ type: 'text', text: 'They purr' }],
  });
});

it('ends the thread of a subagent that failed', () => {
  const events = project([
    running(),
    [
      'lifecycle',
      ['tools:1'],
      { event: 'started', graph_name: 'writer', cause: { type: 'toolCall', tool_call_id: 'c1' } },
    ],
    ['lifecycle', ['tools:1'], { event: 'failed', graph_name: 'writer', error: 'no ink' }],
    end('failed', { error: 'no ink' }),
  ]);
  expect(find(events, 'session.thread_status_terminated')).toMatchObject([{ agent_name: 'writer' }]);
  const report = events.find(
    ({ event }) => event.type === 'agent.thread_message_received' && event.from_agent_name === 'writer',
  );
  expect(report).toMatchObject({
    isPrimary: true,
    event: { content: [{ text: 'no ink' }] },
    extra: { is_error: true },
  });
});

it('counts the ids of what it looked up apart, so that they move no other', () => {
  const told = project([running(), end('completed')], {
    ...NOTHING,
    messagesOf: () => [{ type: 'user.message', content: [] }],
  });
  const untold = project([running(), end('completed')]);
  expect(types(told)).toEqual(['user.message', ...types(untold)]);
  expect(told.slice(1)).toEqual(untold);
});
