import { randomUUID } from 'node:crypto';
import { jest } from '@jest/globals';
import type { BaseEvent, ResumeEntry, RunAgentParameters } from '@ag-ui/client';
import { LangGraphAgent } from '@ag-ui/langgraph';
import { GATED, TestServer } from './support/running-server.js';

const WEATHER = 'You said "in Rome". Here is what I found: Rome: sunny, 14 degrees.';
const ASKED = { question: expect.any(String) as string, options: ['approve', 'reject'] };

/** An event as the bridge tells it, without what it read it from. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- looked into as its type says
type Told = BaseEvent & Record<string, any>;

/** `@ag-ui/langgraph`, through which CopilotKit talks to LangGraph, as it is published. */
describe('The bridge of CopilotKit', () => {
  let server: TestServer;
  beforeAll(async () => {
    // It says that some of its own ways are old, and tells of errors that the tests look for.
    for (const level of ['warn', 'error'] as const) jest.spyOn(console, level).mockReturnValue();
    server = await TestServer.start(GATED);
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await server.close();
  });

  const agentOf = (graphId: string, more: object = {}): LangGraphAgent =>
    new LangGraphAgent({ deploymentUrl: server.url, graphId, threadId: randomUUID(), ...more });

  /** All that a run tells, but the events of LangGraph that it passes on. */
  async function told(agent: LangGraphAgent, how: RunAgentParameters = {}): Promise<Told[]> {
    const events: Told[] = [];
    await agent.runAgent(how, { onEvent: ({ event }) => void events.push(event as Told) });
    return events.filter(({ type }) => (type as string) !== 'RAW');
  }

  const of = (events: Told[], type: string): Told[] => events.filter((event) => (event.type as string) === type);
  const says = (agent: LangGraphAgent, id: string, content: string): void =>
    agent.addMessage({ id, role: 'user', content });
  const spoken = (events: Told[]): string[] => {
    const texts = new Map<string, string>();
    for (const { messageId, delta } of of(events, 'TEXT_MESSAGE_CONTENT'))
      texts.set(messageId as string, (texts.get(messageId as string) ?? '') + (delta as string));
    return [...texts.values()];
  };
  const asked = (events: Told[]): unknown[] =>
    of(events, 'CUSTOM').filter(({ name }) => name === 'on_interrupt').map(({ value }) => JSON.parse(value as string));

  it('streams text, tells of tools and of steps, and ends with the messages of the thread', async () => {
    const agent = agentOf('agent');
    says(agent, 'first', 'in Rome');
    const events = await told(agent);
    expect([events[0]?.type, events.at(-1)?.type]).toEqual(['RUN_STARTED', 'RUN_FINISHED']);
    expect(spoken(events)).toEqual(['Let me look at the weather in Rome.', WEATHER]);
    expect(of(events, 'TEXT_MESSAGE_CONTENT').length).toBeGreaterThan(10);
    expect(of(events, 'TOOL_CALL_START').map(({ toolCallName }) => toolCallName as string)).toEqual(['get_weather']);
    expect(of(events, 'TOOL_CALL_ARGS').map(({ delta }) => delta as string).join('')).toBe('{"city":"Rome"}');
    expect(of(events, 'TOOL_CALL_RESULT')).toMatchObject([{ content: 'Rome: sunny, 14 degrees' }]);
    expect(of(events, 'STEP_STARTED').map(({ stepName }) => stepName as string)).toEqual(['agent', 'tools', 'agent']);
    expect(agent.messages.filter(({ id }) => id === 'first')).toHaveLength(1);
    expect(agent.messages.map(({ role, content }) => [role, content])).toEqual(
      expect.arrayContaining([['user', 'in Rome'], ['tool', 'Rome: sunny, 14 degrees'], ['assistant', WEATHER]]),
    );
  });

  it('goes on in a thread, and has an answer made anew from the message that was answered', async () => {
    const agent = agentOf('agent');
    says(agent, 'first', 'in Rome');
    await told(agent);
    says(agent, 'second', 'in Oslo');
    expect(spoken(await told(agent)).at(-1)).toContain('You said "in Oslo"');
    const users = agent.messages.filter(({ role }) => role === 'user').map(({ id }) => id);
    expect(users).toEqual(['first', 'second']);

    agent.setMessages([
      { id: randomUUID(), role: 'system', content: 'Anew.' },
      { id: 'first', role: 'user', content: 'in Rome' },
    ]);
    expect(spoken(await told(agent)).at(-1)).toBe(WEATHER);
    expect(agent.messages.filter(({ role }) => role === 'user').map(({ id }) => id)).toEqual(['first']);
  });

  it('tells of interrupts, and is answered to the end', async () => {
    const agent = agentOf('approval');
    says(agent, 'first', 'A party');
    const events = await told(agent);
    expect(spoken(events)).toEqual(['Here is a draft of the announcement: A party']);
    expect(asked(events)).toEqual([{ role: 'budget', ...ASKED }, { role: 'legal', ...ASKED }]);
    // Without an answer it asks again, and runs nothing.
    expect(asked(await told(agent))).toEqual(asked(events));

    const answer = (resume: unknown): Promise<Told[]> => told(agent, { forwardedProps: { command: { resume } } });
    expect(asked(await answer('approve'))).toEqual([{ role: 'release', ...ASKED }]);
    const last = await answer('reject');
    expect(asked(last)).toEqual([]);
    expect(spoken(last)).toEqual([
      'Thank you. The answers were {"budget":"approve","legal":"approve","release":"reject"}.',
    ]);
    expect(last.at(-1)?.type).toBe('RUN_FINISHED');
  });

  it('names interrupts by their ids where it is asked to, and is answered by them', async () => {
    const agent = agentOf('approval', { emitInterruptOutcome: true });
    says(agent, 'first', 'A party');
    const open = (events: Told[]): string[] =>
      (events.at(-1)?.outcome as { interrupts: { id: string }[] }).interrupts.map(({ id }) => id);
    const ids = open(await told(agent));
    expect(new Set(ids).size).toBe(2);
    const resume = (payload: unknown, interrupts: string[]): ResumeEntry[] =>
      interrupts.map((interruptId) => ({ interruptId, status: 'resolved', payload }));
    // Of several, the bridge makes one value that the graph gets as it is.
    const third = open(await told(agent, { resume: resume('approve', ids) }));
    expect(third).toHaveLength(1);
    expect(ids).not.toContain(third[0]);
    const last = await told(agent, { resume: resume('approve', third) });
    expect(last.at(-1)).toMatchObject({ type: 'RUN_FINISHED' });
    expect(spoken(last)[0]).toContain('"release":"approve"');
  });

  it('stops a run', async () => {
    const agent = agentOf('gated');
    says(agent, 'first', 'in Rome');
    agent.setState({ gate: randomUUID() }); // nobody opens it
    // By its first words it knows the id that the run has on the server. It minds that the message stays unfinished.
    await expect(agent.runAgent({}, { onTextMessageContentEvent: () => agent.abortRun() })).rejects.toThrow(/active/);
    const { threadId, client } = agent;
    const [run] = await client.runs.list(threadId);
    await client.runs.join(threadId, (run as { run_id: string }).run_id);
    expect(await client.runs.list(threadId)).toMatchObject([{ status: 'interrupted' }]);
  });
});
