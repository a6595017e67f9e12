import { join } from 'node:path';
import { PROJECT } from './built-program.js';
import { post } from './support/run-commands.js';
import { acceptedRun, createRun } from './support/rest-runs.js';
import { TestServer } from './support/running-server.js';
import { accepted, idOf, isRoot, story, ThreadProbe } from './support/thread-probe.js';

const CALLS = join(PROJECT, 'test/fixtures/calls/langgraph.json');
const says = (content: string): unknown => ({ messages: [{ role: 'user', content }] });

let server: TestServer;
let thread: ThreadProbe;

beforeAll(async () => {
  server = await TestServer.start(CALLS);
});
beforeEach(() => {
  thread = new ThreadProbe(server);
});
afterEach(() => thread.close());
afterAll(() => server.close());

/** The surfaces that start a run of the graph `steps` with given fields. */
const SURFACES = {
  'over REST': (fields: object) => acceptedRun(thread, { assistant_id: 'steps', ...fields }),
  'by run.start': async (fields: object) =>
    accepted(await thread.command('run.start', { assistant_id: 'steps', ...fields })),
};

const log = async (): Promise<unknown> => (await thread.values()).log;

/** Plays `steps` and returns the ids of its checkpoints by the names that are written until then. */
async function checkpoints(): Promise<Map<string, string>> {
  await thread.ended(await thread.start('steps', { log: [] }));
  const states = (await (await post(`${thread.url}/history`, { limit: 20 })).json()) as {
    checkpoint_id: string;
    values: { log?: string[] };
  }[];
  return new Map(
    states.map(({ checkpoint_id: id, values }) => [(values.log ?? []).map((line) => line.split(' ')[0]).join(), id]),
  );
}

describe.each(Object.entries(SURFACES))('a run that is started %s', (_, start) => {
  it('gives its graph the context and the config', async () => {
    await thread.ended(
      await start({ input: { log: [] }, context: { who: 'Ada' }, config: { configurable: { where: 'here' } } }),
    );
    expect(await log()).toEqual(['first Ada here', 'second', 'third']);
  });

  it.each([
    [{ interrupt_before: ['second'] }, ['first']],
    [{ interrupt_after: ['second'] }, ['first', 'second']],
    [{ interrupt_before: '*' }, []],
  ])('stops where it is told to, and goes on from there: %j', async (fields, before) => {
    const terminal = await thread.ended(await start({ input: { log: [] }, ...fields }));
    expect(terminal.params.data.event).toBe('interrupted');
    const names = async (): Promise<string[]> =>
      (((await log()) as string[] | undefined) ?? []).map((line) => line.split(' ')[0]!);
    expect(await names()).toEqual(before);
    expect((await thread.ended(await start({ input: null }))).params.data.event).toBe('completed');
    expect(await names()).toEqual(['first', 'second', 'third']);
  });

  it.each([
    ['checkpoint_id', (id: string) => ({ checkpoint_id: id })],
    ['checkpoint', (id: string) => ({ checkpoint: { checkpoint_id: id, checkpoint_ns: '', checkpoint_map: null } })],
    ['config', (id: string) => ({ config: { configurable: { checkpoint_id: id } } })],
  ])('goes on from an earlier checkpoint: %s', async (_name, named) => {
    const id = (await checkpoints()).get('first')!;
    await thread.ended(await start({ input: null, ...named(id) }));
    const states = (await (await post(`${thread.url}/history`, { limit: 20 })).json()) as {
      parent_checkpoint?: { checkpoint_id: string };
    }[];
    expect(states.filter((state) => state.parent_checkpoint?.checkpoint_id === id)).toHaveLength(2);
  });

  it('changes the state and goes where its command says', async () => {
    await thread.ended(await start({ command: { update: { log: ['from outside'] }, goto: 'third' } }));
    expect(await log()).toEqual(['from outside', 'third']);
  });

  it.each([
    [{ recursion_limit: 1 }],
    [{ config: { recursion_limit: 1 } }],
    [{ recursion_limit: 50, config: { recursion_limit: 1 } }],
  ])('keeps to its limit of steps: %j', async (fields) => {
    const terminal = await thread.ended(await start({ input: { log: [] }, ...fields }));
    expect(terminal.params.data).toMatchObject({
      event: 'failed',
      error: expect.stringContaining('Recursion limit of 1'),
    });
  });

  it.each([[{ durability: 'exit' }], [{ checkpoint_during: false }]])(
    'writes its checkpoints when it is told to: %j',
    async (fields) => {
      await thread.ended(await start({ input: { log: [] }, ...fields }));
      const states = (await (await post(`${thread.url}/history`, { limit: 20 })).json()) as {
        values: { log: string[] };
      }[];
      expect(states.map(({ values }) => values.log.length)).toEqual([3]);
    },
  );

  it('takes fields that nobody knows, and those that are null', async () => {
    const nulls = Object.fromEntries(
      [
        'config',
        'context',
        'metadata',
        'command',
        'checkpoint',
        'interrupt_before',
        'durability',
        'webhook',
        'recursion_limit',
      ].map((field) => [field, null]),
    );
    await thread.ended(
      await start({
        input: { log: [] },
        ...nulls,
        no_such_field: { a: 1 },
        on_completion: 'keep',
        after_seconds: 0,
        feedback_keys: [],
      }),
    );
    expect(await log()).toHaveLength(3);
  });
});

describe('a run that answers over REST', () => {
  const asking = async (): Promise<string[]> => {
    await thread.ended(await thread.start('approval', { ...(says('x') as object), delayMs: 0 }));
    return (await thread.read()).filter(({ method }) => method === 'input.requested').map(idOf);
  };

  it('answers every open question with a value, and with an object those that it names', async () => {
    const [first, second] = await asking();
    await thread.ended(
      await acceptedRun(thread, { assistant_id: 'approval', command: { resume: { [first!]: 'one' } } }),
    );
    expect((await thread.get<{ interrupts: { id: string }[] }>('/state')).interrupts.map(({ id }) => id)).toEqual([
      second,
    ]);
    await thread.ended(await acceptedRun(thread, { assistant_id: 'approval', command: { resume: 'two' } }));
    await thread.ended(await acceptedRun(thread, { assistant_id: 'approval', command: { resume: 'three' } }));
    expect(Object.values((await thread.values()).answers as object).sort()).toEqual(['one', 'three', 'two']);
  });

  it('is refused with 409 where nothing, or something else, is asked, and has changed nothing', async () => {
    await asking();
    const unknown = await createRun(thread, {
      assistant_id: 'approval',
      command: { resume: { ['0'.repeat(32)]: 'x' } },
    });
    expect([unknown.status, await unknown.json()]).toMatchObject([
      409,
      { message: expect.stringContaining('no open interrupt 0000') },
    ]);
    const idle = new ThreadProbe(server);
    const nothing = await createRun(idle, { assistant_id: 'approval', command: { resume: 'x' } });
    expect([nothing.status, await nothing.json()]).toMatchObject([
      409,
      { message: expect.stringContaining('waits for no answer') },
    ]);
    expect((await fetch(idle.url)).status).toBe(404);
    expect((await thread.read()).filter(isRoot)).toHaveLength(2);
  });

  it('is accepted and ends failed with a reason when it is to be strict', async () => {
    const pending = await asking();
    const named = '0'.repeat(32);
    const terminal = await thread.ended(
      await acceptedRun(thread, {
        assistant_id: 'approval',
        command: { resume: { [named]: 'x' } },
        strict_resume: true,
      }),
    );
    expect(terminal.params.data).toMatchObject({
      event: 'failed',
      reason: 'unknown_interrupt',
      interrupt_ids: [named],
      pending_ids: pending,
    });
  });
});

it('goes on with the context of the run that asked when it is answered', async () => {
  await thread.ended(
    accepted(
      await thread.command('run.start', {
        assistant_id: 'loop',
        input: says('ask'),
        context: { who: 'Ada' },
        config: { recursion_limit: 9 },
      }),
    ),
  );
  const id = idOf(await thread.asked());
  const run = await thread.respond(id, 'x', { durability: 'sync' });
  await thread.ended(run);
  expect(await thread.get(`/runs/${run}`)).toMatchObject({
    kwargs: { context: { who: 'Ada' }, config: { recursion_limit: 9 } },
  });
  expect(story(await thread.read())).toContain(`answered ${id}`);
});

describe('the same mistake', () => {
  const WRONG: [Record<string, unknown>, string[], string][] = [
    [
      { config: { recursion_limit: 'many' } },
      ['config', 'recursion_limit'],
      'config.recursion_limit must be an integer above 0',
    ],
    [{ recursion_limit: 0 }, ['recursion_limit'], 'recursion_limit must be an integer above 0'],
    [{ config: [] }, ['config'], 'config must be an object'],
    [
      { config: { configurable: { checkpoint_id: 7 } } },
      ['config', 'configurable', 'checkpoint_id'],
      'config.configurable.checkpoint_id must be a string',
    ],
    [{ config: { tags: 'x' } }, ['config', 'tags'], 'config.tags must be a list of strings'],
    [{ context: 'x' }, ['context'], 'context must be an object'],
    [{ metadata: [1] }, ['metadata'], 'metadata must be an object'],
    [{ interrupt_before: [1] }, ['interrupt_before'], 'interrupt_before must be "*" or a list of nodes'],
    [{ interrupt_after: 'second' }, ['interrupt_after'], 'interrupt_after must be "*" or a list of nodes'],
    [{ durability: 'always' }, ['durability'], 'durability must be one of sync, async, exit'],
    [{ checkpoint_during: 1 }, ['checkpoint_during'], 'checkpoint_during must be true or false'],
    [
      { multitask_strategy: 'replace' },
      ['multitask_strategy'],
      'multitask_strategy must be one of enqueue, reject, interrupt, rollback',
    ],
    [{ strict_resume: 'yes' }, ['strict_resume'], 'strict_resume must be true or false'],
    [{ command: { goto: 3 } }, ['command', 'goto'], 'command.goto must be a node, {node, input}, or a list of these'],
    [
      { command: { update: 'x' } },
      ['command', 'update'],
      'command.update must be an object or a list of [key, value] pairs',
    ],
    [{ command: 'go' }, ['command'], 'command must be an object'],
    [
      { checkpoint: { checkpoint_ns: 'sub:1' } },
      ['checkpoint', 'checkpoint_ns'],
      'checkpoint.checkpoint_ns must be empty: a run starts from a checkpoint of the root',
    ],
    [{ assistant_id: '' }, ['assistant_id'], 'assistant_id must not be empty'],
  ];

  it.each(WRONG)('is told in the same words everywhere: %j', async (fields, loc, message) => {
    const response = await createRun(thread, { assistant_id: 'steps', input: {}, ...fields });
    expect([response.status, await response.json()]).toMatchObject([
      422,
      { detail: [{ loc: ['body', ...loc], msg: message, type: expect.any(String) }] },
    ]);
    expect(await thread.command('run.start', { assistant_id: 'steps', input: {}, ...fields })).toMatchObject({
      type: 'error',
      error: 'invalid_argument',
      message,
    });
    if (loc[0] === 'config') {
      expect(await thread.command('input.respond', { interrupt_id: 'x', response: 1, ...fields })).toMatchObject({
        error: 'invalid_argument',
        message,
      });
      expect(await thread.command('state.fork', { checkpoint_id: 'x', ...fields })).toMatchObject({
        error: 'invalid_argument',
        message,
      });
    }
    expect((await fetch(thread.url)).status).toBe(404);
  });

  it('of asking a command for what only REST serves is refused and not forgotten', async () => {
    expect(await thread.command('run.start', { assistant_id: 'steps', input: {}, after_seconds: 3 })).toMatchObject({
      error: 'invalid_argument',
      message: expect.stringMatching(/^after_seconds is not served yet, leave it out; a run has assistant_id, /),
    });
    expect((await fetch(thread.url)).status).toBe(404);
  });

  it.each([
    { on_completion: 'delete' },
    { feedback_keys: ['score'] },
    { langsmith_tracer: { project_name: 'x' } },
  ])('of asking for what is not served yet is refused and not forgotten: %j', async (fields) => {
    const message = expect.stringMatching(
      new RegExp(
        `^${Object.keys(fields)[0]} is not served yet, leave it out; a run has assistant_id, input, command, `,
      ),
    ) as string;
    const response = await createRun(thread, { assistant_id: 'steps', input: {}, ...fields });
    expect([response.status, await response.json()]).toMatchObject([
      422,
      { detail: [{ loc: ['body', Object.keys(fields)[0]], msg: message }] },
    ]);
    expect(await thread.command('run.start', { assistant_id: 'steps', input: {}, ...fields })).toMatchObject({
      error: 'invalid_argument',
      message,
    });
    expect((await fetch(thread.url)).status).toBe(404);
  });

  it('of naming no assistant lists what there is', async () => {
    const message = expect.stringMatching(/nobody.*agent, approval, firehose/) as string;
    const response = await createRun(thread, { assistant_id: 'nobody', input: {} });
    expect([response.status, await response.json()]).toMatchObject([404, { message }]);
    expect(await thread.command('run.start', { assistant_id: 'nobody', input: {} })).toMatchObject({
      error: 'invalid_argument',
      message,
    });
    const execution = await post(`${server.url}/api/executions`, { patternName: 'nobody', input: {} });
    expect([execution.status, await execution.json()]).toMatchObject([404, { error: message }]);
  });

  it('of naming no checkpoint is 404 over REST and no_such_checkpoint of a command', async () => {
    await thread.ended(await thread.start('steps', { log: [] }));
    const fields = { assistant_id: 'steps', input: null, checkpoint_id: '1f000000-0000-6000-8000-000000000000' };
    expect((await createRun(thread, fields)).status).toBe(404);
    expect(await thread.command('run.start', fields)).toMatchObject({ error: 'no_such_checkpoint' });
  });
});
