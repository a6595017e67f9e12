import { readLog } from './support/replay.js';
import { TestServer } from './support/running-server.js';
import { call, TestSession } from './support/session-requests.js';
import { type Parsed, SessionStream } from './support/session-stream.js';

/** What each agent said, in order, by its name. */
type Story = Record<string, string>;

let server: TestServer;
let session: TestSession;
let runId: string;
let threads: Parsed[];
beforeAll(async () => {
  server = await TestServer.start();
  session = await TestSession.create(server.url, 'team', 'cats');
  const events = await session.story();
  runId = dashed(events[0]?.turn_id.slice('turn_'.length));
  threads = (await call('GET', session.url('/threads'))).body.data;
});
afterAll(() => server.close());

const dashed = (hex: string): string => hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
const THE_STORY: Story = {
  team: 'I will ask the researcher and the writer.The team is done. I read everything about this: Research: cats I wrote three fine sentences about this: Write: cats',
  researcher: 'I read everything about this: Research: cats',
  writer: 'I wrote three fine sentences about this: Write: cats',
};

function tell(lines: readonly { agent: string; text: string }[]): Story {
  const story: Story = {};
  for (const { agent, text } of lines) story[agent] = (story[agent] ?? '') + text;
  return story;
}

const saidBy = (agent: string, events: readonly Parsed[]): { agent: string; text: string }[] =>
  events
    .filter(({ type }) => type === 'agent.message')
    .map(({ content }) => ({ agent, text: content[0].text as string }));
const nameOf = (id: string): string => threads.find((thread: Parsed) => thread.id === id).name as string;

describe('one and the same run tells the same story', () => {
  it('on the stream of the protocol', async () => {
    const log = await readLog(server.url, dashed(session.id.slice('sess_'.length)));
    const names = new Map<string, string>();
    const lines = log.flatMap(({ method, params }: Parsed) => {
      const { namespace, data } = params;
      if (method === 'lifecycle' && data.cause) names.set(namespace[0] as string, data.graph_name as string);
      const isText = method === 'messages' && data.event === 'content-block-finish' && data.content.type === 'text';
      return isText ? [{ agent: names.get(namespace[0] as string) ?? 'team', text: data.content.text as string }] : [];
    });
    expect(tell(lines)).toEqual(THE_STORY);
  });

  it('on the stream of a session, to its end', async () => {
    const events = await session.story();
    expect(tell(events.flatMap((event) => saidBy(nameOf(event.session_thread_id), [event])))).toEqual(THE_STORY);
  });

  it('on the streams of its threads', async () => {
    const lines = await Promise.all(threads.map(async ({ id, name }: Parsed) => {
      const stream = await SessionStream.open(`${server.url}/api/v1/cloud/sessions/${session.id}/threads/${id}/stream`);
      await stream.untilType('session.thread_status_idle');
      stream.close();
      return saidBy(name, stream.events);
    }));
    expect(tell(lines.flat())).toEqual(THE_STORY);
  });

  it('in the lists of its threads', async () => {
    const lines = await Promise.all(threads.map(async ({ id, name }: Parsed) =>
      saidBy(name, (await call('GET', session.url(`/threads/${id}/events?limit=100`, '/anthropic'))).body.data)));
    expect(tell(lines.flat())).toEqual(THE_STORY);
  });

  it('on the stream of an execution', async () => {
    const stream = await SessionStream.open(`${server.url}/api/executions/exec-${runId}/threads/stream?lastEventId=0`);
    await stream.until(({ frames }) =>
      frames.some(({ event, data }) => event === 'thread_completed' && data.includes('"threadId":"team"')),
    );
    stream.close();
    const lines = stream.frames.filter(({ event }) => event === 'thread_output').map(({ data }) => {
      const { threadId, data: inner } = JSON.parse(data) as { threadId: string; data: { data_json: string } };
      return { agent: threadId, text: (JSON.parse(inner.data_json) as { text: string }).text };
    });
    expect(tell(lines)).toEqual(THE_STORY);
  });
});
