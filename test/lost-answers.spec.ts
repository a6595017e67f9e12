import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Frame, FrameReader } from './support/frame-reader.js';
import { post, startRun, stateValues } from './support/run-commands.js';
import { ServerHome, type ServerProcess } from './support/server-process.js';
import { faultsOf, haveEnded, rootEvents } from './support/thread-history.js';

const requests = (frames: readonly Frame[]): Frame[] => frames.filter(({ method }) => method === 'input.requested');

describe('an attempt to answer an interrupt that was lost', () => {
  let home: ServerHome;

  beforeEach(() => {
    home = new ServerHome('test/fixtures/crash-graphs/langgraph.json');
  });
  afterEach(() => home.dispose());

  const seen = (server: ServerProcess, isEnough: (frames: readonly Frame[]) => boolean): Promise<readonly Frame[]> =>
    FrameReader.read(server.url, 'asks', isEnough);

  const respond = async (server: ServerProcess, answers: [Frame, string][]): Promise<string> => {
    const responses = answers.map(([request, response]) => ({ interrupt_id: request.data.interrupt_id, response }));
    const answer = await post(`${server.url}/threads/asks/commands`, {
      id: 2,
      method: 'input.respond',
      params: { responses },
    });
    return ((await answer.json()) as { result: { run_id: string } }).result.run_id;
  };
  const asks =
    (question: string) =>
    ({ data }: Frame): boolean =>
      (data.payload as { question: string }).question === question;

  it.each([
    ['kill -9', 'kill'],
    ['a graceful stop', 'stop'],
  ] as const)('does not give an answer twice after %s', async (_what, end) => {
    const settings = { SHUTDOWN_GRACE_MS: '0' };
    const gate = join(home.folder, 'gate');
    let server = await home.start(settings);
    const asking = await startRun(server.url, 'asks', 'questions', { gate });
    const asked = requests(await seen(server, (frames) => haveEnded(frames, [asking.runId])));
    const answering = await respond(server, [
      [asked.find(asks('first')) as Frame, 'one'],
      [asked.find(asks('go?')) as Frame, 'go'],
    ]);
    await seen(
      server,
      (frames) => requests(frames).some(asks('second')) && frames.some(({ method }) => method === 'custom'),
    );
    await server[end]();

    server = await home.start(settings);
    writeFileSync(gate, '');
    const frames = await seen(server, (all) => haveEnded(all, [asking.runId, answering]));
    expect(rootEvents(frames).map(({ event }) => event)).toEqual([
      'running',
      'interrupted',
      'running',
      'running',
      'interrupted',
    ]);
    const last = await respond(server, [[requests(frames).findLast(asks('second')) as Frame, 'two']]);
    const all = await seen(server, (more) => haveEnded(more, [asking.runId, answering, last]));
    expect(faultsOf(all, [asking.runId, answering, last])).toEqual([]);
    expect(await stateValues(server.url, 'asks')).toMatchObject({ answers: ['one', 'two'], go: 'go' });
  });

  it('leaves its questions open when it is not tried again: they are asked anew before the terminal', async () => {
    const settings = { MAX_RUN_ATTEMPTS: '1' };
    const gate = join(home.folder, 'gate');
    let server = await home.start(settings);
    const asking = await startRun(server.url, 'asks', 'questions', { gate });
    const asked = requests(await seen(server, (frames) => haveEnded(frames, [asking.runId])));
    const both = (answer: string): [Frame, string][] => [
      [asked.find(asks('first')) as Frame, answer],
      [asked.find(asks('go?')) as Frame, 'go'],
    ];
    const lost = await respond(server, both('lost'));
    await seen(
      server,
      (frames) => requests(frames).some(asks('second')) && frames.some(({ method }) => method === 'custom'),
    );
    await server.kill();

    server = await home.start(settings);
    const frames = await seen(server, (all) => haveEnded(all, [asking.runId, lost]));
    expect(rootEvents(frames).at(-1)).toMatchObject({
      event: 'failed',
      error: expect.stringContaining('started 1 times'),
    });
    const last = frames.findLastIndex(({ data }) => data.event === 'running');
    const again = requests(frames.slice(last)).map(({ data }) => data.interrupt_id);
    expect(again).toEqual(expect.arrayContaining(asked.map(({ data }) => data.interrupt_id)));

    writeFileSync(gate, '');
    const answering = await respond(server, both('one'));
    const more = await seen(server, (all) => haveEnded(all, [asking.runId, lost, answering]));
    expect(rootEvents(more).at(-1)).toMatchObject({ event: 'interrupted' });
    const done = await respond(server, [[requests(more).findLast(asks('second')) as Frame, 'two']]);
    const all = await seen(server, (frames) => haveEnded(frames, [asking.runId, lost, answering, done]));
    expect(faultsOf(all, [asking.runId, lost, answering, done])).toEqual([]);
    expect(await stateValues(server.url, 'asks')).toMatchObject({ answers: ['one', 'two'], go: 'go' });
  });
});
