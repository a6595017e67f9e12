import { check, same, show } from '../checks.js';
import type { CaseScope } from '../case-scope.js';
import type { ConformanceCase, Rule } from '../conformance-case.js';
import { isRunning, isTerminal } from '../protocol-event.js';
import { quickInput, said, sample, slowInput } from '../sample-threads.js';
import { cddl, js, python, rest } from '../sources.js';
import { type Answer, type ThreadClient, parse } from '../thread-client.js';

const ENVELOPE: Rule = {
  text: 'A command is answered {type: success, id, result} or {type: error, id, error, message}; both SDKs parse the body of a 200.',
  source: `${cddl('3. Top-Level Message Framing')}; ${js('client/stream/transport/http.ts')}; ${python('stream/transport/http.py')}`,
};
const CODES: Rule = {
  text: 'error is one of the ten codes of ErrorCode; JavaScript makes it ProtocolError.code.',
  source: cddl('3, ErrorCode'),
};
const START: Rule = {
  text: 'run.start starts a run on the thread and answers its run_id; the thread is created lazily.',
  source: cddl('4a. Run Module'),
};
const INJECT: Rule = {
  text: 'input.inject gives the graph a message, also while a run is active.',
  source: cddl('10. Input Module, InputInject'),
};
const MALFORMED: Rule = {
  text: 'Command is {id: uint, method, params}: what is none is the fault of the client, never a 5xx (the 1.12 SDK sends such a command again).',
  source: `${cddl('3, Command')}; ${js('utils/async_caller.ts')}`,
};

export const ERROR_CODES = [
  'invalid_argument',
  'unknown_command',
  'unknown_error',
  'no_such_run',
  'no_such_subscription',
  'no_such_namespace',
  'no_such_interrupt',
  'no_such_checkpoint',
  'permission_denied',
  'not_supported',
];

/** @throws Failure unless the answer is an error of one of the codes (any of the protocol's without a list) */
export function isError(answer: Answer, ...codes: string[]): void {
  check(answer.type === 'error', `answered ${answer.type}: ${show(answer.result)}`);
  check(
    (codes.length === 0 ? ERROR_CODES : codes).includes(answer.error ?? ''),
    `error ${show(answer.error)}: ${answer.message}`,
  );
}

/** A command that must be refused, on a new thread or on the sample of `agent`. */
interface Refusal {
  readonly name: string;
  readonly says: string;
  readonly method: string;
  readonly params?: Record<string, unknown>;
  readonly codes?: string[];
  readonly onSample?: boolean;
  readonly rule?: Rule;
}

const REFUSALS: Refusal[] = [
  {
    name: 'unknown-command',
    says: 'A method that the protocol does not have is unknown_command.',
    method: 'run.fly',
    codes: ['unknown_command'],
    onSample: true,
  },
  {
    name: 'start-without-assistant',
    says: 'run.start without assistant_id is invalid_argument.',
    method: 'run.start',
    params: { input: {} },
    codes: ['invalid_argument'],
  },
  {
    name: 'start-empty-assistant',
    says: 'run.start with an empty assistant_id is invalid_argument.',
    method: 'run.start',
    params: { assistant_id: '', input: {} },
    codes: ['invalid_argument'],
  },
  {
    name: 'start-unknown-assistant',
    says: 'run.start with an assistant that there is not is an error envelope.',
    method: 'run.start',
    params: { assistant_id: 'no_such_graph', input: {} },
  },
  {
    name: 'respond-without-interrupt',
    says: 'input.respond that names no interrupt is invalid_argument.',
    method: 'input.respond',
    params: { namespace: [], response: 'yes' },
    codes: ['invalid_argument', 'no_such_run'],
    onSample: true,
  },
  {
    name: 'respond-without-run',
    says: 'input.respond on a thread without a run is an error envelope.',
    method: 'input.respond',
    params: { namespace: [], interrupt_id: 'a'.repeat(32), response: 1 },
    codes: ['no_such_run', 'no_such_interrupt', 'invalid_argument'],
  },
  {
    name: 'respond-idle-thread',
    says: 'input.respond on a thread that asks nothing is an error envelope.',
    method: 'input.respond',
    params: { namespace: [], interrupt_id: 'a'.repeat(32), response: 1 },
    codes: ['no_such_run', 'no_such_interrupt', 'invalid_argument'],
    onSample: true,
  },
  {
    name: 'inject-without-message',
    says: 'input.inject without a message is invalid_argument.',
    method: 'input.inject',
    params: { namespace: [] },
    codes: ['invalid_argument'],
    onSample: true,
    rule: INJECT,
  },
  {
    name: 'inject-other-role',
    says: 'input.inject with a role other than user or system is invalid_argument.',
    method: 'input.inject',
    params: { namespace: [], message: { role: 'robot', content: 'x' } },
    codes: ['invalid_argument'],
    onSample: true,
    rule: INJECT,
  },
  {
    name: 'inject-without-run',
    says: 'input.inject on a thread without a run is an error envelope.',
    method: 'input.inject',
    params: { namespace: [], message: { role: 'user', content: 'x' } },
    codes: ['no_such_run', 'invalid_argument', 'not_supported'],
    rule: INJECT,
  },
  {
    name: 'subscribe-over-http',
    says: 'subscription.subscribe over HTTP, where there is nothing to subscribe, is no success.',
    method: 'subscription.subscribe',
    params: { channels: ['values'] },
    rule: {
      text: 'WebSocket-only subscription commands: over SSE/HTTP the connection is the subscription.',
      source: cddl('6. Subscription & Event Streaming'),
    },
  },
];

const refusals = REFUSALS.map(
  ({ name, says, method, params, codes = [], onSample, rule = CODES }): ConformanceCase => ({
    id: `commands/${name}`,
    says,
    rule,
    check: async (scope) => {
      const thread = scope.thread(onSample ? (await sample(scope.lab, 'agent')).id : undefined);
      const answer = await thread.command(method, params);
      isError(answer, ...codes);
      check(typeof answer.message === 'string' && answer.message !== '', 'the error has no message');
    },
  }),
);

const MALFORMED_BODIES: [string, string, unknown][] = [
  ['not-json', 'A body that is no JSON', '{"id":1'],
  ['no-method', 'A command without method', { id: 1, params: {} }],
  ['no-id', 'A command without id', { method: 'state.get', params: { namespace: [] } }],
  ['list', 'A list instead of a command', []],
  ['params-no-object', 'A command whose params are no object', { id: 1, method: 'run.start', params: 'x' }],
];

const malformed = MALFORMED_BODIES.map(([name, what, body]): ConformanceCase => ({
  id: `commands/malformed-${name}`, says: `${what} is answered with a 4xx or an error envelope.`, rule: MALFORMED,
  check: async (scope) => {
    const thread = scope.thread();
    const { status, text } = await thread.http('POST', `${thread.path}/commands`, body);
    const isEnvelope = status === 200 && parse<Answer>(text)?.type === 'error';
    check(isEnvelope || (status >= 400 && status < 500), `HTTP ${status}: ${text.slice(0, 200)}`);
  },
}));

const ids = [0, 1, Number.MAX_SAFE_INTEGER].map((id): ConformanceCase => ({
  id: `commands/echoes-id-${id}`,
  says: `The id ${id} comes back.`,
  rule: {
    text: 'The id is an unsigned integer of JavaScript, echoed in the answer.',
    source: cddl('3, Command and CommandResponse'),
  },
  check: async (scope) => {
    const thread = scope.thread();
    const { text } = await thread.http('POST', `${thread.path}/commands`, {
      id,
      method: 'no.such.command',
      params: {},
    });
    same(parse<Answer>(text)?.id, id, 'id');
  },
}));

/** Starts a run in some way and looks at what it did. */
const started = (
  name: string,
  says: string,
  run: (thread: ThreadClient, scope: CaseScope) => Promise<void>,
  rule: Rule = START,
): ConformanceCase => ({
  id: `commands/${name}`,
  says,
  rule,
  check: (scope) => run(scope.thread(), scope),
});

const texts = (values: Record<string, unknown>): string => JSON.stringify(values.messages ?? []);

export const COMMANDS: readonly ConformanceCase[] = [
  ...refusals,
  ...malformed,
  ...ids,
  started(
    'answer-is-json',
    'The answer of a command has the content type application/json.',
    async (thread) => {
      const { headers } = await thread.http('POST', `${thread.path}/commands`, {
        id: 1,
        method: 'no.such.command',
        params: {},
      });
      check(/^application\/json/.test(String(headers['content-type'])), String(headers['content-type']));
    },
    ENVELOPE,
  ),
  started(
    'extra-keys',
    'A command with a key that the server does not know is carried out.',
    async (thread) => {
      const { status, text } = await thread.http('POST', `${thread.path}/commands`, {
        id: 1,
        method: 'run.start',
        params: { assistant_id: 'firehose', input: quickInput('firehose') },
        trace: 'x',
      });
      same([status, parse<Answer>(text)?.type], [200, 'success'], 'status and type');
    },
    { text: 'Command is Extensible.', source: cddl('3, Command') },
  ),
  started('start', 'run.start answers a run_id, and the run runs.', async (thread) => {
    await thread.start('firehose', quickInput('firehose'));
    same((await thread.ended()).params.data.event, 'completed', 'terminal');
  }),
  started('start-creates-the-thread', 'run.start creates a thread that does not exist.', async (thread) => {
    await thread.start('firehose', quickInput('firehose'));
    same((await thread.http('GET', thread.path)).status, 200, 'status of GET /threads/:id');
  }),
  started('start-on-a-created-thread', 'run.start runs on a thread that POST /threads has created.', async (thread) => {
    const { status } = await thread.http('POST', '/threads', { thread_id: thread.id, metadata: {} });
    same(status, 200, 'status of POST /threads');
    await thread.start('firehose', quickInput('firehose'));
    await thread.ended();
  }),
  started(
    'run-is-known',
    'The run_id of run.start is known to the REST API, which stop() of the SDK uses.',
    async (thread) => {
      const runId = await thread.start('firehose', quickInput('firehose'));
      const { status, text } = await thread.http('GET', `${thread.path}/runs/${runId}`);
      same([status, parse<{ run_id: string }>(text)?.run_id], [200, runId], 'status and run_id');
    },
    { text: 'stop() posts to /threads/:id/runs/:run_id/cancel with the run_id of run.start.', source: rest('runs') },
  ),
  started(
    'start-answers-at-once',
    'run.start answers before the run is over.',
    async (thread) => {
      const start = Date.now();
      await thread.start('firehose', slowInput(3_000));
      check(Date.now() - start < 1_500, `answered after ${Date.now() - start} ms`);
    },
    {
      text: 'The SDK opens its streams only once run.start is answered.',
      source: js('client/stream/index.ts, run start gate'),
    },
  ),
  started('input-reaches-the-graph', 'The input of run.start reaches the graph.', async (thread) => {
    await thread.start('firehose', { messages: said('a word'), tokens: 3, custom: 0 });
    await thread.ended();
    const { values } = await thread.state();
    check(texts(values).includes('a word') && texts(values).includes('tok2'), texts(values).slice(0, 300));
  }),
  started(
    'config-reaches-the-graph',
    'config.recursion_limit of run.start is applied.',
    async (thread) => {
      await thread.start('agent', quickInput('agent'), { config: { recursion_limit: 1 } });
      same((await thread.ended()).params.data.event, 'failed', 'terminal');
    },
    { text: 'config: per-run config overrides.', source: cddl('4a, RunStartParams') },
  ),
  started(
    'metadata-is-kept',
    'metadata of run.start is kept with the run.',
    async (thread) => {
      const runId = await thread.start('firehose', quickInput('firehose'), { metadata: { colour: 'green' } });
      const { text } = await thread.http('GET', `${thread.path}/runs/${runId}`);
      same(parse<{ metadata: Record<string, unknown> }>(text)?.metadata?.colour, 'green', 'metadata.colour');
    },
    { text: 'metadata: per-run metadata.', source: cddl('4a, RunStartParams') },
  ),
  started(
    'assistant-by-graph-id',
    'assistant_id takes the id of an assistant as well as the name of its graph.',
    async (thread) => {
      const { text } = await thread.rest('POST', '/assistants/search', { graph_id: 'firehose', limit: 1 });
      const id = parse<{ assistant_id: string }[]>(text)?.[0]?.assistant_id;
      check(typeof id === 'string', `assistants/search answered ${text.slice(0, 200)}`);
      await thread.start(id, quickInput('firehose'));
      same((await thread.ended()).params.data.event, 'completed', 'terminal');
    },
    {
      text: 'assistant_id identifies the deployed graph or agent.',
      source: `${cddl('4a. Run Module')}; ${rest('assistants')}`,
    },
  ),
  started(
    'start-from-a-checkpoint',
    'config.configurable.checkpoint_id starts from that checkpoint.',
    async (thread) => {
      for (const [count, word] of ['first', 'second'].entries()) {
        await thread.start('firehose', { messages: said(word), tokens: 1, custom: 0 });
        await thread.ended(count + 1);
      }
      const { text } = await thread.http('POST', `${thread.path}/history`, { limit: 50 });
      const states =
        parse<{ values: { messages?: unknown[] }; next: string[]; checkpoint: { checkpoint_id: string } }[]>(text) ??
        [];
      const end = states.find(({ next, values }) => next.length === 0 && values.messages?.length === 2);
      check(end, 'the history has no state at the end of run 1');
      await thread.start(
        'firehose',
        { messages: said('other'), tokens: 1, custom: 0 },
        { config: { configurable: { checkpoint_id: end.checkpoint.checkpoint_id } } },
      );
      await thread.ended(3);
      const forked = texts((await thread.state()).values);
      same(
        [forked.includes('first'), forked.includes('second'), forked.includes('other')],
        [true, false, true],
        'first, second and other in the state',
      );
      await thread.start('firehose', { messages: said('later'), tokens: 1, custom: 0 });
      await thread.ended(4);
      const later = texts((await thread.state()).values);
      same(
        [later.includes('other'), later.includes('later')],
        [true, true],
        'after one more run without checkpoint_id, other and later in the state',
      );
    },
    {
      text: 'forkFrom is sent as config.configurable.checkpoint_id: per-run config, it holds for this run only.',
      source: `${js('client/stream/index.ts')}; ${cddl('4a, RunStartParams.config')}`,
    },
  ),
  started(
    'inject-idle',
    'input.inject on an idle thread runs the graph with that message.',
    async (thread) => {
      await thread.start('agent', quickInput('agent'));
      await thread.ended(1);
      await thread.does('input.inject', { namespace: [], message: { role: 'user', content: 'And in Paris?' } });
      await thread.ended(2);
      check(texts((await thread.state()).values).includes('And in Paris?'), 'the message is not in the state');
    },
    INJECT,
  ),
  started(
    'inject-busy',
    'input.inject while a run is active reaches the state, and every run ends.',
    async (thread) => {
      await thread.start('firehose', slowInput(600));
      await thread.does('input.inject', { namespace: [], message: { role: 'user', content: 'one more thing' } });
      const stream = await thread.stream({ since: 0 });
      await stream.until(isTerminal, 'the terminal');
      await stream.arrivals.quiet(600);
      const count = (fits: typeof isRunning): number => stream.events.filter(fits).length;
      same(count(isTerminal), count(isRunning), 'terminals');
      check(texts((await thread.state()).values).includes('one more thing'), 'the message is not in the state');
    },
    INJECT,
  ),
];
