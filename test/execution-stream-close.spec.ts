import { OpenStreams } from '../src/delivery/open-streams.js';
import { ThreadSubjects } from '../src/event-log/thread-subjects.js';
import { ExecutionStream } from './support/execution-stream.js';
import { type LogServer, startLogServer } from './support/log-server.js';
import { post } from './support/run-commands.js';
import { setHead } from './support/stored-log.js';

describe('an open stream of an execution', () => {
  let server: LogServer;

  beforeAll(async () => {
    server = await startLogServer({ EXECUTION_HEARTBEAT_INTERVAL_MS: 5, HEARTBEAT_INTERVAL_MS: 60_000 });
  });
  afterAll(() => server.close());

  const openOne = async (): Promise<ExecutionStream> => {
    const response = await post(`${server.url}/api/executions`, { patternName: 'burst', input: { count: 1 } });
    const { streamUrl } = (await response.json()) as { streamUrl: string };
    return ExecutionStream.open(`${server.url}${streamUrl}`);
  };

  it('hears the heartbeat at an interval of its own, also after the execution has ended', async () => {
    const stream = await (await openOne()).untilEvent('thread_completed', 'burst');
    const heard = stream.comments.length;
    await stream.until(({ comments }) => comments.length > heard + 1);
    expect(new Set(stream.comments)).toEqual(new Set([': heartbeat']));
    stream.close();
  });

  it('leaves nothing behind when the client goes', async () => {
    const stream = await (await openOne()).untilEvent('thread_completed', 'burst');
    const openStreams = server.app.get(OpenStreams, { strict: false });
    const subjects = server.app.get(ThreadSubjects, { strict: false });
    const isQuiet = (): boolean => openStreams.count === 0 && subjects.listenedThreads === 0;
    expect(isQuiet()).toBe(false);
    stream.close();
    while (!isQuiet()) await new Promise((resolve) => setImmediate(resolve));
  });

  it('sends all that is kept, and says so, once what follows its cursor was compacted', async () => {
    const whole = await (await openOne()).untilEvent('thread_completed', 'burst');
    whole.close();
    for (const threadId of server.database.handle
      .prepare<[], string>('SELECT thread_id FROM thread_heads')
      .pluck()
      .all()) {
      await setHead(server.log, threadId, { compactedThroughSeq: server.log.lastSeq(threadId) });
    }
    const [first, ...rest] = whole.events;
    const path = `/api/executions/${first?.data.executionId}/threads/stream?lastEventId=${first?.id}`;
    const again = await (await ExecutionStream.open(`${server.url}${path}`)).untilEvent('thread_completed', 'burst');
    again.close();
    expect(again.frames[0]?.data).toMatchObject({ missed: true });
    expect(again.events).toEqual([first, ...rest]);
  });

  it('is cut, not ended, when the server stops, so that EventSource comes back', async () => {
    const stream = await (await openOne()).untilEvent('thread_completed', 'burst');
    await server.stop();
    await expect(stream.until(() => false)).rejects.toThrow('the stream was cut');
    expect(stream.wasCut).toBe(true);
  });
});
