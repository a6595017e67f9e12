import { TestServer } from './support/running-server.js';
import { call, DESK, TestSession } from './support/session-requests.js';
import { type Parsed, SessionStream } from './support/session-stream.js';

let server: TestServer;
let session: TestSession;
let threads: Parsed[];
beforeAll(async () => {
  server = await TestServer.start(DESK);
  session = await TestSession.create(server.url, 'team', 'cats');
  await session.story();
  threads = (await call('GET', session.url('/threads'))).body.data;
});
afterAll(() => server.close());

const THREAD_EVENTS: Record<string, string[]> = {
  'session.thread_created': [
    'parent_thread_id',
    'agent_id',
    'agent_version',
    'agent_name',
    'role',
    'created_by_tool_use_id',
  ],
  'session.thread_status_running': ['agent_name', 'status'],
  'session.thread_status_idle': ['status', 'stop_reason'],
  'session.thread_status_terminated': ['status', 'stop_reason'],
  'agent.thread_message_sent': ['direction', 'content', 'from_session_thread_id', 'to_session_thread_id'],
  'agent.thread_message_received': [
    'direction',
    'content',
    'is_error',
    'from_session_thread_id',
    'to_session_thread_id',
  ],
};

const stream = (thread: Parsed, query = '', headers: Record<string, string> = {}): Promise<SessionStream> =>
  SessionStream.open(session.url(`/threads/${thread.id}/stream${query}`), headers);

it('lists the coordinator and its children, and what made them', async () => {
  const [primary, researcher, writer] = threads;
  expect(threads.map(({ role, name, status }) => [role, name, status])).toEqual([
    ['coordinator', 'team', 'idle'], ['child', 'researcher', 'idle'], ['child', 'writer', 'idle'],
  ]);
  const uses = (await session.story()).filter(({ type }) => type === 'agent.tool_use');
  expect([researcher, writer].map(({ created_by_tool_use_id: id }) => id)).toEqual(uses.map(({ id }) => id));
  expect(writer).toMatchObject({ parent_thread_id: primary.id, stop_reason: { type: 'end_turn' } });
  expect((await call('GET', session.url('/threads?statuses[]=running'))).body.data).toEqual([]);
  const missing = await call('GET', session.url('/threads/sthr_00000000000000000000000000000000'));
  expect([missing.status, missing.body.error.type]).toEqual([404, 'not_found_error']);
});

it('streams the whole history of a thread, then what happens, and nothing of other threads', async () => {
  const [primary, researcher] = threads;
  const [live, child] = await Promise.all([stream(primary), stream(researcher)]);
  await live.untilType('session.status_idle');
  await session.send({ type: 'user.message', content: 'dogs' });
  await live.untilType('session.status_idle', 2);
  const { body } = await call('GET', session.url(`/threads/${primary.id}/events?limit=100`));
  expect(live.events.map(({ id }) => id)).toEqual(body.data.map(({ id }: { id: string }) => id));
  await child.untilType('session.thread_status_idle');
  expect(child.types).toEqual([
    'agent.thread_message_sent',
    'session.thread_status_running',
    'span.model_request_start',
    'agent.message',
    'span.model_request_end',
    'agent.thread_message_received',
    'session.thread_status_idle',
  ]);
  expect(child.events.every(({ session_thread_id: id }) => id === researcher.id)).toBe(true);
  live.close();
  child.close();
});

it('gives each of the six events of threads with the fields that clients read', async () => {
  const { body } = await call('POST', session.url(`/threads/${threads[2].id}/archive`));
  expect(body).toMatchObject({ status: 'archived' });
  expect((await call('POST', session.url(`/threads/${threads[0].id}/archive`))).status).toBe(400);
  const events = await session.story();
  for (const [type, fields] of Object.entries(THREAD_EVENTS)) {
    const found = events.filter((event) => event.type === type);
    expect([type, found.length > 0]).toEqual([type, true]);
    for (const event of found)
      expect(Object.keys(event)).toEqual(
        expect.arrayContaining([...fields, 'session_thread_id', 'session_id', 'schema_version']),
      );
  }
  const terminated = events.find(({ type }) => type === 'session.thread_status_terminated');
  expect(terminated).toMatchObject({ session_thread_id: threads[2].id, stop_reason: { type: 'archive' } });
});

it('lists the events of a thread in the form of the documentation', async () => {
  const { body } = await call('GET', session.url(`/threads/${threads[1].id}/events?limit=2`));
  const [sent, running] = body.data;
  expect(sent).toEqual({
    id: sent.id,
    type: 'agent.thread_message_sent',
    schema_version: '1.0',
    session_id: session.id,
    session_thread_id: threads[1].id,
    turn_id: expect.stringMatching(/^turn_[0-9a-f]{32}$/),
    direction: 'coordinator_to_child',
    content: 'Research: cats',
    is_error: false,
    from_session_thread_id: threads[0].id,
    from_agent_name: 'team',
    to_session_thread_id: threads[1].id,
    to_agent_name: 'researcher',
    created_at: sent.processed_at,
    processed_at: expect.stringMatching(/^\d{4}-.*Z$/),
  });
  expect(sent.id).toMatch(/^evt_[0-9a-f]{32}$/);
  expect(running).toMatchObject({
    type: 'session.thread_status_running',
    agent_name: 'researcher',
    status: 'running',
    session_thread_id: threads[1].id,
  });
  expect(body).toMatchObject({ first_id: sent.id, last_id: running.id, has_more: true, next_page: expect.any(String) });
});

it('streams the list when Accept asks for it', async () => {
  const open = await SessionStream.open(session.url(`/threads/${threads[1].id}/events`), {
    accept: 'text/event-stream',
  });
  await open.untilType('session.thread_status_idle');
  expect(open.headers['content-type']).toBe('text/event-stream');
  open.close();
});

it('resumes after Last-Event-ID wherever it points, with nothing lost and nothing twice', async () => {
  const whole = (await call('GET', session.url(`/threads/${threads[0].id}/events?limit=100`))).body.data as {
    id: string;
  }[];
  for (const [index, { id }] of whole.entries()) {
    const rest = whole.slice(index + 1).map((event) => event.id);
    const resumed = await stream(threads[0], '', { 'last-event-id': id });
    await resumed.until(({ events }) => events.length >= rest.length);
    expect(resumed.events.map((event) => event.id)).toEqual(rest);
    resumed.close();
  }
});

it('refuses a Last-Event-ID that is not of the thread, before the stream starts', async () => {
  const foreign = await TestSession.create(server.url, 'desk', 'other');
  const [elsewhere] = await foreign.story();
  const [ofChild] = (await call('GET', session.url(`/threads/${threads[1].id}/events`))).body.data;
  const missing = `${(ofChild.id as string).slice(0, 12)}ffffff${(ofChild.id as string).slice(18)}`;
  for (const id of [elsewhere.id, ofChild.id, missing, 'nonsense', '17']) {
    await expect(stream(threads[0], '', { 'last-event-id': id })).rejects.toThrow(/^400 .*"invalid_request_error"/);
  }
});

it.each([
  '?type=session.thread_created,agent.message',
  '?types[]=session.thread_created&types[]=agent.message',
  '?type=session.thread_created&type=agent.message',
])('filters by type: %s', async (query) => {
  const filtered = await stream(threads[0], query);
  await filtered.untilType('agent.message', 4);
  expect(new Set(filtered.types)).toEqual(new Set(['session.thread_created', 'agent.message']));
  filtered.close();
  const { body } = await call('GET', session.url(`/threads/${threads[0].id}/events${query}`));
  expect(body.data.map(({ type }: { type: string }) => type)).toEqual(filtered.types);
});

it('shows of children on a condensed stream only what concerns the session', async () => {
  const { body } = await call('GET', session.url('/events?limit=1000', '/anthropic'));
  const ofChildren = body.data
    .filter(({ session_thread_id: id }: Parsed) => id && id !== threads[0].id)
    .map(({ type }: Parsed) => type);
  expect(new Set(ofChildren)).toEqual(
    new Set([
      'session.thread_created',
      'session.thread_status_running',
      'session.thread_status_idle',
      'session.thread_status_terminated',
    ]),
  );
  const texts = body.data
    .filter(({ type }: Parsed) => type === 'agent.message')
    .map(({ content }: Parsed) => content[0].text as string);
  expect(texts.some((text: string) => text.startsWith('I read everything'))).toBe(false);
});
