import Anthropic, { BadRequestError, ConflictError, NotFoundError } from '@anthropic-ai/sdk';
import { accumulateManagedAgentsEvent } from '@anthropic-ai/sdk/lib/sessions/accumulate';
import Anthropic092 from 'anthropic-sdk-0-92';
import { DESK, userMessage } from './support/session-requests.js';
import { TestServer } from './support/running-server.js';
import type { Parsed } from './support/session-stream.js';

let server: TestServer;
let client: Anthropic;
beforeAll(async () => {
  server = await TestServer.start(DESK);
  client = new Anthropic({ apiKey: 'any', baseURL: `${server.url}/anthropic`, maxRetries: 0 });
});
afterAll(() => server.close());

type Sessions = Anthropic['beta']['sessions'];

/** Opens a stream, sends a message, reads to the end of the turn. */
async function turn(sessions: Sessions, sessionId: string, text: string, options: object = {}): Promise<Parsed[]> {
  const stream = await sessions.events.stream(sessionId, options);
  await sessions.events.send(sessionId, { events: [userMessage(text)] });
  const seen: Parsed[] = [];
  for await (const event of stream) {
    seen.push(event);
    if (event.type === 'session.status_idle') break;
  }
  return seen;
}

const textOf = (events: Parsed[]): string =>
  events
    .filter(({ type }) => type === 'agent.message')
    .flatMap(({ content }) => content)
    .map(({ text }) => text)
    .join(' ');

/** Without the status of threads, which older releases leave out of a stream. */
const known = (events: Parsed[]): Parsed[] => events.filter(({ type }) => !type.startsWith('session.thread_status_'));

describe.each([
  ['1.10', () => client],
  ['0.92', () => new Anthropic092({ apiKey: 'any', baseURL: `${server.url}/anthropic` }) as unknown as Anthropic],
])('the Anthropic SDK %s', (_, sdk) => {
  it('makes an agent, an environment and a session, and plays two turns on live streams', async () => {
    const { agents, environments, sessions } = sdk().beta;
    const agent = await agents.create({ name: 'desk', model: 'some-model' });
    const environment = await environments.create({ name: 'here' });
    const session = await sessions.create({ agent: agent.id, environment_id: environment.id, title: 'A talk' });
    expect(session).toMatchObject({
      type: 'session',
      status: 'idle',
      title: 'A talk',
      environment_id: environment.id,
      agent: { id: agent.id, name: 'desk' },
    });

    for (const text of ['one', 'two']) {
      const events = await turn(sessions, session.id, text);
      expect(known(events).map(({ type }) => type)).toEqual([
        'user.message', 'session.status_running', 'span.model_request_start', 'agent.message', 'span.model_request_end',
        'session.status_idle',
      ]);
      expect(textOf(events)).toBe(`Heard: ${text}`);
      expect(events.at(-1)).toMatchObject({ stop_reason: { type: 'end_turn' } });
    }
  });

  it('pages through the events one by one, and gets each once', async () => {
    const { sessions } = sdk().beta;
    const session = await sessions.create({ agent: 'agent_agent', environment_id: 'env_default' });
    const seen = await turn(sessions, session.id, 'Weather in Rome');
    const listed: Parsed[] = [];
    for await (const event of sessions.events.list(session.id, { limit: 1 })) listed.push(event);
    expect(known(listed).map(({ id }) => id)).toEqual(known(seen).map(({ id }) => id));
    expect(known(listed).slice(1)).toEqual(known(seen).slice(1));
  });
});

describe('the Anthropic SDK on the other routes', () => {
  const create = (graph: string) =>
    client.beta.sessions.create({ agent: `agent_${graph}`, environment_id: 'env_default' });

  it('filters a list by type and turns it round', async () => {
    const { id } = await create('agent');
    await turn(client.beta.sessions, id, 'Weather in Oslo');
    const types = async (query: object): Promise<string[]> => {
      const page = await client.beta.sessions.events.list(id, query);
      return page.data.map(({ type }) => type);
    };
    expect(await types({ types: ['agent.tool_use', 'agent.tool_result'] })).toEqual([
      'agent.tool_use',
      'agent.tool_result',
    ]);
    expect(await types({ order: 'desc', limit: 2 })).toEqual(['session.status_idle', 'session.thread_status_idle']);
  });

  it('sends text as it comes, so that its pieces make up the message', async () => {
    const { id } = await create('agent');
    const events = await turn(client.beta.sessions, id, 'Weather in Rome', { event_deltas: ['agent.message'] });
    const messages = events.filter(({ type }) => type === 'agent.message');
    expect(messages).toHaveLength(2);
    for (const message of messages) {
      const pieces = events.filter((event) => event.event_id === message.id || event.event?.id === message.id);
      expect(pieces.filter(({ type }) => type === 'event_delta').length).toBeGreaterThan(3);
      const whole = pieces.reduce((snapshot, piece) => accumulateManagedAgentsEvent(snapshot, piece), undefined);
      expect(whole.content).toEqual(message.content);
    }
    const started = events.filter(({ type }) => type === 'event_start').map(({ event }) => event.id);
    expect(new Set(started).size).toBe(started.length);
  });

  it('lets a tool runner answer what a graph asks with interrupt()', async () => {
    const { id } = await create('approval');
    await client.beta.sessions.events.send(id, { events: [userMessage('We open on Sundays')] });
    const asked: string[] = [];
    const ask = {
      type: 'custom' as const, name: 'request_input', description: '', input_schema: { type: 'object' as const },
      parse: (input: unknown) => input as { role: string },
      run: ({ role }: { role: string }) => {
        asked.push(role);
        return `yes from ${role}`;
      },
    };
    const calls: Parsed[] = [];
    for await (const call of client.beta.sessions.events.toolRunner(id, { tools: [ask as never], maxIdleMs: 100 }))
      calls.push(call);
    expect(calls.map(({ posted, isError }) => [posted, isError])).toEqual(Array(3).fill([true, false]));
    expect(asked.sort()).toEqual(['budget', 'legal', 'release']);
    const page = await client.beta.sessions.events.list(id, { types: ['agent.message'] });
    expect(textOf(page.data)).toContain(
      '{"budget":"yes from budget","legal":"yes from legal","release":"yes from release"}',
    );
  });

  it('keeps versions of agents, refuses an old one, and makes a session with what it wants otherwise', async () => {
    const { agents, sessions } = client.beta;
    const agent = await agents.create({ name: 'clerk', model: 'm', metadata: { graph_id: 'desk' } });
    const second = await agents.update(agent.id, { version: 1, system: 'Be brief.', metadata: { team: 'a' } });
    expect(second).toMatchObject({ version: 2, system: 'Be brief.', metadata: { graph_id: 'desk', team: 'a' } });
    const stale = await agents.update(agent.id, { version: 1, name: 'x' }).catch((error: unknown) => error);
    expect(stale).toBeInstanceOf(ConflictError);
    expect((stale as ConflictError).headers?.get('x-should-retry')).toBe('false');
    const versions: Parsed[] = [];
    for await (const version of agents.versions.list(agent.id, { limit: 1 })) versions.push(version.version);
    expect(versions).toEqual([2, 1]);
    const session = await sessions.create({
      agent: { type: 'agent_with_overrides', id: agent.id, version: 1, system: 'Be long.' } as never,
      environment_id: 'env_default',
    });
    expect(session.agent).toMatchObject({ version: 1, system: 'Be long.' });
    expect((await agents.archive(agent.id)).archived_at).not.toBeNull();
    const listed: string[] = [];
    for await (const { name } of agents.list()) listed.push(name);
    expect(listed).toEqual(expect.arrayContaining(['agent', 'approval', 'team', 'desk']));
    expect(listed).not.toContain('clerk');
    await expect(sessions.create({ agent: agent.id, environment_id: 'env_default' })).rejects.toBeInstanceOf(
      BadRequestError,
    );
  });

  it('keeps, changes, archives and deletes environments', async () => {
    const { environments } = client.beta;
    const made = await environments.create({ name: 'lab', metadata: { a: '1' } });
    expect(await environments.update(made.id, { name: 'lab 2', metadata: { a: null } as never })).toMatchObject({
      name: 'lab 2',
      metadata: {},
    });
    expect((await environments.archive(made.id)).archived_at).not.toBeNull();
    const names: string[] = [];
    for await (const { name } of environments.list()) names.push(name);
    expect(names).toContain('default');
    expect(names).not.toContain('lab 2');
    expect(await environments.delete(made.id)).toMatchObject({ id: made.id, type: 'environment_deleted' });
    await expect(environments.retrieve(made.id)).rejects.toBeInstanceOf(NotFoundError);
  });

  it('lists, changes, archives and deletes sessions, and says what it cannot find', async () => {
    const { agents, sessions } = client.beta;
    const agent = await agents.create({ name: 'lister', model: 'desk' });
    const made: string[] = [];
    for (let count = 0; count < 3; count += 1)
      made.push((await sessions.create({ agent: agent.id, environment_id: 'env_default' })).id);
    const listed: string[] = [];
    for await (const { id } of sessions.list({ agent_id: agent.id, limit: 2 })) listed.push(id);
    expect(listed).toEqual([...made].reverse());

    const [first, second] = made as [string, string, string];
    const changed = await sessions.update(first, { title: 'New', metadata: { a: 'b' } });
    expect(changed).toMatchObject({ title: 'New', metadata: { a: 'b' } });
    const { data } = await sessions.events.list(first);
    expect(data).toMatchObject([{ type: 'session.updated', title: 'New', metadata: { a: 'b' } }]);

    expect(await sessions.archive(first)).toMatchObject({ status: 'terminated' });
    await expect(sessions.events.send(first, { events: [userMessage('hello')] })).rejects.toBeInstanceOf(
      BadRequestError,
    );
    expect(await sessions.delete(second)).toEqual({ id: second, type: 'session_deleted' });
    const gone = await sessions.retrieve(second).catch((error: unknown) => error);
    expect(gone).toBeInstanceOf(NotFoundError);
    expect(gone).toMatchObject({ status: 404, type: 'not_found_error' });
    expect((gone as NotFoundError).requestID).toMatch(/^req_/);
    const statuses = async (query: object): Promise<string[]> => {
      const page = await sessions.list({ agent_id: agent.id, ...query });
      return page.data.map(({ status }) => status);
    };
    expect(await statuses({})).toEqual(['idle']);
    expect(await statuses({ include_archived: true, order: 'asc' })).toEqual(['terminated', 'idle']);
    expect(await statuses({ include_archived: true, statuses: ['terminated'] })).toEqual(['terminated']);
  });

  it('shows the threads of subagents, and streams one of them', async () => {
    const { sessions } = client.beta;
    const { id } = await create('team');
    await turn(sessions, id, 'cats');
    const threads: Parsed[] = [];
    for await (const thread of sessions.threads.list(id)) threads.push(thread);
    expect(threads.map(({ agent, parent_thread_id: parent }) => [agent.name, parent])).toEqual([
      ['team', null], ['researcher', threads[0].id], ['writer', threads[0].id],
    ]);
    const writer = await sessions.threads.retrieve(threads[2].id, { session_id: id });
    expect(writer).toMatchObject({ type: 'session_thread', session_id: id, status: 'idle' });
    const { data } = await sessions.threads.events.list(threads[2].id, { session_id: id });
    expect(data.map(({ type }) => type)).toEqual([
      'agent.thread_message_received', 'session.thread_status_running', 'span.model_request_start', 'agent.message',
      'span.model_request_end', 'agent.thread_message_sent', 'session.thread_status_idle',
    ]);
    const live = await sessions.threads.events.stream(threads[2].id, { session_id: id });
    const archived = await sessions.threads.archive(threads[2].id, { session_id: id });
    expect(archived.archived_at).not.toBeNull();
    for await (const event of live) {
      expect(event).toMatchObject({ type: 'session.thread_status_terminated', agent_name: 'writer' });
      break;
    }
  });
});
