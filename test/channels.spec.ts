import { join } from 'node:path';
import { PROJECT } from './built-program.js';
import { TestServer } from './support/running-server.js';
import { isRoot, type ThreadEvent, ThreadProbe } from './support/thread-probe.js';

const CHANNELS = join(PROJECT, 'test/fixtures/channels/langgraph.json');
const INPUT = { messages: [{ role: 'user', content: 'go' }], delayMs: 0 };

let server: TestServer;
const logs: Record<string, readonly ThreadEvent[]> = {};
const probes: Record<string, ThreadProbe> = {};

beforeAll(async () => {
  server = await TestServer.start(CHANNELS);
  await Promise.all(['everything', 'failing', 'research', 'team', 'approval'].map(async (graph) => {
    const thread = (probes[graph] = new ThreadProbe(server));
    await thread.ended(await thread.start(graph, INPUT));
    logs[graph] = await thread.read();
  }));
});
afterAll(async () => {
  for (const probe of Object.values(probes)) probe.close();
  await server.close();
});

/** The events of one method, as `[namespace, node, data]`; a namespace without its task ids. */
function of(graph: string, method: string): [string[], string | undefined, Record<string, unknown>][] {
  return logs[graph]!.filter((event) => event.method === method).map(({ params }) => [
    params.namespace.map(nodeOf),
    params.node,
    params.data,
  ]);
}

const nodeOf = (segment: string): string => segment.slice(0, segment.indexOf(':'));

describe('channel values', () => {
  it('carries the state of each graph at its namespace, without interrupts', () => {
    const types = of('everything', 'values').map(([namespace, , data]) => [
      namespace,
      (data.messages as { type: string }[]).map(({ type }) => type),
    ]);
    expect(types).toEqual([
      [[], ['human']],
      [[], ['human', 'ai']],
      [[], ['human', 'ai', 'tool', 'tool']],
      [[], ['human', 'ai', 'tool', 'tool', 'ai', 'human']],
    ]);
    expect(new Set(of('research', 'values').map(([namespace]) => namespace.join('/')))).toEqual(
      new Set(['', 'investigate', 'investigate/check']),
    );
    expect(JSON.stringify(of('approval', 'values'))).not.toContain('__interrupt__');
  });
});

describe('channel updates', () => {
  it('names the node in the data and beside it', () => {
    const updates = of('everything', 'updates');
    expect(updates.map(([, node]) => node)).toEqual(['speak', 'tools', 'close']);
    for (const [namespace, node, data] of updates) {
      expect(namespace).toEqual([]);
      expect(Object.keys(data).sort()).toEqual(['node', 'values']);
      expect(data).toMatchObject({ node, values: { messages: expect.any(Array) } });
    }
  });

  it('never names an interrupt', () => {
    expect(of('approval', 'updates').map(([, node]) => node)).toEqual(['draft']);
  });
});

describe('channel messages', () => {
  const chunks = (): Record<string, unknown>[] => of('everything', 'messages').map(([, , data]) => data);

  it('tells the node, and a role of every message', () => {
    expect(of('everything', 'messages').every(([[segment], node]) => segment === node)).toBe(true);
    const starts = chunks().filter(({ event }) => event === 'message-start');
    expect(starts.map(({ role }) => role)).toEqual(['ai', 'ai', 'ai', 'human']);
    for (const start of starts) expect(start).toMatchObject({ id: expect.any(String), run_id: expect.any(String) });
  });

  it('keeps two model calls at once in one node apart by run_id', () => {
    const [first, second] = chunks().filter(({ event }) => event === 'message-start').map(({ run_id: id }) => id);
    expect(first).not.toBe(second);
    const text = (run: unknown): string =>
      chunks()
        .filter(({ run_id: id, event }) => id === run && event === 'content-block-delta')
        .map(({ delta }) => (delta as { text?: string }).text ?? '')
        .join('');
    expect([text(first), text(second)].sort()).toEqual(['one two three', 'uno dos tres']);
  });

  it('carries the arguments of a tool call as block-delta, accumulated, and whole at the end', () => {
    expect(JSON.stringify(logs.everything)).not.toContain('tool-call-delta');
    const args = chunks().flatMap(({ index, delta }) => {
      const { type, fields } = (delta ?? {}) as { type?: string; fields?: { args: string } };
      return index === 1 && type === 'block-delta' ? [fields!.args] : [];
    });
    expect(args).toHaveLength(2);
    expect(args[1]!.startsWith(args[0]!)).toBe(true);
    expect(JSON.parse(args[1]!)).toEqual({ amount: 12345, label: 'a "b" c' });
    const start = chunks().find(({ event, index }) => event === 'content-block-start' && index === 1);
    expect(start).toMatchObject({ content: { type: 'tool_call_chunk', name: 'work', args: '' } });
    const finish = chunks().find(({ event, index }) => event === 'content-block-finish' && index === 1);
    expect(finish).toMatchObject({
      content: { type: 'tool_call', name: 'work', args: { amount: 12345, label: 'a "b" c' } },
    });
  });

  it('tells a message that was not streamed as well', () => {
    expect(
      chunks()
        .filter(({ id }) => id === 'whole-ai' || id === 'whole-human')
        .map(({ event }) => event),
    ).toEqual(['message-start', 'message-start']);
  });
});

describe('channel tools', () => {
  it('carries the call, its input as a value, its output or its error', () => {
    const tools = of('everything', 'tools');
    expect(tools.every(([namespace]) => namespace.join() === 'tools')).toBe(true);
    const calls = tools.map(([, , data]) => data);
    const id = (name: string): unknown => calls.find(({ tool_name: own }) => own === name)!.tool_call_id;
    expect(calls).toEqual([
      {
        event: 'tool-started',
        tool_call_id: id('work'),
        tool_name: 'work',
        input: { amount: 12345, label: 'a "b" c' },
      },
      { event: 'tool-started', tool_call_id: id('broken'), tool_name: 'broken', input: {} },
      {
        event: 'tool-finished',
        tool_call_id: id('work'),
        output: expect.objectContaining({ type: 'tool', content: 'worked 12345', name: 'work' }),
      },
      { event: 'tool-error', tool_call_id: id('broken'), message: 'out of order' },
    ]);
  });
});

describe('channel lifecycle', () => {
  it('opens and ends each child once, inside its parent', () => {
    for (const log of Object.values(logs)) {
      const open: string[] = [''];
      for (const { params } of log.filter((event) => event.method === 'lifecycle' && !isRoot(event))) {
        const key = params.namespace.join('/');
        expect(open).toContain(params.namespace.slice(0, -1).join('/'));
        if (params.data.event === 'started') open.push(key);
        else expect(open.splice(open.indexOf(key), 1)).toEqual([key]);
      }
      expect(open).toEqual(['']);
    }
  });

  it('ends every child on the way to an error failed, with the error, after its last message', () => {
    const ends = of('failing', 'lifecycle').filter(
      ([, , data]) => !['started', 'running'].includes(data.event as string),
    );
    expect(ends).toEqual([['child', 'speak'], ['child'], []].map((namespace) => [
      namespace, undefined, {
        event: 'failed', graph_name: namespace.at(-1) ?? 'failing', error: 'the line is dead', error_type: 'Error',
      },
    ]));
    expect(logs.failing!.slice(-4).map(({ method, params }) => [method, params.data.event])).toEqual([
      ['messages', 'error'], ['lifecycle', 'failed'], ['lifecycle', 'failed'], ['lifecycle', 'failed'],
    ]);
    expect(of('failing', 'messages').at(-1)![2]).toMatchObject({ event: 'error', message: 'the line is dead' });
  });

  it('says which tool call caused a subagent, and its name', () => {
    const started = of('team', 'lifecycle').filter(
      ([, , data]) => data.event === 'started' && data.cause !== undefined,
    );
    expect(started.map(([, , data]) => data.graph_name).sort()).toEqual(['researcher', 'writer']);
    const calls = of('team', 'tools')
      .filter(([, , data]) => data.event === 'tool-started')
      .map(([, , data]) => data.tool_call_id);
    expect(started.map(([, , data]) => data.cause)).toEqual(
      expect.arrayContaining(calls.map((id) => ({ type: 'toolCall', tool_call_id: id }))),
    );
  });
});

describe('channel checkpoints', () => {
  it('comes directly before its values, at the same namespace and with the same timestamp', () => {
    for (const log of Object.values(logs)) {
      log.forEach(({ method, params }, index) => {
        if (method !== 'checkpoints') return;
        expect(log[index + 1]).toMatchObject({
          method: 'values',
          params: { namespace: params.namespace, timestamp: params.timestamp },
        });
        expect(params.data).toEqual({
          id: expect.any(String),
          parent_id: expect.any(String),
          step: expect.any(Number),
          source: expect.any(String),
        });
      });
    }
  });

  it.each(['everything', 'research', 'team', 'approval'])(
    'is never younger than an event that follows it (%s)',
    async (graph) => {
      const log = logs[graph]!;
      log
        .slice(1)
        .forEach(({ params }, index) => expect(params.timestamp).toBeGreaterThanOrEqual(log[index]!.params.timestamp));
      const history = await fetch(`${probes[graph]!.url}/history`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"limit":100}',
      });
      const states = (await history.json()) as {
        checkpoint_id: string;
        created_at: string;
        metadata: { step: number };
      }[];
      const announced = log.filter(({ method, params }) => method === 'checkpoints' && params.namespace.length === 0);
      expect(announced.length).toBeGreaterThan(1);
      for (const { params } of announced) {
        const state = states.find(({ checkpoint_id: id }) => id === params.data.id)!;
        expect(Date.parse(state.created_at)).toBeLessThanOrEqual(params.timestamp);
        expect(state.metadata.step).toBe(params.data.step);
      }
      expect(Date.parse(states[0]!.created_at)).toBeLessThanOrEqual(log.at(-1)!.params.timestamp);
    },
  );
});

describe('channel tasks', () => {
  it('carries the start of each task and its result under the same id', () => {
    const tasks = of('everything', 'tasks').map(([, , data]) => data);
    expect(tasks.map(({ name, result }) => [name, result === undefined ? 'start' : 'result'])).toEqual(
      ['speak', 'tools', 'close'].flatMap((name) => [[name, 'start'], [name, 'result']]),
    );
    for (let n = 0; n < tasks.length; n += 2) {
      expect(tasks[n]).toMatchObject({
        id: tasks[n + 1]!.id,
        input: expect.any(Object),
        triggers: expect.any(Array),
        interrupts: [],
      });
      expect(tasks[n + 1]).toMatchObject({ result: expect.any(Object), interrupts: [] });
    }
  });
});

describe('channel custom', () => {
  const customs = (): unknown[] => of('everything', 'custom').map(([, , data]) => data);

  it('carries an object with a name as it is, anything else as a payload', () => {
    expect(customs()).toEqual(
      expect.arrayContaining([
        { name: 'progress', payload: { percent: 50 }, extra: true },
        { payload: { percent: 75 } },
        { payload: 'plain text' },
      ]),
    );
  });

  it('carries the channels and the final values of stream transformers, before the terminal', () => {
    const named = (name: string): unknown[] => customs().filter((data) => (data as { name?: string }).name === name);
    expect(named('begun')).toEqual([1, 2, 3, 4].map((payload) => ({ name: 'begun', payload })));
    expect(named('total')).toEqual([{ name: 'total', payload: 4 }]);
    expect(isRoot(logs.everything!.at(-1)!)).toBe(true);
  });

  it('is delivered by name, or all of it', async () => {
    const thread = probes.everything!;
    const seen = async (channel: string): Promise<number> => {
      const reader = await thread.open({ channels: [channel, 'lifecycle'] });
      await reader.until(({ seq }) => seq === logs.everything!.at(-1)!.seq);
      reader.close();
      return reader.events.filter(({ method }) => method === 'custom').length;
    };
    expect([
      await seen('custom'),
      await seen('custom:progress'),
      await seen('custom:total'),
      await seen('custom:other'),
    ]).toEqual([8, 1, 1, 0]);
  });
});

it('gives a run the same shapes however it was started', async () => {
  const thread = new ThreadProbe(server);
  const response = await fetch(`${thread.url}/runs`, {
    method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ assistant_id: 'everything', input: INPUT, if_not_exists: 'create' }),
  });
  await thread.ended(((await response.json()) as { run_id: string }).run_id);
  const shape = (log: readonly ThreadEvent[]): string[] => log.map(({ method, params }) => {
    const { event, name, node } = params.data;
    return [
      method,
      params.namespace.map(nodeOf).join('/'),
      params.node,
      event,
      name,
      node,
      Object.keys(params.data).sort().join(),
    ].join(' ');
  }).sort();
  expect(shape(await thread.read())).toEqual(shape(logs.everything!));
  thread.close();
});
