import { stateJson } from '../src/graphs/state-json.js';
import { MemorySaver } from '@langchain/langgraph';
import { TestServer } from './support/running-server.js';
import type { Part } from './support/run-parts.js';
import { SDK_VERSIONS, type Client } from './support/sdk-versions.js';

const MODES = ['values', 'updates', 'messages', 'custom', 'tasks', 'checkpoints', 'debug', 'tools'] as const;
const { Client: AnyClient } = SDK_VERSIONS[0]!;

interface Frame {
  event: string;
  data: unknown;
}

const IDS = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}/g;
const TIMES = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|\+00:00)/g;

/** A frame without ids and times, its keys in order. */
function comparable({ event, data }: Frame): string {
  return `${event} ${JSON.stringify(inOrder(alike(event, data)))}`.replace(IDS, '#').replace(TIMES, '@');
}

type Fields = Record<string, Part['data']>;

/**
 * What the two say differently: of a checkpoint the form of its config, of a piece of a tool call what LangChain makes
 * of that piece alone, and the id that a tool's message gets after the tool has ended.
 */
function alike(event: string, data: unknown): unknown {
  const [mode] = event.split('|');
  if (mode === 'checkpoints') return checkpoint(data as Fields);
  if (mode === 'debug' && (data as Fields).type === 'checkpoint') {
    return { ...(data as Fields), payload: checkpoint((data as Fields).payload as Fields) };
  }
  if (mode === 'tools' && (data as Fields).output) {
    const { id: _, ...output } = (data as Fields).output as Fields;
    return { ...(data as Fields), output };
  }
  if (mode !== 'messages') return data;
  const [message, metadata] = data as [Fields, Fields];
  if ((message.tool_call_chunks ?? []).length === 0) return data;
  const { tool_calls: _calls, invalid_tool_calls: _invalid, ...chunk } = message;
  return [chunk, metadata];
}

function checkpoint({ values, metadata, next, tasks, config }: Fields): object {
  const { checkpoint_ns, checkpoint_id } = (config as Fields).configurable as Fields;
  const told = (tasks as Fields[]).map(({ id, name, interrupts, result }) => ({ id, name, interrupts, result }));
  return { values, metadata, next, tasks: told, checkpoint_ns, checkpoint_id };
}

/** Without what only a server adds: who runs what. */
const OF_A_SERVER = new Set(['graph_id', 'assistant_id', 'run_id', 'thread_id']);

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as object)
    .filter(([key, entry]) => !OF_A_SERVER.has(key) && !isEmpty(entry))
    .map(([key, entry]) => [key, key === 'type' && entry === 'AIMessageChunk' ? 'ai' : inOrder(entry)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Local messages leave out what says nothing. */
function isEmpty(value: unknown): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}

/** What `graph.stream` yields in this process, as a server writes it. */
async function local(name: string, input: object, subgraphs = true): Promise<Frame[]> {
  const module = (await import(`../examples/${name}.js`)) as { graph: Part['data'] };
  const { graph } = module;
  const before = graph.checkpointer;
  graph.checkpointer = new MemorySaver();
  const frames: Frame[] = [];
  try {
    const options = { streamMode: [...MODES], subgraphs, configurable: { thread_id: 'x' } };
    for await (const chunk of await graph.stream(input, options)) {
      const [namespace, mode, data] = (subgraphs ? chunk : [[], ...chunk]) as [string[], string, unknown];
      // What a node says is shown at its graph.
      const place = mode === 'messages' || mode === 'tools' ? namespace.slice(0, -1) : namespace;
      const event = place.length > 0 ? `${mode}|${place.join('|')}` : mode;
      frames.push({ event, data: JSON.parse(stateJson(data)) });
    }
  } finally {
    graph.checkpointer = before;
  }
  return frames;
}

describe('the frames of a run', () => {
  let server: TestServer;
  let client: Client;

  beforeAll(async () => {
    server = await TestServer.start();
    client = new AnyClient({ apiUrl: server.url });
  });
  afterAll(() => server.close());

  async function remote(name: string, input: Record<string, unknown>, streamSubgraphs = true): Promise<Frame[]> {
    const { thread_id: threadId } = await client.threads.create();
    const frames: Frame[] = [];
    const streamMode = MODES.map((mode) => (mode === 'messages' ? 'messages-tuple' : mode)) as never[];
    for await (const { event, data } of client.runs.stream(threadId, name, { input, streamMode, streamSubgraphs }))
      frames.push({ event, data });
    expect(frames.shift()?.event).toBe('metadata');
    expect(frames.pop()?.event).toBe('end');
    return frames;
  }

  const INPUT = { messages: [{ role: 'user', content: 'go' }], delayMs: 0, tokens: 3, custom: 3 };

  it.each(['agent', 'approval', 'firehose', 'research', 'team'])('are those of graph.stream (%s)', async (name) => {
    const [there, here] = [await remote(name, INPUT), await local(name, INPUT)];
    expect(there.map(comparable).sort()).toEqual(here.map(comparable).sort());
  });

  it.each(['agent', 'approval', 'research', 'team'])(
    'are those of graph.stream without subgraphs (%s)',
    async (name) => {
      const [there, here] = [await remote(name, INPUT, false), await local(name, INPUT, false)];
      expect(there.map(comparable).sort()).toEqual(here.map(comparable).sort());
    },
  );

  it.each(['agent', 'firehose'])('come in the order of graph.stream (%s)', async (name) => {
    const [there, here] = [await remote(name, INPUT), await local(name, INPUT)];
    for (const mode of MODES) {
      const of = (frames: Frame[]): string[] =>
        frames.filter(({ event }) => event.split('|')[0] === mode).map(comparable);
      expect(of(there)).toEqual(of(here));
    }
  });
});
