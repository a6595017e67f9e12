import { gate } from './support/gate.js';
import { TestServer } from './support/running-server.js';
import { post } from './support/run-commands.js';
import { call, DESK, TestSession, userMessage } from './support/session-requests.js';
import type { Parsed, SessionStream } from './support/session-stream.js';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start(DESK);
});
afterAll(() => server.close());

const text = (event: Parsed): string => event.content.map((block: Parsed) => block.text).join('');
const said = (events: Parsed[]): string[] => events.filter(({ type }) => type === 'agent.message').map(text);
const ofType = (events: Parsed[], type: string): Parsed[] => events.filter((event) => event.type === type);
const idle = (stream: SessionStream, count = 1): Promise<SessionStream> =>
  stream.untilType('session.status_idle', count);
const result = (id: string, answer: string, more: object = {}) => ({
  type: 'user.custom_tool_result', custom_tool_use_id: id, content: [{ type: 'text', text: answer }], ...more,
});

describe('answers', () => {
  it.each([
    ['a text', result('ID', 'window'), '"window"'],
    ['JSON', result('ID', '{"row":3}'), '{"row":3}'],
    ['an error', result('ID', 'none left', { is_error: true }), '{"error":"none left"}'],
    [
      'a tool result',
      { type: 'user.tool_result', tool_use_id: 'ID', content: [{ type: 'text', text: 'aisle' }] },
      '"aisle"',
    ],
  ])('resume an interrupt() with %s', async (_, answer, received) => {
    const session = await TestSession.create(server.url, 'desk', 'ask');
    const [asked] = ofType(await session.story(), 'agent.custom_tool_use');
    expect(asked).toMatchObject({ name: 'pick_seat', input: { name: 'pick_seat', about: 'ask' } });
    const sent = JSON.parse(JSON.stringify(answer).replace('ID', asked.id)) as object;
    const [echo] = await session.send(sent);
    const events = await session.story();
    expect(events.find(({ id }) => id === echo.id)).toMatchObject(sent);
    expect(ofType(events, 'session.status_idle').map(({ stop_reason: reason }) => reason)).toEqual([
      { type: 'requires_action', event_ids: [asked.id] },
      { type: 'end_turn' },
    ]);
    expect((await session.story('?type=agent.message')).map(text)).toEqual([`answered ${received}`]);
  });

  it('to two questions in one send make one turn', async () => {
    const session = await TestSession.create(server.url, 'approval', 'We open on Sundays');
    const asked = ofType(await session.story(), 'agent.custom_tool_use');
    expect(asked).toHaveLength(2);
    await session.send(...asked.map(({ id, input }) => result(id, `yes ${input.role}`)));
    const events = await session.story();
    const turns = new Set(ofType(events, 'user.custom_tool_result').map(({ turn_id: turn }) => turn));
    expect(turns.size).toBe(1);
    expect(ofType(events, 'agent.custom_tool_use').map(({ input }) => input.role)).toEqual([
      'budget',
      'legal',
      'release',
    ]);
  });

  it('that nobody asked for, or a second time, are refused and leave nothing behind', async () => {
    const session = await TestSession.create(server.url, 'desk', 'ask');
    const before = await session.story();
    const [asked] = ofType(before, 'agent.custom_tool_use');
    const refused = async (...events: unknown[]): Promise<string> => {
      const { status, body } = await call('POST', session.url('/events'), { events });
      expect([status, body.error.type]).toEqual([400, 'invalid_request_error']);
      return body.error.message as string;
    };
    expect(await refused(result(before[0].id, 'x'))).toMatch('waits for an answer');
    expect(await refused(userMessage('first'), result('evt_1', 'x'))).toMatch('waits for an answer');
    expect(await refused({ type: 'user.tool_confirmation', tool_use_id: asked.id, result: 'allow' })).toMatch(
      'user.custom_tool_result',
    );
    expect(await refused(result(asked.id, 'a'), result(asked.id, 'b'))).toMatch('waits for an answer');
    expect(await refused({ type: 'user.define_outcome', description: 'x' })).toMatch(
      'there is no event user.define_outcome',
    );
    expect(await refused({ type: 'user.message', content: [] })).toMatch('events.0.content');
    expect(await session.story()).toEqual(before);
  });

  it('given on another surface are part of the story', async () => {
    const session = await TestSession.create(server.url, 'desk', 'ask');
    const [asked] = ofType(await session.story(), 'agent.custom_tool_use');
    const { body } = await call('GET', `${server.url}/threads/${uuidOf(session)}/state`);
    const interruptId = body.tasks[0].interrupts[0].id as string;
    const live = await session.live();
    await post(`${server.url}/threads/${uuidOf(session)}/commands`, {
      id: 1,
      method: 'input.respond',
      params: { interrupt_id: interruptId, response: 'door' },
    });
    const { events } = await idle(live);
    expect(events.find(({ type }) => type === 'user.custom_tool_result')).toMatchObject({
      custom_tool_use_id: asked.id,
      content: [{ type: 'text', text: 'door' }],
    });
    live.close();
    expect(ofType(await session.story(), 'user.custom_tool_result')).toHaveLength(1);
  });
});

describe('confirmations', () => {
  it('are collected until every call is decided, and what is left is told', async () => {
    const session = await TestSession.create(server.url, 'desk', 'book');
    const live = await session.live('?replay=all');
    const calls = ofType((await idle(live)).events, 'agent.tool_use');
    expect(calls).toMatchObject([
      { name: 'book_flight', input: { to: 'Rome' }, evaluated_permission: 'ask' },
      { name: 'book_hotel', input: { nights: 2 }, evaluated_permission: 'ask' },
    ]);
    await session.send({
      type: 'user.tool_confirmation',
      tool_use_id: calls[1].id,
      result: 'deny',
      deny_message: 'too dear',
    });
    await idle(live, 2);
    // The older spelling.
    await session.send({ type: 'user.tool_confirmation', tool_use_id: calls[0].id, decision: 'approve' });
    const { events } = await idle(live, 3);
    live.close();
    expect(
      ofType(events, 'session.status_idle').map(({ stop_reason: reason }) => reason.event_ids ?? reason.type),
    ).toEqual([[calls[0].id, calls[1].id], [calls[0].id], 'end_turn']);
    expect(said(events).at(-1)).toBe('Heard: book | book_flight: approve | book_hotel: reject (too dear)');
    expect(ofType(events, 'user.tool_confirmation').map(({ result: verdict }) => verdict)).toEqual(['deny', 'allow']);
    expect(ofType(events, 'agent.tool_use')).toHaveLength(2);
  });

  it('of two clients at once make one turn, whoever is last', async () => {
    const session = await TestSession.create(server.url, 'desk', 'book');
    const calls = ofType(await session.story(), 'agent.tool_use');
    const live = await session.live();
    await Promise.all(
      calls.map(({ id }) => session.send({ type: 'user.tool_confirmation', tool_use_id: id, result: 'allow' })),
    );
    const { events } = await live.until(({ events }) =>
      events.some(({ stop_reason: reason }) => reason?.type === 'end_turn'),
    );
    live.close();
    expect(ofType(events, 'session.status_running')).toHaveLength(1);
    expect(said(events)).toEqual(['Heard: book | book_flight: approve | book_hotel: approve']);
  });
});

describe('messages', () => {
  it('sent together are turns of their own, in order, the later ones waiting', async () => {
    const session = await TestSession.create(server.url, 'desk');
    const echo = await session.send(userMessage('one'), userMessage('two'));
    expect(echo.map(({ processed_at: time }) => time)).toEqual([null, null]);
    const events = await session.story();
    expect(said(events)).toEqual(['Heard: one', 'Heard: two']);
    expect(ofType(events, 'session.status_idle')).toHaveLength(2);
    const [first, second] = ofType(await session.story(), 'user.message');
    expect(first.turn_id).not.toBe(second.turn_id);
    expect(Date.parse(second.processed_at)).toBeGreaterThanOrEqual(Date.parse(first.processed_at));
  });

  it('while the session asks something wait for the answer, also across a restart', async () => {
    const session = await TestSession.create(server.url, 'desk', 'ask');
    const [asked] = ofType(await session.story(), 'agent.custom_tool_use');
    await session.send(userMessage('later'));
    expect(ofType(await session.story(), 'user.message').map(({ processed_at: time }) => time === null)).toEqual([
      false,
      true,
    ]);
    await server.restart();
    const again = Object.assign(Object.create(TestSession.prototype) as TestSession, {
      server: server.url,
      id: session.id,
    });
    const live = await again.live();
    await again.send(result(asked.id, 'window'));
    const { events } = await idle(live, 2);
    live.close();
    expect(said(events)).toEqual(['answered "window"', 'Heard: later']);
    expect(ofType(await again.story(), 'user.message').map(({ processed_at: time }) => time === null)).toEqual([
      false,
      false,
    ]);
  });

  it('of the system reach the graph with the message before them', async () => {
    const session = await TestSession.create(server.url, 'desk');
    const note = { type: 'system.message', content: [{ type: 'text', text: 'be kind' }] };
    await session.send(userMessage('hello'), note);
    const events = await session.story();
    expect(said(events)).toEqual(['Heard: hello | be kind']);
    expect(events.slice(0, 2).map(({ type }) => type)).toEqual(['user.message', 'system.message']);
    const { status } = await call('POST', session.url('/events'), { events: [note] });
    expect(status).toBe(400);
  });

  it('may be plain texts, as older clients send them', async () => {
    const session = await TestSession.create(server.url, 'desk');
    await session.send({ type: 'user.message', content: 'plain' });
    expect(said(await session.story())).toEqual(['Heard: plain']);
  });

  it('of a run that another surface started are part of the story, before it runs', async () => {
    const threadId = crypto.randomUUID();
    await post(`${server.url}/threads/${threadId}/commands`, {
      id: 1,
      method: 'run.start',
      params: { assistant_id: 'desk', input: { messages: [{ role: 'user', content: 'by run.start' }] } },
    });
    const session = Object.assign(Object.create(TestSession.prototype) as TestSession, {
      server: server.url,
      id: `sess_${threadId.replaceAll('-', '')}`,
    });
    const events = await session.story();
    expect(events.slice(0, 2)).toMatchObject([
      { type: 'user.message', content: [{ type: 'text', text: 'by run.start' }] },
      { type: 'session.status_running' },
    ]);
    expect(said(events)).toEqual(['Heard: by run.start']);
    await session.send(userMessage('and here'));
    expect(said(await session.story())).toEqual(['Heard: by run.start', 'Heard: and here']);
  });
});

describe('an interrupt', () => {
  it('ends the turn, and what is sent with it goes on', async () => {
    const session = await TestSession.create(server.url, 'desk', 'gate:stopped');
    const live = await session.live('?replay=all');
    await gate('stopped').reached;
    await session.send({ type: 'user.interrupt' }, userMessage('next'));
    const { events } = await idle(live, 2);
    live.close();
    expect(ofType(events, 'session.status_idle').map(({ stop_reason: reason }) => reason.type)).toEqual([
      'end_turn',
      'end_turn',
    ]);
    expect(said(events)).toEqual(['Heard: next']);
    gate('stopped').open();
  });

  it('of a session that asks something drops the question', async () => {
    const session = await TestSession.create(server.url, 'desk', 'ask');
    await session.story();
    await session.send(userMessage('held'));
    await session.send({ type: 'user.interrupt' });
    const events = await session.story();
    expect(said(events)).toEqual(['Heard: held']);
    expect(events.at(-1)).toMatchObject({ type: 'session.status_idle', stop_reason: { type: 'end_turn' } });
  });
});

it('a run that fails is an error of the session, and the session goes on', async () => {
  const session = await TestSession.create(server.url, 'desk', 'fail');
  const events = await session.story();
  expect(events.slice(-3)).toMatchObject([
    {
      type: 'session.error',
      error: { type: 'unknown_error', message: 'the desk is closed', retry_status: { type: 'exhausted' } },
    },
    { type: 'session.thread_status_idle' },
    { type: 'session.status_idle', stop_reason: { type: 'retries_exhausted' } },
  ]);
  await session.send(userMessage('again'));
  expect((await session.story()).at(-1)).toMatchObject({ stop_reason: { type: 'end_turn' } });
});

function uuidOf({ id }: TestSession): string {
  return id.slice('sess_'.length).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
