import { join } from 'node:path';
import { PROJECT } from './built-program.js';
import { acceptedRun } from './support/rest-runs.js';
import { TestServer } from './support/running-server.js';
import { ServerHome } from './support/server-process.js';
import { idOf, isRoot, isTerminal, story, type ThreadEvent, ThreadProbe } from './support/thread-probe.js';

const CALLS = join(PROJECT, 'test/fixtures/calls/langgraph.json');
const INPUT = { messages: [{ role: 'user', content: 'go' }], delayMs: 0, tokens: 5, custom: 3 };
const says = (content: string): unknown => ({ messages: [{ role: 'user', content }] });

let server: TestServer;
const probes: ThreadProbe[] = [];

beforeAll(async () => {
  server = await TestServer.start(CALLS);
});
afterAll(async () => {
  for (const probe of probes) probe.close();
  await server.close();
});

function newThread(): ThreadProbe {
  const thread = new ThreadProbe(server);
  probes.push(thread);
  return thread;
}

/** Plays a graph to its end on a thread of its own. */
async function played(call: 'native' | 'classic', graph: string): Promise<ThreadEvent[]> {
  const thread = newThread();
  const run =
    call === 'native' ? thread.start(graph, INPUT) : acceptedRun(thread, { assistant_id: graph, input: INPUT });
  await thread.ended(await run);
  return [...(await thread.read())];
}

const IDS = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}/g;

/** The event without ids and times, and its messages without what the two kinds of call say differently. */
function comparable({ method, params: { namespace, node, data } }: ThreadEvent): string {
  return JSON.stringify([method, namespace, node, alike(data)]).replace(IDS, '#');
}

/**
 * A message's text as a text, without the blocks of its tool calls, which it also has in `tool_calls`; and without the
 * leftovers of each form: the version of the blocks there, the pieces of the tool calls here.
 */
function alike(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(alike);
  if (typeof value !== 'object' || value === null) return value;
  const { tool_call_chunks: _chunks, response_metadata: about, ...fields } = value as Record<string, unknown>;
  const { output_version: _version, finish_reason: _reason, ...kept } = (about ?? {}) as Record<string, unknown>;
  const same = Object.keys(kept).length > 0 ? { ...fields, response_metadata: kept } : fields;
  const entries = Object.entries(same).map(([key, entry]) => [
    key,
    key === 'content' && same.type === 'ai' ? textOf(entry) : alike(entry),
  ]);
  return Object.fromEntries(entries.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
}

function textOf(content: unknown): unknown {
  const blocks = Array.isArray(content) ? (content as { type: string; text: string }[]) : [];
  return Array.isArray(content)
    ? blocks
        .filter(({ type }) => type === 'text')
        .map(({ text }) => text)
        .join('')
    : content;
}

describe('a run over REST', () => {
  it('gives nodes the content of a plain answer as a string, as graph.stream does', async () => {
    const thread = newThread();
    await thread.ended(await acceptedRun(thread, { assistant_id: 'loop', input: says('go') }));
    expect(await thread.values()).toMatchObject({ messages: [{ content: 'go' }, { content: 'end' }] });
  });

  it('gives them content blocks when it is started by run.start', async () => {
    const thread = newThread();
    const terminal = await thread.ended(await thread.start('loop', says('go'), { config: { recursion_limit: 5 } }));
    expect(terminal.params.data).toMatchObject({ event: 'failed', error: expect.stringContaining('Recursion limit') });
    expect((await thread.values()).messages).toContainEqual(
      expect.objectContaining({ content: [{ type: 'text', text: 'end' }] }),
    );
  });

  it('keeps the handlers that the graph has of its own, and streams what a node streams by itself', async () => {
    const thread = newThread();
    await thread.ended(await acceptedRun(thread, { assistant_id: 'bound', input: says('go') }));
    expect(await thread.values()).toMatchObject({ form: 'string', tokens: 6 });
    const deltas = (await thread.read()).filter(
      ({ method, params }) => method === 'messages' && params.data.event === 'content-block-delta',
    );
    expect(deltas.map(({ params: { node, data } }) => `${node} ${(data.delta as { text: string }).text}`)).toEqual(
      ['invoke', 'stream'].flatMap((node) => ['one ', 'two ', 'three'].map((word) => `${node} ${word}`)),
    );
  });

  it('keeps its kind when its question is answered by a command, and can be answered over REST', async () => {
    for (const answer of ['command', 'rest']) {
      const thread = newThread();
      await thread.ended(await acceptedRun(thread, { assistant_id: 'loop', input: says('ask') }));
      const id = idOf(await thread.asked());
      const answered =
        answer === 'command'
          ? thread.respond(id, 'this')
          : acceptedRun(thread, { assistant_id: 'loop', command: { resume: 'this' } });
      await thread.ended(await answered);
      expect(story(await thread.read())).toEqual([
        'running',
        `asked ${id}`,
        'interrupted',
        'running',
        `answered ${id}`,
        'completed',
      ]);
      expect((await thread.values()).messages).toMatchObject([
        { content: 'ask' },
        { content: 'this' },
        { content: 'end' },
      ]);
    }
  });

  it('is cancelled in the middle of a message, which is closed before the terminal', async () => {
    const thread = newThread();
    const reader = await thread.open({ since: 0 });
    const run = await acceptedRun(thread, { assistant_id: 'slow', input: says('go') });
    await reader.until(({ method, params }) => method === 'messages' && params.data.event === 'content-block-delta', 3);
    expect((await fetch(`${thread.url}/runs/${run}/cancel?wait=1`, { method: 'POST' })).status).toBe(204);
    await reader.until(isTerminal);
    expect(reader.events.slice(-3).map(({ method, params }) => [method, params.data.event])).toEqual([
      ['messages', 'error'],
      ['lifecycle', 'interrupted'],
      ['lifecycle', 'interrupted'],
    ]);
    expect(await thread.get(`/runs/${run}`)).toMatchObject({ status: 'interrupted' });
  });
});

describe('the logs of both kinds of call', () => {
  it.each(['agent', 'approval', 'firehose', 'research', 'team', 'everything'])(
    'are the same but for the form of content (%s)',
    async (graph) => {
      const [native, classic] = await Promise.all([played('native', graph), played('classic', graph)]);
      expect(native.filter(({ method }) => method === 'messages').length).toBeGreaterThan(0);
      expect(classic.map(comparable).sort()).toEqual(native.map(comparable).sort());
    },
  );

  it.each(['agent', 'firehose'])(
    'are in the same order where one thing happens after the other (%s)',
    async (graph) => {
      const [native, classic] = await Promise.all([played('native', graph), played('classic', graph)]);
      expect(classic.map(comparable)).toEqual(native.map(comparable));
    },
  );
});

describe('after a crash', () => {
  const home = new ServerHome(CALLS);
  afterAll(() => home.dispose());

  it('a run is called in the way it was called before', async () => {
    const first = await home.start();
    const threads = { classic: new ThreadProbe(first), native: new ThreadProbe(first) };
    const runs = {
      classic: await acceptedRun(threads.classic, { assistant_id: 'patient', input: says('go') }),
      native: await threads.native.start('patient', says('go'), { config: { recursion_limit: 6 } }),
    };
    for (const thread of Object.values(threads)) {
      const reader = await thread.open({ since: 0 });
      await reader.until(
        ({ method, params }) => method === 'messages' && params.data.event === 'content-block-delta',
        3,
      );
      reader.close();
    }
    await first.kill();

    const second = await home.start();
    const ends = await Promise.all(
      (['classic', 'native'] as const).map(async (call) => {
        const thread = new ThreadProbe(second, threads[call].threadId);
        const { data } = (await thread.ended(runs[call])).params;
        const log = await thread.read();
        thread.close();
        return [data.event, log.filter(isRoot).map(({ params }) => params.data.event)];
      }),
    );
    expect(ends).toEqual([
      ['completed', ['running', 'running', 'completed']],
      ['failed', ['running', 'running', 'failed']],
    ]);
  });
});
