import { join } from 'node:path';
import { PROJECT } from './built-program.js';
import { TestServer } from './support/running-server.js';
import { ThreadProbe } from './support/thread-probe.js';

describe('the state of a thread', () => {
  let server: TestServer;
  let thread: ThreadProbe;
  beforeAll(async () => {
    server = await TestServer.start(join(PROJECT, 'test/fixtures/odd-graphs/langgraph.json'), { LOG_LEVEL: 'silent' });
  });
  beforeEach(() => {
    thread = new ThreadProbe(server);
  });
  afterEach(() => thread.close());
  afterAll(() => server.close());

  /** Plays a run. Returns how it ended, and why. */
  async function play(make: string | null = null): Promise<[event: unknown, error: unknown]> {
    const { data } = (await thread.ended(await thread.start('odd', { make }))).params;
    return [data.event, data.error];
  }

  const lines = async (): Promise<unknown> => (await thread.values()).lines;

  it('keeps a bigint, a NaN, a Map and a Set for the next run, and shows them in JSON', async () => {
    expect(await play('bigint')).toEqual(['completed', undefined]);
    expect((await thread.values()).value).toEqual({
      big: '1180591620717411303424',
      list: ['1'],
      not: null,
      at: [['1', ['a']]],
    });
    expect(await play()).toEqual(['completed', undefined]);
    expect(((await lines()) as string[])[1]).toBe(
      '{"big":"1180591620717411303424n","list":["1n"],"not":null,"at":["Map",["1n",["Set","a"]]]}',
    );
  });

  it.each([
    ['circle', /circular reference/],
    ['function', /^Channel "value" cannot be stored, at tools\[0\]\.run: it is a function; keep it out of the state/],
    ['symbol', /^Channel "value" cannot be stored, at mark: it is a symbol/],
    ['promise', /^Channel "value" cannot be stored, at answer: it is a Promise/],
    ['deep', /nest.*MAX_STATE_DEPTH levels/],
  ])('stays as it was when a run makes what cannot be stored: a %s', async (make, reason) => {
    await play('bigint');
    expect(await play(make)).toEqual(['failed', expect.stringMatching(reason)]);
    const state = await thread.values();
    expect(state).toMatchObject({
      value: { big: '1180591620717411303424' },
      lines: ['null', expect.stringContaining('1180591620717411303424n')],
    });
    expect(JSON.stringify(await thread.get('/state'))).not.toContain('unable to serialize');
    expect(await play()).toEqual(['completed', undefined]);
    expect(await lines()).toHaveLength(3);
  });

  it('may nest almost as deep as MAX_STATE_DEPTH, and is still read', async () => {
    expect(await play('deepest')).toEqual(['completed', undefined]);
    expect(JSON.stringify((await thread.values()).value)).toContain('{"in":{"in":"end"}}');
    expect(await play()).toEqual(['completed', undefined]);
    expect((await thread.read()).length).toBeGreaterThan(10);
  });

  it('has the fields of an instance, not its methods', async () => {
    expect(await play('instance')).toEqual(['completed', undefined]);
    expect(await play()).toEqual(['completed', undefined]);
    expect((await lines() as string[])[1]).toBe('{"point":{"x":3,"y":4}}');
  });
});
