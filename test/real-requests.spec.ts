import { assistantIdOf } from '../src/graphs/assistant-resolver.js';
import { rawRequest } from './support/raw-request.js';
import { GATED, TestServer } from './support/running-server.js';
import { gate } from './support/gate.js';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each test looks into what it asked for
type Json = any;

interface Answer {
  status: number;
  headers: Headers;
  body: Json;
}

/** A frame of a run's stream. */
interface Frame {
  id: string | null;
  event: string;
  data: Json;
}

function framesOf(text: string): Frame[] {
  return text.split('\n\n').filter((block) => block.includes('event: ')).map((block) => {
    const field = (name: string): string | null => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? null;
    return { id: field('id'), event: field('event') ?? '', data: JSON.parse(field('data') ?? 'null') as Json };
  });
}

/** Where Studio is served from; a server lets it in by name. */
const STUDIO = 'https://smith.langchain.com';

/** The requests that applications make one after the other; docs/clients.md has the table. */
describe('The requests of', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start(GATED, { CORS_ORIGINS: STUDIO });
  });
  afterAll(() => server.close());

  /** A page of `origin` that sends its bodies as `type`. */
  const client =
    (origin: string, type: string) =>
    async (method: string, path: string, body?: object): Promise<Answer> => {
      const response = await fetch(`${server.url}${path}`, {
        method,
        headers: { origin, ...(body ? { 'content-type': type } : {}) },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      const text = await response.text();
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
      const read = (): Json => (text === '' ? null : JSON.parse(text));
      return { status: response.status, headers: response.headers, body: isStream ? framesOf(text) : read() };
    };

  const says = (content: string): Json => ({ messages: [{ type: 'human', content, id: `said-${content}` }] });
  const eventsOf = (frames: Frame[]): string[] => [...new Set(frames.map(({ event }) => event))];

  describe('Agent Chat UI', () => {
    const ask = client('http://localhost:3000', 'application/json');
    const run = {
      assistant_id: 'agent',
      stream_mode: ['values'],
      stream_subgraphs: true,
      stream_resumable: true,
      on_disconnect: 'continue',
    };

    it('looks whether there is a server, and lists threads of a graph and of an assistant', async () => {
      expect((await ask('GET', '/info')).status).toBe(200);
      for (const key of ['graph_id', 'assistant_id']) {
        const found = await ask('POST', '/threads/search', { metadata: { [key]: 'nobody' }, limit: 100 });
        expect([found.status, found.body]).toEqual([200, []]);
      }
    });

    it('starts a thread, streams a run on it, and finds the thread again', async () => {
      const thread = await ask('POST', '/threads', {});
      const id = thread.body.thread_id as string;
      const empty = await ask('POST', `/threads/${id}/history`, { limit: 10 });
      expect([thread.status, empty.status, empty.body]).toEqual([200, 200, []]);

      const stream = await ask('POST', `/threads/${id}/runs/stream`, { ...run, input: says('in Rome') });
      expect(stream.headers.get('content-type')).toMatch(/^text\/event-stream/);
      const runId = stream.body[0].data.run_id as string;
      expect(stream.headers.get('content-location')).toBe(`/threads/${id}/runs/${runId}`);
      expect(stream.headers.get('location')).toBe(`/threads/${id}/runs/${runId}/stream`);
      expect(stream.headers.get('access-control-expose-headers')).toMatch(/content-location/i);
      expect(stream.headers.get('access-control-expose-headers')).toMatch(/(^|, ?)location/i);
      expect(stream.body[0].event).toBe('metadata');
      expect(stream.body.at(-1)).toMatchObject({ event: 'end', data: { run_id: runId, status: 'success' } });
      expect(stream.body.at(-2).data.messages.at(-1).content).toContain('Rome: sunny');

      const { body: history } = await ask('POST', `/threads/${id}/history`, { limit: 10 });
      expect(history[0]).toMatchObject({
        values: { messages: [{ type: 'human' }, { type: 'ai' }, { type: 'tool' }, { type: 'ai' }] },
        checkpoint: { thread_id: id, checkpoint_ns: '', checkpoint_id: expect.any(String) as string },
        parent_checkpoint: { checkpoint_id: history[1].checkpoint.checkpoint_id as string },
        next: [],
        tasks: [],
      });
      for (const metadata of [{ graph_id: 'agent' }, { assistant_id: assistantIdOf('agent') }]) {
        const found = await ask('POST', '/threads/search', { metadata, limit: 100 });
        expect((found.body as { thread_id: string }[]).map(({ thread_id: found }) => found)).toContain(id);
        expect(found.body[0]).toMatchObject({ status: 'idle', values: { messages: expect.any(Array) as unknown[] } });
      }

      // An edited message: from the checkpoint before it, beside what was said.
      const { checkpoint } = history.at(-1) as { checkpoint: object };
      const edited = await ask('POST', `/threads/${id}/runs/stream`, { ...run, checkpoint, input: says('in Oslo') });
      expect(edited.body.at(-2).data.messages).toHaveLength(4);
      expect(edited.body.at(-2).data.messages[0].content).toBe('in Oslo');
    });

    it('joins a run that it lost, and cancels one', async () => {
      const { body: thread } = await ask('POST', '/threads', {});
      const runs = `/threads/${thread.thread_id as string}/runs`;
      const name = `chat-${thread.thread_id as string}`;
      const { body: pending } = await ask('POST', runs, {
        ...run, assistant_id: 'gated', input: { ...says('hi'), gate: name }, stream_mode: ['values', 'messages-tuple'],
      });
      await gate(name).reached;
      const cancelled = await ask('POST', `${runs}/${pending.run_id as string}/cancel?wait=0&action=interrupt`);
      expect(cancelled.status).toBe(202);
      const joined = await fetch(`${server.url}${runs}/${pending.run_id as string}/stream?stream_mode=values`, {
        headers: { 'last-event-id': '-1' },
      });
      const frames = framesOf(await joined.text());
      expect(eventsOf(frames).slice(0, 2)).toEqual(['metadata', 'values']);
      expect(frames.at(-1)).toMatchObject({ event: 'end', data: { status: 'interrupted' } });
      expect((await ask('GET', `${runs}/${pending.run_id as string}`)).body).toMatchObject({ status: 'interrupted' });
    });

    it('asks for components of a graph, and is told that there is no such route', async () => {
      const answer = await ask('POST', '/ui/agent', { name: 'weather' });
      expect(answer).toMatchObject({ status: 404, body: { message: expect.stringContaining('/ui/agent') as string } });
    });

    it('answers an interrupt', async () => {
      const { body: thread } = await ask('POST', '/threads', {});
      const path = `/threads/${thread.thread_id as string}`;
      await ask('POST', `${path}/runs/stream`, { ...run, assistant_id: 'approval', input: says('A party') });
      const { body: history } = await ask('POST', `${path}/history`, { limit: 10 });
      expect(history[0].tasks.flatMap(({ interrupts }: Json) => interrupts as Json[])).toMatchObject([
        { id: expect.any(String) as string, value: { role: 'budget' } },
        { id: expect.any(String) as string, value: { role: 'legal' } },
      ]);
      const command = { resume: 'approve' };
      const answered = await ask('POST', `${path}/runs/stream`, { ...run, assistant_id: 'approval', command });
      expect(answered.body.at(-2).data.__interrupt__).toMatchObject([{ value: { role: 'release' } }]);
    });
  });

  describe('Studio', () => {
    const ask = client(STUDIO, 'text/plain;charset=UTF-8');

    it('lists the assistants of the graphs, and draws one', async () => {
      expect((await ask('GET', '/info')).body).toMatchObject({ flags: { assistants: true } });
      const found = await ask('POST', '/assistants/search', { metadata: { created_by: 'system' }, limit: 100 });
      expect((found.body as Json[]).map(({ graph_id: graph }) => graph as string).sort()).toEqual(
        ['agent', 'approval', 'gated', 'research'],
      );
      const id = found.body.find(({ graph_id: graph }: Json) => graph === 'research').assistant_id as string;
      expect((await ask('GET', `/assistants/${id}`)).body).toMatchObject({ assistant_id: id, graph_id: 'research' });
      for (const xray of ['true', '1']) {
        const { body: drawn } = await ask('GET', `/assistants/${id}/graph?xray=${xray}`);
        expect(drawn).toMatchObject({ nodes: expect.any(Array) as unknown[], edges: expect.any(Array) as unknown[] });
        expect(drawn.nodes[0]).toMatchObject({ id: '__start__' });
      }
      const subgraphs = await ask('GET', `/assistants/${id}/subgraphs?recurse=true`);
      expect([subgraphs.status, typeof subgraphs.body]).toEqual([200, 'object']);
      expect((await ask('GET', `/assistants/${id}/schemas`)).body).toMatchObject({
        graph_id: 'research', input_schema: { type: 'object' }, state_schema: { type: 'object' },
      });
      const versions = await ask('POST', `/assistants/${id}/versions`, { limit: 100, offset: 0 });
      expect(versions.body).toMatchObject([{ assistant_id: id, version: 1 }]);
    });

    it('asks for schemas with a content type and no body', async () => {
      const answer = await rawRequest(`${server.url}/assistants/agent/schemas`, 'GET', {
        'content-type': 'application/json',
      }, '');
      expect(answer.status).toBe(200);
    });

    it('runs a thread, looks at its states, forks it and goes on', async () => {
      const made = await ask('POST', '/threads', { metadata: { graph_id: 'agent' } });
      const path = `/threads/${made.body.thread_id as string}`;
      expect((await ask('GET', `${path}/state?subgraphs=true`)).body).toMatchObject({
        values: {},
        next: [],
        tasks: [],
      });
      const run = {
        assistant_id: assistantIdOf('agent'),
        stream_mode: ['debug', 'messages'],
        stream_subgraphs: true,
        multitask_strategy: 'rollback',
        checkpoint_during: true,
        config: { configurable: {}, recursion_limit: 25, tags: [] },
        metadata: { from_studio: true },
      };
      const stream = await ask('POST', `${path}/runs/stream`, { ...run, input: says('in Rome') });
      expect(stream.status).toBe(200);
      expect(eventsOf(stream.body as Frame[])).toEqual(
        ['metadata', 'debug', 'messages/metadata', 'messages/partial', 'messages/complete', 'end'],
      );
      const debugged = (stream.body as Frame[]).filter(({ event }) => event === 'debug');
      expect(new Set(debugged.map(({ data }) => data.type as string))).toEqual(
        new Set(['checkpoint', 'task', 'task_result']),
      );

      const { body: history } = await ask('POST', `${path}/history`, { limit: 100 });
      const { checkpoint } = history.find(({ next }: Json) => next[0] === 'tools') as Json;
      const at = await ask('GET', `${path}/state/${checkpoint.checkpoint_id as string}?subgraphs=true`);
      const same = await ask('POST', `${path}/state/checkpoint`, { checkpoint, subgraphs: true });
      expect(at.body).toMatchObject({ next: ['tools'], checkpoint, tasks: [{ name: 'tools' }] });
      expect(same.body).toEqual(at.body);

      const forked = await ask('POST', `${path}/state`, {
        values: { messages: [{ type: 'human', content: 'in Oslo' }] }, checkpoint, as_node: '__start__',
      });
      expect(forked.body).toMatchObject({
        checkpoint: { checkpoint_ns: '', checkpoint_id: expect.any(String) as string },
      });
      const resumed = await ask('POST', `${path}/runs/stream`, {
        ...run,
        input: null,
        checkpoint: forked.body.checkpoint,
      });
      expect(resumed.body.at(-1)).toMatchObject({ event: 'end', data: { status: 'success' } });
      expect((await ask('GET', `${path}/state`)).body.values.messages.at(-1).content).toContain('in Oslo');
      const listed = await ask('POST', '/threads/search', {
        limit: 20, offset: 0, metadata: { graph_id: 'agent' }, sort_by: 'updated_at', sort_order: 'desc',
      });
      expect(listed.body[0]).toMatchObject({ thread_id: made.body.thread_id as string, status: 'idle' });
      expect((await ask('DELETE', path)).status).toBe(204);
    });

    it('keeps and finds items in the store', async () => {
      const namespace = ['studio', 'notes'];
      expect((await ask('PUT', '/store/items', { namespace, key: 'one', value: { text: 'hi' } })).status).toBe(204);
      const spaces = await ask('POST', '/store/namespaces', { prefix: [], limit: 100, offset: 0 });
      expect(spaces.body).toEqual({ namespaces: [namespace] });
      const found = await ask('POST', '/store/items/search', { namespace_prefix: namespace, limit: 10, offset: 0 });
      expect(found.body).toMatchObject({ items: [{ namespace, key: 'one', value: { text: 'hi' } }] });
      expect((await ask('GET', '/store/items?namespace=studio.notes&key=one')).body).toMatchObject({ key: 'one' });
      expect((await ask('DELETE', '/store/items', { namespace, key: 'one' })).status).toBe(204);
      expect((await ask('GET', '/store/items?namespace=studio.notes&key=one')).body).toBeNull();
    });

    it('asks what the server is without a key, and is told nothing that is anybody\'s', async () => {
      const guarded = await TestServer.start(GATED, { AUTH_API_KEYS: 'ada:key-a' });
      const info = await fetch(`${guarded.url}/info`);
      const told = (await info.json()) as object;
      const refused = await fetch(`${guarded.url}/assistants/search`, {
        method: 'POST',
        body: '{}',
        headers: { 'content-type': 'text/plain' },
      });
      await guarded.close();
      expect([info.status, refused.status]).toEqual([200, 401]);
      expect(Object.keys(told).sort()).toEqual([
        'context',
        'flags',
        'langgraph_js_version',
        'threadlog_version',
        'version',
      ]);
    });
  });
});
