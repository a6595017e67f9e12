import { type AgentThread, AgentThreads } from './agent-threads.js';
import type { LogRow } from './log-row.js';

interface Agent extends AgentThread<Agent> {
  readonly name: string;
}

const row = (method: string, namespace: string[], data: object): LogRow =>
  ({ seq: 2, kind: 0, method, namespace, node: null, at: 1, runId: 'r', data: { ...data } });
const started = (namespace: string[], data: object = {}): LogRow =>
  row('lifecycle', namespace, { event: 'started', ...data });
const caused = (id: string, name?: string): object =>
  ({ graph_name: name, cause: { type: 'toolCall', tool_call_id: id } });
const tool = (event: string, namespace: string[], id: string, input: object = {}): LogRow =>
  row('tools', namespace, { event, tool_call_id: id, tool_name: 'task', input });

describe('the agents of a run', () => {
  let agents: AgentThreads<Agent>;
  const begin = (each: LogRow): Agent | null =>
    agents.begin(each, ({ name, parent, toolCallId }) => ({ name: name ?? '?', parent, toolCallId }));
  const names = (): string[] => agents.threads().map(({ name }) => name);

  beforeEach(() => {
    agents = new AgentThreads<Agent>({ name: 'root', parent: null, toolCallId: null });
  });

  it('begin with the tool call that caused them', () => {
    begin(started(['tools:1'], caused('c1', 'writer')));
    begin(started(['tools:1', 'tools:2'], caused('c2', 'proof reader')));
    expect(agents.ownerOf(['tools:1', 'tools:2', 'model:3'])).toMatchObject({ name: 'proof reader' });
    expect(agents.threadOfCall('c2')?.parent).toMatchObject({ name: 'writer', parent: agents.root });
    expect(agents.ownerOf(['model:9'])).toBe(agents.root);
  });

  it('begin where a graph starts inside a tool call that nothing was said about, and have its name', () => {
    agents.noteTool(tool('tool-started', ['tools:1'], 'c1', { subagent_type: 'researcher' }));
    expect(begin(started(['tools:1', 'model:2']))).toMatchObject({ name: 'researcher', toolCallId: 'c1' });
    expect(agents.threadAt(['tools:1'])).toBe(agents.threadOfCall('c1'));
    expect(begin(started(['tools:1', 'model:3']))).toBeNull();
    expect(names()).toEqual(['root', 'researcher']);
  });

  it('do not begin where it cannot be told which call a graph works for', () => {
    for (const id of ['c1', 'c2']) agents.noteTool(tool('tool-started', ['tools:1'], id));
    expect(begin(started(['tools:1', 'model:2']))).toBeNull();
    agents.noteTool(tool('tool-finished', ['tools:1'], 'c1'));
    expect(begin(started(['tools:1', 'model:3']))).toMatchObject({ toolCallId: 'c2' });
  });

  it('do not begin with a graph that no tool call brought about, nor with a call that has ended', () => {
    agents.noteTool(tool('tool-started', ['tools:1'], 'c1'));
    agents.noteTool(tool('tool-error', ['tools:1'], 'c1'));
    expect([begin(started(['tools:1', 'model:2'])), begin(started(['legal:1']))]).toEqual([null, null]);
  });

  it('are the same when they begin again, also elsewhere', () => {
    const first = begin(started(['tools:1'], caused('c1', 'writer')));
    expect(begin(started(['tools:1'], caused('c1', 'writer')))).toBe(first);
    expect(begin(started(['tools:2'], caused('c1', 'writer')))).toBe(first);
    expect(agents.ownerOf(['tools:2', 'model:1'])).toBe(first);
    expect(names()).toEqual(['root', 'writer']);
  });
});
