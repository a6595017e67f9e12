import { randomUUID } from 'node:crypto';
import { assistantIdOf } from '../src/graphs/assistant-resolver.js';
import { COMMANDS, ROUTES, type Things, type WalkedRoute } from './support/route-walk.js';
import { TestServer } from './support/running-server.js';

const KEYS = { ada: 'key-a', bob: 'key-b' } as const;
type Name = keyof typeof KEYS;

describe('the owner check', () => {
  let server: TestServer;
  let adas: Things;
  const groups = new Map<string, Things>();
  const missing: Things = {
    threadId: randomUUID(),
    runId: randomUUID(),
    checkpointId: randomUUID(),
    executionId: `exec-${randomUUID()}`,
    sessionId: `sess_${randomUUID()}`,
    sessionThreadId: `sthr_${randomUUID()}`,
    agentId: `agent_${randomUUID()}`,
    environmentId: `env_${randomUUID()}`,
    assistantId: randomUUID(),
    cronId: randomUUID(),
  };

  beforeAll(async () => {
    server = await TestServer.start(undefined, { AUTH_API_KEYS: 'ada:key-a,bob:key-b' });
    adas = await makeThings('ada');
  });
  afterAll(() => server.close());

  const headersOf = (name: Name | null): Record<string, string> => (name === null ? {} : { 'x-api-key': KEYS[name] });
  const call = (method: string, path: string, headers: Record<string, string>, body?: object): Promise<Response> =>
    fetch(`${server.url}${path}`, {
      method,
      headers: { ...headers, ...(body ? { 'content-type': 'application/json' } : {}) },
      body: body && JSON.stringify(body),
    });
  /** The status alone: a stream is not read. */
  const status = async (
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: object,
  ): Promise<number> => {
    const response = await call(method, path, headers, body);
    await response.body?.cancel();
    return response.status;
  };
  const json = async (name: Name, method: string, path: string, body?: object): Promise<Record<string, unknown>> =>
    (await (await call(method, path, headersOf(name), body)).json()) as Record<string, unknown>;
  const command = (name: Name, threadId: string, method: string, params: object): Promise<Record<string, unknown>> =>
    json(name, 'POST', `/threads/${threadId}/commands`, { id: 1, method, params });

  /** A thread with a finished run, and all that can be named of it. */
  async function makeThings(name: Name, text = 'hello'): Promise<Things> {
    const threadId = randomUUID();
    const accepted = await json(name, 'POST', '/api/executions', {
      patternName: 'agent', input: { messages: [{ role: 'user', content: text }], delayMs: 0 }, options: { threadId },
    });
    const executionId: string = accepted.id as string;
    const stream = await call('GET', `/api/executions/${executionId}/threads/stream?lastEventId=0`, headersOf(name));
    let seen = '';
    for await (const chunk of stream.body as unknown as AsyncIterable<Uint8Array>) {
      seen += Buffer.from(chunk).toString();
      if (seen.includes('event: thread_completed')) break;
    }
    const state = await json(name, 'GET', `/threads/${threadId}/state`);
    const { checkpoint_id: checkpointId } = state.checkpoint as { checkpoint_id: string };
    return {
      threadId,
      runId: executionId.slice('exec-'.length),
      checkpointId,
      executionId,
      assistantId: await makeAssistant(name),
      cronId: await makeCron(name),
      ...(await makeSession(name)),
    };
  }

  async function makeAssistant(name: Name): Promise<string> {
    const made = await json(name, 'POST', '/assistants', { graph_id: 'agent', metadata: { secret: 'swordfish' } });
    return made.assistant_id as string;
  }

  async function makeCron(name: Name): Promise<string> {
    const cron = { assistant_id: 'agent', schedule: '0 0 1 1 *', metadata: { of: name } };
    return (await json(name, 'POST', '/runs/crons', cron)).cron_id as string;
  }

  async function makeSession(
    name: Name,
  ): Promise<Pick<Things, 'sessionId' | 'sessionThreadId' | 'agentId' | 'environmentId'>> {
    const { id: agentId } = await json(name, 'POST', '/v1/agents', { name: 'mine', model: 'agent' });
    const { id: environmentId } = await json(name, 'POST', '/v1/environments', { name: 'mine' });
    const { id: sessionId } = await json(name, 'POST', '/v1/sessions', {
      agent: 'agent_agent',
      environment_id: 'env_default',
    });
    const { data } = await json(name, 'GET', `/v1/sessions/${sessionId as string}/threads`);
    const [{ id: sessionThreadId }] = data as [{ id: string }];
    return { sessionId, sessionThreadId, agentId, environmentId } as Awaited<ReturnType<typeof makeSession>>;
  }

  /** The things of Ada's on which the routes of a group are tried. */
  async function thingsOf(group: string): Promise<Things> {
    const known = groups.get(group) ?? (await makeThings('ada'));
    groups.set(group, known);
    return known;
  }

  it('is walked for every route of openapi.json, and for no other', async () => {
    const { paths } = (await (await fetch(`${server.url}/openapi.json`)).json()) as { paths: Record<string, object> };
    const served = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    // The copies of the session routes under other prefixes are walked too, and described once.
    const walked = ROUTES.map(({ route }) => route).filter((route) => !/ \/(?:anthropic|api\/v1\/cloud)\//.test(route));
    expect(walked.sort()).toEqual(served.sort());
  });

  it.each(ROUTES)(
    'answers $route by who asks',
    async ({ route, path, body, bodyOf, own, other = 404, missing: none = 404, open, group = '' }: WalkedRoute) => {
      const things = await thingsOf(group);
      const method = route.split(' ')[0] as string;
      const asked = async (headers: Record<string, string>, of: Things): Promise<number> =>
        status(method, path(of), headers, bodyOf?.(of) ?? body);
      // The owner comes last, since what is deleted is there for nobody.
      expect({
        other: await asked(headersOf('bob'), things),
        missing: await asked(headersOf('ada'), missing),
        nobody: await asked({}, things),
        unknown: await asked({ 'x-api-key': 'key-c' }, things),
        forgotten: await asked({}, missing),
        own: await asked(headersOf('ada'), things),
      }).toEqual({
        own,
        other,
        missing: none,
        ...(open ? { nobody: own, unknown: own, forgotten: own } : { nobody: 401, unknown: 401, forgotten: 401 }),
      });
    },
  );

  it('lets everybody read the documentation', async () => {
    for (const path of ['/docs', '/openapi.json']) expect(await status('GET', path, {})).toBe(200);
  });

  it('takes a key from x-api-key and from Authorization: Bearer, and nothing that is like one', async () => {
    const of = (headers: Record<string, string>): Promise<number> =>
      status('GET', `/threads/${adas.threadId}`, headers);
    const accepted: Record<string, string>[] = [
      { 'x-api-key': 'key-a' },
      { authorization: 'Bearer key-a' },
      { authorization: 'bearer key-a' },
    ];
    for (const headers of accepted) {
      expect([headers, await of(headers)]).toEqual([headers, 200]);
    }
    for (const headers of [
      { 'x-api-key': 'key-' },
      { 'x-api-key': 'key-aa' },
      { 'x-api-key': 'ada' },
      { 'x-api-key': 'ada:key-a' },
      { authorization: 'key-a' },
      { authorization: 'Basic key-a' },
      { authorization: 'Bearer' },
      { 'x-api-key': 'wrong', authorization: 'Bearer key-a' },
    ]) {
      expect([headers, await of(headers as Record<string, string>)]).toEqual([headers, 401]);
    }
  });

  it('answers without credentials in the words of the surface', async () => {
    const answer = async (path: string): Promise<unknown> => (await fetch(`${server.url}${path}`)).json();
    expect(await answer('/v1/sessions')).toMatchObject({ type: 'error', error: { type: 'authentication_error' } });
    expect(await answer('/api/executions')).toEqual({ error: expect.stringContaining('API key') });
    expect(await answer(`/threads/${adas.threadId}`)).toMatchObject({
      error: 'unauthorized',
      detail: expect.stringContaining('API key'),
    });
  });

  it('knows every command of the protocol', async () => {
    const { message } = await command('ada', adas.threadId, 'nothing', {});
    const known = (message as string).replace(/^.*the commands are /, '').replace('.run', ' run').split(', ');
    expect(known.map((name) => name.replace(/\.$/, '')).sort()).toEqual(Object.keys(COMMANDS).sort());
  });

  it.each(Object.keys(COMMANDS))('carries out %s for the owner of the thread alone', async (method) => {
    const own = await makeThings('ada');
    const params = (COMMANDS[method] as (things: Things) => object)(own);
    const body = { id: 1, method, params };
    const path = `/threads/${own.threadId}/commands`;
    const before = await json('ada', 'GET', `/threads/${own.threadId}/runs`);
    expect(await status('POST', path, headersOf('bob'), body)).toBe(404);
    expect(await status('POST', path, {}, body)).toBe(401);
    expect(await json('ada', 'GET', `/threads/${own.threadId}/runs`)).toEqual(before);
    expect(await status('POST', path, headersOf('ada'), body)).toBe(200);
    expect(await status('POST', `/threads/${randomUUID()}/commands`, headersOf('ada'), body)).toBe(200);
  });

  it('lists to each caller what is theirs', async () => {
    const bobs = await makeThings('bob');
    const idsOf = async (name: Name, query = ''): Promise<string[]> =>
      ((await json(name, 'GET', `/api/executions${query}`))
      .executions as { id: string }[]).map(({ id }) => id);
    expect(await idsOf('bob')).toContain(bobs.executionId);
    expect(await idsOf('bob')).not.toContain(adas.executionId);
    expect(await idsOf('bob', `?threadId=${adas.threadId}`)).toEqual([]);
  });

  it('lists to each caller their own assistants and those of the graphs, which nobody may change', async () => {
    const bobs = await makeThings('bob');
    const search = async (name: Name, query: object = {}): Promise<unknown> =>
      json(name, 'POST', '/assistants/search', { limit: 1_000, select: ['assistant_id'], ...query });
    const ids = ((await search('bob')) as { assistant_id: string }[]).map(({ assistant_id: id }) => id);
    expect(ids).toContain(bobs.assistantId);
    expect(ids).not.toContain(adas.assistantId);
    expect(ids).toContain(assistantIdOf('agent'));
    expect(await json('bob', 'POST', '/assistants/count', {})).toBe(ids.length);
    expect(await search('bob', { metadata: { created_by: 'system' } })).toHaveLength(5);
    for (const id of ['agent', assistantIdOf('agent')]) {
      expect(await status('GET', `/assistants/${id}/graph`, headersOf('bob'))).toBe(200);
      expect(await status('PATCH', `/assistants/${id}`, headersOf('bob'), { name: 'mine' })).toBe(403);
      expect(await status('POST', `/assistants/${id}/latest`, headersOf('bob'), { version: 1 })).toBe(403);
      expect(await status('DELETE', `/assistants/${id}`, headersOf('bob'))).toBe(403);
    }
  });

  it('finds and counts the crons of each caller alone', async () => {
    const bobs = await makeThings('bob');
    const search = await json('bob', 'POST', '/runs/crons/search', { limit: 1000 });
    expect((search as unknown as { cron_id: string; user_id: string }[]).map(({ cron_id }) => cron_id)).toContain(
      bobs.cronId,
    );
    expect(JSON.stringify(search)).not.toContain('"user_id":"ada"');
    expect(await json('bob', 'POST', '/runs/crons/count', { metadata: { of: 'ada' } })).toBe(0);
    const onThread = { assistant_id: 'agent', schedule: '* * * * *' };
    expect(await status('POST', `/threads/${adas.threadId}/runs/crons`, headersOf('bob'), onThread)).toBe(404);
  });

  describe('is not got round', () => {
    let bobs: Things;
    let secret: Things;

    beforeAll(async () => {
      secret = await makeThings('ada', 'the password is swordfish');
    });
    beforeEach(async () => {
      bobs = await makeThings('bob');
    });
    afterEach(async () => {
      const { values } = (await json('ada', 'GET', `/threads/${secret.threadId}/state`)) as unknown as {
        values: { messages: unknown[] };
      };
      expect(values.messages).toHaveLength(4);
      const history = await (await call('GET', `/threads/${bobs.threadId}/history`, headersOf('bob'))).text();
      expect(history).not.toContain('swordfish');
    });

    const run = { assistant_id: 'agent', input: { messages: [{ role: 'user', content: 'mine' }], delayMs: 0 } };

    it('by a thread named in the configuration or the metadata of a run', async () => {
      const config = { configurable: { thread_id: secret.threadId, checkpoint_ns: '', langgraph_auth_user_id: 'ada' } };
      const metadata = { owner: 'ada', thread_id: secret.threadId };
      expect(await command('bob', bobs.threadId, 'run.start', { ...run, config, metadata })).toMatchObject({
        type: 'success',
      });
      const { run_id: runId } = (await json('bob', 'POST', `/threads/${bobs.threadId}/runs`, {
        ...run,
        config,
        metadata,
      })) as { run_id: string };
      await call('POST', `/threads/${bobs.threadId}/runs/${runId}/cancel?wait=true`, headersOf('bob'));
      expect(await status('GET', `/threads/${bobs.threadId}`, headersOf('ada'))).toBe(404);
      expect(await status('GET', `/threads/${secret.threadId}/runs/${runId}`, headersOf('ada'))).toBe(404);
    });

    it('by an assistant of somebody else in a run of one\'s own, or by its id', async () => {
      const { threadId } = bobs;
      const foreign = { ...run, assistant_id: secret.assistantId };
      expect(await status('POST', `/threads/${threadId}/runs`, headersOf('bob'), foreign)).toBe(404);
      expect(await command('bob', threadId, 'run.start', foreign)).toMatchObject({ error: 'invalid_argument' });
      const execution = { patternName: secret.assistantId, input: run.input };
      expect(await status('POST', '/api/executions', headersOf('bob'), execution)).toBe(404);
      expect(await status('GET', `/v1/agents/agent_${secret.assistantId.replaceAll('-', '')}`, headersOf('bob'))).toBe(404);
      for (const if_exists of ['raise', 'do_nothing']) {
        const taken = { graph_id: 'agent', assistant_id: secret.assistantId, if_exists };
        expect(await status('POST', '/assistants', headersOf('bob'), taken)).toBe(409);
      }
      expect(await json('ada', 'GET', `/assistants/${secret.assistantId}`)).toMatchObject({ version: 1 });
    });

    it('by a checkpoint of another thread', async () => {
      const config = { configurable: { checkpoint_id: secret.checkpointId } };
      expect(await command('bob', bobs.threadId, 'run.start', { ...run, config })).toMatchObject({
        error: 'no_such_checkpoint',
      });
      expect(await command('bob', bobs.threadId, 'state.fork', { checkpoint_id: secret.checkpointId })).toMatchObject({
        error: 'no_such_checkpoint',
      });
      expect(
        await command('bob', bobs.threadId, 'state.listCheckpoints', { before: secret.checkpointId }),
      ).toMatchObject({ error: 'no_such_checkpoint' });
      expect(
        await status('POST', `/threads/${bobs.threadId}/runs`, headersOf('bob'), {
          ...run,
          checkpoint_id: secret.checkpointId,
        }),
      ).toBe(404);
      const checkpoint = {
        thread_id: secret.threadId,
        checkpoint_id: secret.checkpointId,
        checkpoint_ns: '',
        checkpoint_map: { '': secret.checkpointId },
      };
      const asked: [method: string, path: string, body?: object][] = [
        ['GET', `state/${secret.checkpointId}`],
        ['POST', 'state/checkpoint', { checkpoint }],
        ['POST', 'history', { checkpoint, before: checkpoint }],
        ['POST', 'state', { values: { delayMs: 1 }, checkpoint, as_node: 'agent' }],
      ];
      for (const [method, path, body] of asked) {
        const text = await (await call(method, `/threads/${bobs.threadId}/${path}`, headersOf('bob'), body)).text();
        expect(text).not.toContain('swordfish');
      }
    });

    it('by a run or a thread of somebody else under a thread of one\'s own', async () => {
      for (const [method, path] of [['GET', ''], ['POST', '/cancel']] as const) {
        expect(await status(method, `/threads/${bobs.threadId}/runs/${secret.runId}${path}`, headersOf('bob'))).toBe(
          404,
        );
      }
      expect(await command('bob', bobs.threadId, 'agent.getTree', { run_id: secret.runId })).toMatchObject({
        error: 'no_such_run',
      });
      const taken = { patternName: 'agent', options: { threadId: secret.threadId } };
      expect(await status('POST', '/api/executions', headersOf('bob'), taken)).toBe(404);
      for (const if_exists of ['do_nothing', 'raise']) {
        expect(
          await status('POST', '/threads', headersOf('bob'), {
            thread_id: secret.threadId,
            if_exists,
            metadata: { owner: 'ada' },
          }),
        ).toBe(409);
      }
    });

    it('by an agent, an environment or a thread of somebody else in a session of one\'s own', async () => {
      const mine = { agent: 'agent_agent', environment_id: 'env_default' };
      for (const foreign of [{ agent: secret.agentId }, { environment_id: secret.environmentId }]) {
        expect(await status('POST', '/v1/sessions', headersOf('bob'), { ...mine, ...foreign })).toBe(404);
      }
      for (const path of ['', '/events', '/stream']) {
        expect(
          await status(
            'GET',
            `/v1/sessions/${bobs.sessionId}/threads/${secret.sessionThreadId}${path}`,
            headersOf('bob'),
          ),
        ).toBe(404);
      }
      for (const id of [`sess_${secret.threadId.replaceAll('-', '')}`, secret.threadId]) {
        expect(await status('GET', `/v1/sessions/${id}/events`, headersOf('bob'))).toBe(404);
      }
    });
  });
});
