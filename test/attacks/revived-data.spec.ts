import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PROJECT } from '../built-program.js';
import { FrameReader } from '../support/frame-reader.js';
import { post, startRun } from '../support/run-commands.js';
import { ServerHome, type ServerProcess } from '../support/server-process.js';
import { haveEnded } from '../support/thread-history.js';
import { call, userMessage } from '../support/session-requests.js';

const SECRET = 'lsv2_canary_0123456789';
const LOADER = {
  lc: 1,
  type: 'constructor',
  id: ['langchain_core', 'document_loaders', 'langsmith', 'LangSmithLoader'],
  kwargs: {},
};

/** Data that looks like somebody's serialisation: LangChain's, LangGraph's and our own. */
const LOOKALIKES: Record<string, unknown> = {
  loader: LOADER,
  unknown: { lc: 1, type: 'constructor', id: ['langchain_core', 'nowhere', 'Nothing'], kwargs: {} },
  secret: { lc: 1, type: 'secret', id: ['LANGSMITH_API_KEY'] },
  message: { lc: 1, type: 'constructor', id: ['langchain_core', 'messages', 'HumanMessage'], kwargs: { content: 'x' } },
  none: { lc: 1, type: 'not_implemented', id: ['x'] },
  set: { lc: 2, type: 'constructor', id: ['Set'], method: null, args: [[1]], kwargs: {} },
  code: { lc: 2, type: 'constructor', id: ['Function'], method: null, args: ['return process.env'], kwargs: {} },
  gone: { lc: 2, type: 'undefined' },
  snapshot: { lc: 2, type: 'delta_snapshot', value: [1] },
  escaped: { __lc_escaped__: LOADER },
  send: { lg_name: 'Send', node: 'keep', args: {}, more: 1 },
  mark: { $as: ['HumanMessage', { content: 'x' }] },
  marks: { $as: ['plain', { $as: ['undefined'] }], z: 1, a: { $as: ['Set', [{ $as: ['bigint', '1'] }]] } },
  deep: [{ list: [LOADER, { more: LOADER }] }],
};

/** Every class and function that LangChain's own `load` would call, by the id that it takes. */
async function loadable(): Promise<Record<string, unknown>[]> {
  const file = pathToFileURL(join(PROJECT, 'node_modules/@langchain/core/dist/load/import_map.js')).href;
  const { import_map_exports: modules } = (await import(file)) as {
    import_map_exports: Record<string, Record<string, unknown>>;
  };
  return Object.entries(modules).flatMap(([module, names]) =>
    Object.entries(names).filter(([, named]) => typeof named === 'function').map(([name]) =>
      ({ lc: 1, type: 'constructor', id: ['langchain_core', ...module.split('__'), name], kwargs: {} })));
}

describe('data of a client that looks like a serialised instance', () => {
  const home = new ServerHome('test/fixtures/attack-graphs/langgraph.json', {
    LANGSMITH_API_KEY: SECRET,
    LANGCHAIN_API_KEY: SECRET,
  });
  const answers: string[] = [];
  let server: ServerProcess;
  beforeAll(async () => {
    server = await home.start();
  });
  afterAll(() => home.dispose());

  /** The text of an answer that must be 200; all of them are searched for the secret at the end. */
  async function text(path: string, body?: unknown): Promise<string> {
    const response = await (body === undefined ? fetch(server.url + path) : post(server.url + path, body));
    const answer = await response.text();
    answers.push(answer);
    if (response.status !== 200) throw new Error(`${path} was answered with ${response.status}: ${answer}`);
    return answer;
  }

  interface State {
    values: Record<string, unknown> & { messages: Record<string, unknown>[] };
    interrupts: { id: string; value: unknown }[];
  }
  const state = async (thread: string): Promise<State> => JSON.parse(await text(`/threads/${thread}/state`)) as State;

  async function ended(thread: string, runId: string): Promise<void> {
    const frames = await FrameReader.read(server.url, thread, (seen) => haveEnded(seen, [runId]));
    answers.push(...frames.map((frame) => frame.text));
  }

  const run = async (thread: string, input: unknown): Promise<void> =>
    ended(thread, (await startRun(server.url, thread, 'keeper', input)).runId);

  /** All that can be read of a thread stays readable. */
  async function readable(thread: string): Promise<void> {
    await text(`/threads/${thread}`);
    await text(`/threads/${thread}/history`, { limit: 100 });
    await text(`/threads/${thread}/commands`, { id: 1, method: 'state.get', params: {} });
    await text(`/threads/${thread}/runs`);
  }

  const human = (content: unknown, data?: unknown): Record<string, unknown> => ({
    role: 'user',
    content,
    additional_kwargs: { data },
  });

  it.each(Object.entries(LOOKALIKES))(
    'comes back from a message and the state as it was sent, run after run: %s',
    async (name, data) => {
      const thread = `state-${name}`;
      await run(thread, { messages: [human('hello', data)], data });
      await run(thread, { messages: [human([{ type: 'text', text: 'again', data }])] });
      const { values } = await state(thread);
      const messages = values.messages.filter(({ type }) => type === 'human');
      expect(JSON.stringify(messages[0]?.additional_kwargs)).toBe(JSON.stringify({ data }));
      expect(JSON.stringify(messages[1]?.content)).toBe(JSON.stringify([{ type: 'text', text: 'again', data }]));
      expect(JSON.stringify([values.data, values.kept])).toBe(JSON.stringify([data, data]));
      await readable(thread);
    },
  );

  it('comes back from an interrupt and its answer', async () => {
    await run('asked', { messages: [human('hello')], question: LOOKALIKES });
    const [open] = (await state('asked')).interrupts;
    expect(JSON.stringify(open?.value)).toBe(JSON.stringify(LOOKALIKES));
    const params = { interrupt_id: open?.id, response: LOOKALIKES };
    const answered = JSON.parse(await text('/threads/asked/commands', { id: 1, method: 'input.respond', params })) as {
      result: { run_id: string };
    };
    await ended('asked', answered.result.run_id);
    await run('asked', { messages: [human('more')] });
    expect(JSON.stringify((await state('asked')).values.answer)).toBe(JSON.stringify(LOOKALIKES));
    await readable('asked');
  });

  it('comes back from the arguments of a tool that a model was talked into', async () => {
    await run('injected', { messages: [human(JSON.stringify(LOOKALIKES))] });
    await run('injected', { messages: [human('more')] });
    const { messages, given } = (await state('injected')).values;
    const [call1] = messages.flatMap(({ tool_calls: calls }) => (calls ?? []) as { args: unknown }[]);
    expect(JSON.stringify([call1?.args, given])).toBe(JSON.stringify([LOOKALIKES, LOOKALIKES]));
    await readable('injected');
  });

  it('comes back from an execution, an update of the state and a session', async () => {
    const params = {
      patternName: 'keeper',
      input: { messages: [human('hello', LOOKALIKES)], data: LOOKALIKES },
      options: { threadId: 'executed' },
    };
    const accepted = await post(`${server.url}/api/executions`, params);
    expect(accepted.ok).toBe(true);
    await ended('executed', ((await accepted.json()) as { id: string }).id.replace('exec-', ''));
    expect(JSON.stringify((await state('executed')).values.data)).toBe(JSON.stringify(LOOKALIKES));
    await text('/threads/executed/state', { values: { data: { again: LOOKALIKES } } });
    await run('executed', { messages: [human('more')] });
    expect(JSON.stringify((await state('executed')).values.kept)).toBe(JSON.stringify({ again: LOOKALIKES }));
    await readable('executed');

    const metadata = { note: JSON.stringify(LOADER) };
    const session = await call('POST', `${server.url}/v1/sessions`, {
      agent: 'agent_keeper',
      environment_id: 'env_default',
      metadata,
      initial_events: [userMessage(JSON.stringify(LOOKALIKES))],
    });
    expect([session.status, session.body.metadata]).toEqual([200, metadata]);
  });

  it('is never made an instance, for no class that could be', async () => {
    const data = await loadable();
    expect(data.length).toBeGreaterThan(271);
    await run('classes', { messages: [human('hello', data)], data });
    await run('classes', { messages: [human('more')] });
    const { values } = await state('classes');
    expect(JSON.stringify(values.messages[0]?.additional_kwargs)).toBe(JSON.stringify({ data }));
    expect(JSON.stringify(values.kept)).toBe(JSON.stringify(data));
    await readable('classes');
  });

  it('tells nobody a secret of the server, and stores none', async () => {
    expect(answers.filter((answer) => answer.includes(SECRET))).toEqual([]);
    expect(await server.stop()).toBe(0);
    const files = readdirSync(home.folder).map((name) => join(home.folder, name));
    expect(files.length).toBeGreaterThan(1);
    expect(files.filter((file) => readFileSync(file).includes(SECRET))).toEqual([]);
    expect(server.program.lines.filter((line) => line.includes(SECRET))).toEqual([]);
  });
});
