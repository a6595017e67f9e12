import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { PROJECT } from './built-program.js';
import { execute, type ExecutionFrame, ExecutionStream, told } from './support/execution-stream.js';
import { post } from './support/run-commands.js';
import { TestServer } from './support/running-server.js';

const CONFIG = join(PROJECT, 'test/fixtures/execution-graphs/langgraph.json');
const EIGHT = ['output', 'blocked', 'started', 'completed', 'failed', 'turn_complete', 'status', 'tool_running'];

const texts = (frames: readonly ExecutionFrame[]): string => frames.map(({ text }) => text).join('\n\n');
const outputOf = (frames: readonly ExecutionFrame[], threadId: string): string =>
  frames
    .filter(({ event, data }) => event === 'thread_output' && data.threadId === threadId)
    .map((frame) => told(frame).text)
    .join('');

describe('executions', () => {
  let server: TestServer;
  const open: ExecutionStream[] = [];

  beforeAll(async () => {
    server = await TestServer.start(CONFIG);
  });
  afterEach(() => open.splice(0).forEach((stream) => stream.close()));
  afterAll(() => server.close());

  const stream = async (path: string, headers: Record<string, string> = {}): Promise<ExecutionStream> => {
    const opened = await ExecutionStream.open(`${server.url}${path}`, headers);
    open.push(opened);
    return opened;
  };
  /** Plays an execution to the end of its root thread. */
  const play = async (
    pattern: string,
    last = 'thread_completed',
  ): Promise<{ id: string; path: string; frames: ExecutionFrame[] }> => {
    const { id, streamUrl } = await execute(server.url, pattern, 'the moon');
    const frames = (await (await stream(streamUrl)).untilEvent(last, pattern)).frames;
    return { id, path: streamUrl.split('?')[0] as string, frames };
  };
  const json = async (path: string): Promise<Record<string, unknown>> =>
    (await (await fetch(`${server.url}${path}`)).json()) as Record<string, unknown>;

  it('accepts an execution and says where to stream it from its first event', async () => {
    const accepted = await execute(server.url, 'agent', 'hello');
    expect(accepted).toEqual({
      id: expect.stringMatching(/^exec-[0-9a-f-]{36}$/), status: 'accepted', message: 'Execution of agent was accepted',
      streamUrl: `/api/executions/${accepted.id}/threads/stream?lastEventId=0`, webhookConfigured: false,
    });
  });

  it('sends the headers of the stream, and connected first, without an id', async () => {
    const { path, id } = await play('agent');
    const { headers, frames } = await (await stream(`${path}?threadIds=agent`)).until((each) => each.frames.length > 0);
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache',
      connection: 'keep-alive',
      'x-accel-buffering': 'no',
    });
    expect(frames[0]).toMatchObject({ event: 'connected', id: null, data: { executionId: id, threadIds: ['agent'] } });
    expect(
      (await stream(path).then((all) => all.until((each) => each.frames.length > 0))).frames[0]?.data.threadIds,
    ).toBeNull();
  });

  it('tells a team as three threads, each counted from 1 and ended with what it said', async () => {
    const { frames } = await play('team');
    const ofThread = (id: string): ExecutionFrame[] => frames.slice(1).filter(({ data }) => data.threadId === id);
    expect([...new Set(frames.slice(1).map(({ data }) => data.threadId))].sort()).toEqual([
      'researcher',
      'team',
      'writer',
    ]);
    for (const threadId of ['researcher', 'team', 'writer']) {
      const own = ofThread(threadId);
      expect(own.map(({ data }) => data.data.sequence)).toEqual(own.map((_, index) => index + 1));
      expect([own[0]?.event, own.at(-1)?.event]).toEqual(['thread_started', 'thread_completed']);
      const { result } = told(own.at(-1) as ExecutionFrame);
      expect(outputOf(own, threadId).endsWith(result as string)).toBe(true);
      expect(own.find(({ event }) => event === 'thread_turn_complete')).toBeDefined();
    }
    expect(told(ofThread('writer')[0] as ExecutionFrame)).toMatchObject({
      agent_name: 'writer',
      parent: 'team',
      cause: { type: 'toolCall' },
    });
    const tools = ofThread('team').filter(({ event }) => event === 'thread_tool_running');
    expect(tools.map((frame) => told(frame).tool_name)).toEqual(['task', 'task']);
  });

  it('shows each of the eight types over all examples, in the envelope of the gateway', async () => {
    const played = [
      await play('team'),
      await play('approval', 'thread_blocked'),
      await play('accident', 'thread_failed'),
    ];
    const frames = played.flatMap((each) => each.frames.slice(1));
    expect([...new Set(frames.map(({ event }) => event))].sort()).toEqual(EIGHT.map((type) => `thread_${type}`).sort());
    for (const { event, id, data: { executionId, threadId, type, data, timestamp } } of frames) {
      expect(`gateway_${event}`).toBe(type);
      expect(played.map((each) => each.id)).toContain(executionId);
      expect(data).toMatchObject({
        thread_id: threadId,
        event_type: event.slice('thread_'.length),
        data_json: expect.any(String),
        sequence: expect.any(Number),
      });
      expect(new Date(data.timestamp_ms).toISOString()).toBe(timestamp);
      expect(id).toBeGreaterThan(0);
    }
    const [failed] = frames.filter(({ event }) => event === 'thread_failed');
    expect(told(failed as ExecutionFrame)).toEqual({ error: 'tripped over the carpet' });
  });

  it('begins a thread for a graph inside a tool that LangGraph alone announces', async () => {
    const { frames } = await play('office');
    expect(outputOf(frames, 'archive')).toBe('Filed: the moon');
    expect(
      frames
        .filter(({ data }) => data.threadId === 'archive')
        .map(({ event }) => event.slice(7))
        .filter((type) => type !== 'output'),
    ).toEqual(['started', 'turn_complete', 'completed']);
  });

  it('resumes after any event with what comes after it, by header or by query, the header first', async () => {
    const { path, frames } = await play('team');
    const events = frames.slice(1);
    expect(events.map(({ id }) => id)).toEqual(
      [...new Set(events.map(({ id }) => id))].sort((a, b) => Number(a) - Number(b)),
    );
    for (const [index, { id }] of events.entries()) {
      const rest = events.slice(index + 1);
      const resumed = await stream(
        `${path}?lastEventId=${index % 2 ? 0 : id}`,
        index % 2 ? { 'last-event-id': String(id) } : {},
      );
      await resumed.until((each) => each.events.length >= rest.length);
      expect(texts(resumed.events)).toBe(texts(rest));
      resumed.close();
    }
  });

  it('gives the same frames to a reader that never has room, and after a restart', async () => {
    const first = await TestServer.start(CONFIG, { MAX_SUBSCRIBER_BUFFER_BYTES: 1, READ_PAGE_ROWS: 7 });
    try {
      const { streamUrl } = await execute(first.url, 'team', 'the moon', {}, 1);
      const slow = await ExecutionStream.open(`${first.url}${streamUrl}`);
      const seen = texts((await slow.untilEvent('thread_completed', 'team')).frames);
      await first.restart();
      const again = await ExecutionStream.open(`${first.url}${streamUrl}`);
      expect(texts((await again.untilEvent('thread_completed', 'team')).frames)).toBe(seen);
      again.close();
    } finally {
      await first.close();
    }
  });

  it('starts live without a cursor', async () => {
    const { path } = await play('agent');
    const late = await stream(path);
    const threadId = ((await json(path.replace('/threads/stream', ''))).threadId) as string;
    const second = await execute(server.url, 'agent', 'again', { threadId });
    const own = await (await stream(second.streamUrl)).untilEvent('thread_completed', 'agent');
    expect(late.events).toEqual([]);
    expect(new Set(own.events.map(({ data }) => data.executionId))).toEqual(new Set([second.id]));
    expect(own.events[0]?.data.data.sequence).toBe(1);
  });

  it('says so when it does not know the place to resume after, and sends everything', async () => {
    const { path, frames } = await play('agent');
    const lost = await (
      await stream(`${path}?lastEventId=999999`)
    ).until((each) => each.frames.length === frames.length);
    expect([lost.headers['threadlog-missed'], lost.frames[0]?.data]).toEqual([
      'true',
      expect.objectContaining({ missed: true }),
    ]);
    expect(texts(lost.events)).toBe(texts(frames.slice(1)));
    expect((await fetch(`${server.url}${path}?lastEventId=yesterday`)).status).toBe(400);
  });

  it('filters by threads, also by those that have not begun', async () => {
    const { id } = await execute(server.url, 'team', 'the moon', {}, 2);
    const filtered = await stream(`/api/executions/${id}/threads/stream?lastEventId=0&threadIds=writer,researcher`);
    await filtered.untilEvent('thread_completed', 'writer');
    await filtered.untilEvent('thread_completed', 'researcher');
    expect(new Set(filtered.events.map(({ data }) => data.data.thread_id))).toEqual(new Set(['researcher', 'writer']));
  });

  it('waits when an answer is needed; the answer is an execution of its own on the same thread', async () => {
    const { id, frames } = await play('approval', 'thread_status');
    const { threadId, status } = await json(`/api/executions/${id}`);
    expect(status).toBe('blocked');
    const responses = frames
      .filter(({ event }) => event === 'thread_blocked')
      .map((frame) => ({ interrupt_id: told(frame).interrupt_id, response: 'approve' }));
    expect(responses).toHaveLength(2);
    await post(`${server.url}/threads/${String(threadId)}/commands`, {
      id: 1,
      method: 'input.respond',
      params: { responses },
    });
    const { executions, total } = await json(`/api/executions?threadId=${String(threadId)}`);
    expect(total).toBe(2);
    const [next] = executions as { id: string }[];
    const answered = await (
      await stream(`/api/executions/${next?.id}/threads/stream?lastEventId=0`)
    ).untilEvent('thread_blocked', 'approval');
    expect(told(answered.events.find(({ event }) => event === 'thread_blocked') as ExecutionFrame)).toMatchObject({
      payload: { role: 'release' },
    });
  });

  it('gets an execution by its id or its run id, and lists them newest first, in pages', async () => {
    const threadId = randomUUID();
    const ids: string[] = [];
    for (const text of ['one', 'two', 'three']) ids.push((await execute(server.url, 'agent', text, { threadId })).id);
    const [first] = ids as [string];
    const got = await json(`/api/executions/${first}`);
    expect(got).toMatchObject({
      id: first,
      patternName: 'agent',
      threadId,
      runId: first.slice(5),
      input: { messages: [{ content: 'one' }] },
    });
    expect(await json(`/api/executions/${first.slice(5)}`)).toMatchObject({ id: first });
    const page = await json(`/api/executions?threadId=${threadId}&limit=2&offset=1`);
    expect(page).toMatchObject({ total: 3, limit: 2, offset: 1 });
    expect((page.executions as { id: string }[]).map(({ id }) => id)).toEqual([ids[1], ids[0]]);
  });

  it('cancels an execution at any moment; one that has ended stays as it is', async () => {
    const { id, streamUrl } = await execute(server.url, 'agent', 'slowly', {}, 100_000);
    const running = await (await stream(streamUrl)).untilEvent('thread_started', 'agent');
    const cancel = async (): Promise<unknown> => (await post(`${server.url}/api/executions/${id}/cancel`, {})).json();
    expect(await cancel()).toEqual({ message: 'Execution cancelled', id });
    await running.untilEvent('thread_status', 'agent');
    expect(told(running.events.at(-1) as ExecutionFrame)).toEqual({ status: 'interrupted' });
    expect(await json(`/api/executions/${id}`)).toMatchObject({ status: 'cancelled' });
    expect(await cancel()).toEqual({ message: 'Execution had already ended', id });
  });

  it('refuses what it cannot serve before a stream begins, each time with one sentence', async () => {
    const { id } = await play('agent');
    await play('team');
    const running = await execute(server.url, 'agent', 'slowly', {}, 100_000);
    const path = `/api/executions/${id}/threads/stream`;
    const cases: [status: number, path: string][] = [
      [404, '/api/executions/exec-nothing'],
      [404, '/api/executions/exec-nothing/threads/stream'],
      [400, `${path}?threadIds[]=agent`],
      [400, `${path}?threadIds=agent&threadIds=b`],
      [400, '/api/executions?limit=0'],
      [403, `${path}?threadIds=agent,researcher`],
      [403, `${path}?threadIds=nobody`],
      [403, `/api/executions/${running.id}/threads/stream?threadIds=researcher`],
      [403, `/api/executions/${running.id}/threads/stream?threadIds=team`],
    ];
    for (const [status, at] of cases) {
      const response = await fetch(`${server.url}${at}`);
      expect([at, response.status, await response.json()]).toEqual([at, status, { error: expect.any(String) }]);
    }
    const bodies: [status: number, body: object][] = [
      [400, {}], [400, { patternName: 'agent', options: { threadId: 'a/b' } }], [404, { patternName: 'nothing' }],
      [409, { patternName: 'agent', options: { threadId: await threadOf(running.id), multitaskStrategy: 'reject' } }],
    ];
    for (const [status, body] of bodies) {
      const response = await post(`${server.url}/api/executions`, body);
      expect([body, response.status, await response.json()]).toEqual([body, status, { error: expect.any(String) }]);
    }
    await post(`${server.url}/api/executions/${running.id}/cancel`, {});
  });

  const threadOf = async (id: string): Promise<unknown> => (await json(`/api/executions/${id}`)).threadId;
});
