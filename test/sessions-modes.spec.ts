import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { gate } from './support/gate.js';
import { TestServer } from './support/running-server.js';
import { call, DESK, TestSession, userMessage } from './support/session-requests.js';
import { type Parsed, SessionStream } from './support/session-stream.js';

const run = promisify(execFile);

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start(DESK);
});
afterAll(() => server.close());

describe('how a stream begins and ends', () => {
  it('on /v1: history, the rest of the turn that is running, then [DONE]', async () => {
    const session = await TestSession.create(server.url, 'desk', 'gate:done');
    await gate('done').reached;
    const stream = await SessionStream.open(session.url('/events/stream'));
    await stream.untilType('session.status_running');
    expect(stream.types).not.toContain('session.status_idle');
    gate('done').open();
    await stream.end();
    expect(stream.types.at(-1)).toBe('session.status_idle');
    expect(stream.text.endsWith('\n\ndata: [DONE]\n\n')).toBe(true);
    expect(stream.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'request-id': expect.stringMatching(/^req_/),
    });
  });

  it('on /v1 of a session without events: [DONE] at once', async () => {
    const session = await TestSession.create(server.url, 'desk');
    const stream = await (await SessionStream.open(session.url('/events/stream'))).end();
    expect(stream.text).toBe(': connected\n\ndata: [DONE]\n\n');
  });

  it('on /api/v1/cloud: history, then live, without end', async () => {
    const session = await TestSession.create(server.url, 'desk', 'one');
    await session.story();
    const stream = await SessionStream.open(`${server.url}/api/v1/cloud/sessions/${session.id}/events/stream`);
    await stream.untilType('session.status_idle');
    await session.send(userMessage('two'));
    await stream.untilType('session.status_idle', 2);
    expect(stream.isOver).toBe(false);
    expect(stream.events.map(({ id }) => id)).toEqual((await session.story()).map(({ id }) => id));
    stream.close();
  });

  it('on /anthropic/v1: only what happens from now on, so that a second turn is not the first again', async () => {
    const session = await TestSession.create(server.url, 'desk', 'one');
    await session.story();
    const stream = await session.live();
    const [echo] = await session.send(userMessage('two'));
    await stream.untilType('session.status_idle');
    expect(stream.events[0]).toMatchObject({ id: echo.id, type: 'user.message' });
    stream.close();
  });

  it.each([
    ['?replay=all', 'the first turn'],
    ['?replay=all&end=done', 'the first turn'],
  ])('as the query says: %s', async (query) => {
    const session = await TestSession.create(server.url, 'desk', 'one');
    const story = await session.story();
    const stream = await session.live(query);
    await stream.untilType('session.status_idle');
    expect(stream.events.map(({ id }) => id)).toEqual(story.map(({ id }) => id));
    if (query.includes('done')) expect((await stream.end()).text).toMatch(/data: \[DONE\]\n\n$/);
    stream.close();
    await expect(session.live('?replay=some')).rejects.toThrow(/^400 .*replay must be one of none, all/);
  });

  it('goes on after Last-Event-ID in every mode', async () => {
    const session = await TestSession.create(server.url, 'desk', 'one');
    const story = await session.story();
    const headers = { 'last-event-id': story[2].id as string };
    for (const prefix of ['', '/anthropic']) {
      const stream = await SessionStream.open(session.url('/events/stream', prefix), headers);
      await stream.untilType('session.status_idle');
      expect(stream.events.map(({ id }) => id)).toEqual(story.slice(3).map(({ id }) => id));
      stream.close();
    }
  });

  it('ends when the session is deleted, saying so', async () => {
    const session = await TestSession.create(server.url, 'desk', 'gate:deleted');
    await gate('deleted').reached;
    const streams = await Promise.all([session.live(), SessionStream.open(session.url('/events/stream?end=open'))]);
    expect((await call('DELETE', session.url())).body).toEqual({ id: session.id, type: 'session_deleted' });
    for (const stream of streams) expect((await stream.end()).types.at(-1)).toBe('session.deleted');
    expect((await call('GET', session.url())).status).toBe(404);
    const threadId = session.id.slice(5).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    expect((await call('GET', `${server.url}/threads/${threadId}`)).status).toBe(404);
    gate('deleted').open();
  });

  it('ends when the session is archived, and again for who comes later', async () => {
    const session = await TestSession.create(server.url, 'desk', 'one');
    await session.story();
    const live = await session.live();
    expect((await call('POST', session.url('/archive'))).body).toMatchObject({ status: 'terminated' });
    expect((await live.end()).types).toEqual(['session.thread_status_terminated', 'session.status_terminated']);
    expect((await (await session.live('?replay=all')).end()).types.at(-1)).toBe('session.status_terminated');
  });

  it('beats while nothing happens', async () => {
    const quick = await TestServer.start(DESK, { SESSION_HEARTBEAT_INTERVAL_MS: 20 });
    const session = await TestSession.create(quick.url, 'desk');
    const stream = await session.live();
    await stream.until(({ comments }) => comments.length >= 3);
    expect(stream.comments).toEqual([': connected', ': heartbeat', ': heartbeat']);
    expect(stream.frames).toEqual([]);
    stream.close();
    await quick.close();
  });

  it('refuses names of deltas that it does not know, and gives none on a replay', async () => {
    const session = await TestSession.create(server.url, 'desk', 'one');
    await expect(session.live('?event_deltas[]=agent.tool_use')).rejects.toThrow(/^400 /);
    const stream = await session.live('?replay=all&end=done&event_deltas[]=agent.message');
    expect((await stream.end()).frames.map(({ event }) => event)).not.toContain('event_delta');
  });
});

describe('paging', () => {
  let session: TestSession;
  let ids: string[];
  beforeAll(async () => {
    session = await TestSession.create(server.url, 'agent', 'Weather in Rome');
    ids = (await session.story()).map(({ id }) => id as string);
  });
  const page = async (query: string): Promise<{ ids: string[]; more: boolean; next: string | null }> => {
    const { status, body } = await call('GET', session.url(`/events?${query}`));
    if (status !== 200) throw new Error(`${status} ${body.error.type}: ${body.error.message}`);
    const found = body.data.map(({ id }: { id: string }) => id);
    expect([body.first_id, body.last_id]).toEqual([found[0] ?? null, found.at(-1) ?? null]);
    return { ids: found, more: body.has_more, next: body.next_page };
  };

  it('goes both ways from any event, in both orders', async () => {
    const back = [...ids].reverse();
    for (const at of [0, 1, 5, ids.length - 1]) {
      const id = ids[at] as string;
      const turned = back.indexOf(id);
      expect((await page(`limit=3&after_id=${id}`)).ids).toEqual(ids.slice(at + 1, at + 4));
      expect((await page(`limit=3&before_id=${id}`)).ids).toEqual(ids.slice(Math.max(at - 3, 0), at));
      expect((await page(`limit=3&order=desc&after_id=${id}`)).ids).toEqual(back.slice(turned + 1, turned + 4));
      expect((await page(`limit=3&order=desc&before_id=${id}`)).ids).toEqual(
        back.slice(Math.max(turned - 3, 0), turned),
      );
      expect((await page(`limit=3&after_id=${id}`)).more).toBe(at + 4 < ids.length);
      expect((await page(`limit=3&before_id=${id}`)).more).toBe(at > 3);
    }
  });

  it.each(['asc', 'desc'])('reaches every event once by next_page, %s', async (order) => {
    const found: string[] = [];
    let next: string | null = null;
    do {
      const one = await page(`limit=4&order=${order}${next === null ? '' : `&page=${next}`}`);
      found.push(...one.ids);
      next = one.next;
      expect(next !== null).toBe(one.more);
    } while (next !== null);
    expect(found).toEqual(order === 'asc' ? ids : [...ids].reverse());
  });

  it('has 20 events unless told, and refuses what it cannot do', async () => {
    await session.send(userMessage('Weather in Oslo'));
    await session.story();
    expect((await page('')).ids).toHaveLength(20);
    const { next } = await page('limit=2');
    for (const query of [
      'limit=0',
      'limit=101',
      'limit=x',
      'order=up',
      'page=x',
      `page=${next}&order=desc`,
      `page=${next}&type=agent.message`,
      `page=${next}&after_id=${ids[0]}`,
      'after_id=evt_1',
      'created_at[gt]=soon',
    ]) {
      await expect(page(query)).rejects.toThrow('400 invalid_request_error');
    }
    const stock = await call('GET', session.url('/events?limit=5000'), undefined, {
      'anthropic-beta': 'managed-agents-2026-04-01',
    });
    expect(stock.body.data.length).toBeGreaterThan(20);
  });

  it('narrows by time', async () => {
    const { body } = await call('GET', session.url('/events?limit=100'));
    const at = body.data[6].processed_at as string;
    const { body: later } = await call('GET', session.url(`/events?limit=100&created_at[gte]=${at}`));
    expect(later.data.map(({ id }: Parsed) => id)).toEqual(
      body.data.filter((event: Parsed) => event.processed_at >= at).map(({ id }: Parsed) => id),
    );
  });
});

it('gives the same events under the same ids after a restart', async () => {
  const own = await TestServer.start(DESK);
  const session = await TestSession.create(own.url, 'team', 'cats');
  const before = await session.story();
  const threads = (await call('GET', session.url('/threads'))).body;
  await own.restart();
  const again = Object.assign(Object.create(TestSession.prototype) as TestSession, { server: own.url, id: session.id });
  const after = await again.story();
  expect(after.map(({ processed_at: _, ...event }) => event)).toEqual(
    before.map(({ processed_at: _, ...event }) => event),
  );
  expect((await call('GET', again.url('/threads'))).body).toEqual(threads);
  expect(new Set(after.map(({ id }) => id)).size).toBe(after.length);
  await own.close();
});

describe('errors', () => {
  it('have the envelope and a request id, and the word that each path knows', async () => {
    const missing = 'sess_00000000000070008000000000000000';
    for (const [path, type] of [
      [`/v1/sessions/${missing}`, 'not_found_error'],
      [`/v1/sessions/${missing}/events/stream`, 'not_found'],
      [`/anthropic/v1/sessions/${missing}/events/stream`, 'not_found_error'],
      [`/v1/sessions/nonsense/threads/x/stream`, 'not_found_error'],
      ['/v1/agents/agent_none', 'not_found_error'],
    ]) {
      const { status, body, headers } = await call('GET', `${server.url}${path}`);
      expect([path, status, body]).toEqual([
        path,
        404,
        { type: 'error', error: { type, message: expect.any(String) }, request_id: headers.get('request-id') },
      ]);
    }
    const broken = await call('POST', `${server.url}/v1/sessions`, { agent: 'agent_desk', metadata: { a: 1 } });
    expect([broken.status, broken.body.error.type, broken.body.error.message]).toEqual([
      400,
      'invalid_request_error',
      expect.stringMatching(/^metadata\.a: /),
    ]);
  });

  it('have it too when no route was reached', async () => {
    const unknown = await call('GET', `${server.url}/v1/nowhere`);
    expect([unknown.status, unknown.body.error.type]).toEqual([404, 'not_found_error']);
    const response = await fetch(`${server.url}/v1/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{',
    });
    expect([response.status, await response.json()]).toEqual([
      400,
      {
        type: 'error',
        error: { type: 'invalid_request_error', message: expect.any(String) },
        request_id: response.headers.get('request-id'),
      },
    ]);
    const list = await call('POST', `${server.url}/v1/sessions`, []);
    expect([list.status, list.body.error.type]).toEqual([400, 'invalid_request_error']);
  });

  it('tell callers without a key, and hide what is another\'s', async () => {
    const guarded = await TestServer.start(DESK, { AUTH_API_KEYS: 'ada:key-a,bob:key-b' });
    const create = (key: Record<string, string>) =>
      call('POST', `${guarded.url}/v1/sessions`, { agent: 'agent_desk', environment_id: 'env_default' }, key);
    const refused = await create({});
    expect([refused.status, refused.body.error.type, refused.body.request_id]).toEqual([
      401,
      'authentication_error',
      refused.headers.get('request-id'),
    ]);
    const { id } = (await create({ 'x-api-key': 'key-a' })).body;
    const path = `${guarded.url}/v1/sessions/${id}`;
    expect((await call('GET', path, undefined, { authorization: 'Bearer key-a' })).status).toBe(200);
    expect((await call('GET', path, undefined, { authorization: 'Bearer key-b' })).status).toBe(404);
    expect(
      (await call('GET', `${guarded.url}/v1/sessions`, undefined, { authorization: 'Bearer key-b' })).body.data,
    ).toEqual([]);
    await guarded.close();
  });
});

describe('the samples of the documentation', () => {
  it('curl reads a session to its end', async () => {
    const session = await TestSession.create(server.url, 'agent', 'order 1234');
    const { stdout } = await run('curl', [
      '-sN',
      session.url('/events/stream'),
      '-H',
      'Authorization: Bearer sk-sb-YOUR_KEY',
    ]);
    const lines = stdout.split('\n').filter((line) => line.startsWith('data: '));
    expect(lines.pop()).toBe('data: [DONE]');
    const types = lines.map((line) => (JSON.parse(line.slice(6)) as { type: string }).type);
    expect(types.filter((type) => !type.startsWith('span.') && !type.startsWith('session.thread'))).toEqual([
      'user.message',
      'session.status_running',
      'agent.message',
      'agent.tool_use',
      'agent.tool_result',
      'agent.message',
      'session.status_idle',
    ]);
    const use = JSON.parse(lines.find((line) => line.includes('"agent.tool_use"'))?.slice(6) ?? '') as {
      content: unknown;
    };
    expect(use.content).toEqual({ name: 'get_weather', input: { city: 'Lisbon' } });
  });

  it('curl lists the events of a thread', async () => {
    const session = await TestSession.create(server.url, 'team', 'cats');
    await session.story();
    const [, child] = (await call('GET', session.url('/threads'))).body.data;
    const url = `${server.url}/api/v1/cloud/sessions/${session.id}/threads/${child.id}/events?limit=10`;
    const { stdout } = await run('curl', ['-s', '-X', 'GET', url, '-H', 'Authorization: Bearer PAT']);
    expect(JSON.parse(stdout)).toMatchObject({
      has_more: false,
      data: [{ type: 'agent.thread_message_sent' }, { type: 'session.thread_status_running' }, {}, {}, {}, {}, {}],
    });
  });
});
