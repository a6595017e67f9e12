import { check, same, show } from '../checks.js';
import type { CaseScope } from '../case-scope.js';
import type { ConformanceCase, Rule } from '../conformance-case.js';
import { of } from '../protocol-event.js';
import { quickInput, said, sample, slowInput, twoRuns } from '../sample-threads.js';
import { cddl } from '../sources.js';
import { isError } from './commands.js';

const GET: Rule = {
  text: 'state.get {namespace, keys?} answers {values, checkpoint?: {id, ns?}}.',
  source: cddl('11. State Module, StateGet'),
};
const LIST: Rule = {
  text: 'state.listCheckpoints {namespace?, limit?, before?} answers {checkpoints: [{id, timestamp, step}]}.',
  source: cddl('11. State Module, StateListCheckpoints'),
};
const FORK: Rule = {
  text: 'state.fork {checkpoint_id, input?, config?} answers {run_id, thread_id}.',
  source: cddl('11. State Module, StateFork'),
};
const TREE: Rule = {
  text: 'agent.getTree {run_id?} answers {tree: {namespace, status, graph_name, children?}}.',
  source: cddl('7, AgentGetTree'),
};

interface Summary {
  readonly id: string;
  readonly timestamp: string;
  readonly step: number;
}

interface Tree {
  readonly namespace: string[];
  readonly status: string;
  readonly graph_name: string;
  readonly children?: Tree[];
}

const onAgent = (
  name: string,
  says: string,
  rule: Rule,
  run: (thread: ReturnType<CaseScope['thread']>, scope: CaseScope) => Promise<void>,
): ConformanceCase => ({
  id: `commands/${name}`,
  says,
  rule,
  check: async (scope) => run(scope.thread((await sample(scope.lab, 'agent')).id), scope),
});

const onNew = (
  name: string,
  says: string,
  rule: Rule,
  run: (thread: ReturnType<CaseScope['thread']>, scope: CaseScope) => Promise<void>,
): ConformanceCase => ({
  id: `commands/${name}`,
  says,
  rule,
  check: (scope) => run(scope.thread(), scope),
});

const list = async (
  thread: ReturnType<CaseScope['thread']>,
  params: Record<string, unknown> = {},
): Promise<Summary[]> => {
  const { checkpoints } = await thread.does('state.listCheckpoints', params);
  check(Array.isArray(checkpoints), `checkpoints is ${show(checkpoints)}`);
  return checkpoints as Summary[];
};

/** A thread with one finished run of `firehose`, its checkpoints listed. */
async function finished(scope: CaseScope) {
  const thread = scope.thread();
  await thread.start('firehose', { messages: said('first'), tokens: 2, custom: 0 });
  await thread.ended(1);
  return { thread, checkpoints: await list(thread, { namespace: [] }) };
}

export const STATE_COMMANDS: readonly ConformanceCase[] = [
  onAgent('state-get', 'state.get answers the values of the thread.', GET, async (thread) => {
    const { values } = await thread.does('state.get', { namespace: [] });
    check(Array.isArray((values as { messages?: unknown })?.messages), show(values));
  }),
  onAgent('state-get-checkpoint', 'state.get names the checkpoint of the values.', GET, async (thread) => {
    const { checkpoint } = await thread.does('state.get', { namespace: [] });
    same(
      (checkpoint as { id?: unknown } | undefined)?.id,
      ((await thread.state()).checkpoint as { checkpoint_id: string }).checkpoint_id,
      'checkpoint.id',
    );
  }),
  onAgent('state-get-keys', 'state.get with keys answers these values alone.', GET, async (thread) => {
    const { values } = await thread.does('state.get', { namespace: [], keys: ['messages'] });
    same(Object.keys(values as object), ['messages'], 'keys');
  }),
  onAgent(
    'state-get-other-keys',
    'state.get with a key that the state does not have answers without it.',
    GET,
    async (thread) => {
      const { values } = await thread.does('state.get', { namespace: [], keys: ['no_such_key'] });
      check(
        (values as Record<string, unknown>).no_such_key == null && !('messages' in (values as object)),
        show(values),
      );
    },
  ),
  onAgent(
    'state-get-no-namespace',
    'state.get of a namespace that there is not is no_such_namespace.',
    GET,
    async (thread) =>
      isError(await thread.command('state.get', { namespace: ['no_such_node:1'] }), 'no_such_namespace'),
  ),
  {
    id: 'commands/state-get-namespace',
    says: 'state.get of a subgraph that waits answers the values of the subgraph.',
    rule: GET,
    check: async (scope) => {
      const { id, events } = await sample(scope.lab, 'approval');
      const namespace = events
        .find(({ params }) => params.namespace[0]?.startsWith('legal'))
        ?.params.namespace.slice(0, 1);
      check(namespace, 'no event has a namespace of legal');
      const { values } = await scope.thread(id).does('state.get', { namespace });
      check(!('messages' in (values as object)), `the values are those of the root: ${show(values)}`);
    },
  },
  onNew(
    'state-get-unknown-thread',
    'state.get on a thread that does not exist is an error envelope.',
    GET,
    async (thread) => isError(await thread.command('state.get', { namespace: [] })),
  ),
  onAgent('list', 'state.listCheckpoints lists checkpoints, each with id, ISO time and step.', LIST, async (thread) => {
    const all = await list(thread, { namespace: [] });
    check(all.length >= 3, `${all.length} checkpoints`);
    const wrong = all.find(
      ({ id, timestamp, step }) =>
        typeof id !== 'string' ||
        Number.isNaN(Date.parse(timestamp)) ||
        !/^\d{4}-\d\d-\d\dT/.test(timestamp) ||
        !Number.isSafeInteger(step),
    );
    check(!wrong, show(wrong));
  }),
  onAgent('list-limit', 'state.listCheckpoints keeps to its limit.', LIST, async (thread) =>
    same((await list(thread, { namespace: [], limit: 2 })).length, 2, 'checkpoints'),
  ),
  onAgent('list-before', 'state.listCheckpoints goes on with before, without repeating any.', LIST, async (thread) => {
    const all = await list(thread, { namespace: [], limit: 100 });
    const pages: Summary[] = [];
    for (
      let page = await list(thread, { namespace: [], limit: 2 });
      page.length > 0;
      page = await list(thread, { namespace: [], limit: 2, before: pages.at(-1)?.id })
    ) {
      pages.push(...page);
      check(pages.length <= all.length, 'the pages repeat checkpoints');
    }
    same(
      pages.map(({ id }) => id),
      all.map(({ id }) => id),
      'the pages together',
    );
  }),
  onAgent(
    'list-matches-the-channel',
    'The checkpoints of the channel are among those that state.listCheckpoints lists.',
    LIST,
    async (thread, scope) => {
      const { events } = await sample(scope.lab, 'agent');
      const known = new Set((await list(thread, { namespace: [], limit: 100 })).map(({ id }) => id));
      const announced = events
        .filter(of('checkpoints'))
        .filter(({ params }) => params.namespace.length === 0)
        .map(({ params }) => String(params.data.id));
      check(announced.length > 0, 'no checkpoints event');
      same(
        announced.filter((id) => !known.has(id)),
        [],
        'announced checkpoints that are not listed',
      );
    },
  ),
  onNew(
    'list-unknown-thread',
    'state.listCheckpoints on a thread that does not exist is an error envelope or an empty list.',
    LIST,
    async (thread) => {
      const answer = await thread.command('state.listCheckpoints', { namespace: [] });
      if (answer.type === 'error') return check(answer.error !== 'unknown_command', 'unknown_command');
      same(answer.result?.checkpoints, [], 'checkpoints');
    },
  ),
  {
    id: 'commands/fork',
    says: 'state.fork starts a run from the checkpoint and answers its run and thread.',
    rule: FORK,
    check: async (scope) => {
      const { thread, checkpoints } = await finished(scope);
      const result = await thread.does('state.fork', {
        checkpoint_id: checkpoints[0]?.id,
        input: { messages: said('forked'), tokens: 1, custom: 0 },
      });
      check(typeof result.run_id === 'string' && typeof result.thread_id === 'string', show(result));
      const target = scope.thread(result.thread_id);
      await target.ended(result.thread_id === thread.id ? 2 : 1);
      check(JSON.stringify((await target.state()).values.messages).includes('forked'), 'the input is not in the state');
    },
  },
  {
    id: 'commands/fork-without-input',
    says: 'state.fork without input plays on from the checkpoint.',
    rule: FORK,
    check: async (scope) => {
      const { thread, checkpoints } = await finished(scope);
      const before = checkpoints.find(({ step }) => step === 0);
      check(before, `no checkpoint of step 0 in ${show(checkpoints)}`);
      const { thread_id: id } = await thread.does('state.fork', { checkpoint_id: before.id });
      const target = scope.thread(String(id));
      await target.ended(id === thread.id ? 2 : 1);
      same(((await target.state()).values.messages as unknown[]).length, 2, 'messages');
    },
  },
  onAgent(
    'fork-unknown-checkpoint',
    'state.fork of a checkpoint that the thread does not have is no_such_checkpoint.',
    FORK,
    async (thread) =>
      isError(
        await thread.command('state.fork', { checkpoint_id: '1f000000-0000-6000-8000-000000000000' }),
        'no_such_checkpoint',
      ),
  ),
  onAgent('fork-without-checkpoint', 'state.fork without checkpoint_id is invalid_argument.', FORK, async (thread) =>
    isError(await thread.command('state.fork', {}), 'invalid_argument'),
  ),
  {
    id: 'commands/tree',
    says: 'agent.getTree answers the tree of a run that has ended.',
    rule: TREE,
    check: async (scope) => {
      const { id, runId } = await sample(scope.lab, 'research');
      const { tree } = (await scope.thread(id).does('agent.getTree', { run_id: runId })) as unknown as { tree: Tree };
      same(
        [tree?.namespace, tree?.status, typeof tree?.graph_name],
        [[], 'completed', 'string'],
        'namespace, status and type of graph_name',
      );
    },
  },
  {
    id: 'commands/tree-children',
    says: 'agent.getTree has the subgraphs of the run as children, below each other.',
    rule: TREE,
    check: async (scope) => {
      const { id, runId } = await sample(scope.lab, 'research');
      const { tree } = (await scope.thread(id).does('agent.getTree', { run_id: runId })) as unknown as { tree: Tree };
      const children = (tree?.children ?? []).filter(({ namespace }) => namespace[0]?.startsWith('investigate'));
      same(children.length, 3, 'children of investigate');
      const deep = children.flatMap((child) => child.children ?? []);
      check(
        deep.every(({ namespace }) => namespace.length === 2),
        show(deep[0]),
      );
    },
  },
  {
    id: 'commands/tree-of-an-earlier-run',
    says: 'agent.getTree with a run_id answers that run, not the newest.',
    rule: TREE,
    check: async (scope) => {
      const thread = scope.thread();
      const first = await thread.start('agent', quickInput('agent'), { config: { recursion_limit: 1 } });
      await thread.ended(1);
      await thread.start('agent', quickInput('agent'));
      await thread.ended(2);
      const { tree } = (await thread.does('agent.getTree', { run_id: first })) as unknown as { tree: Tree };
      same(tree?.status, 'failed', 'status');
    },
  },
  onNew('tree-of-an-active-run', 'agent.getTree without run_id answers the run that goes on.', TREE, async (thread) => {
    const stream = await thread.stream();
    await thread.start('firehose', slowInput(2_000));
    await stream.untilCount(of('messages'), 2, 'two messages events');
    const { tree } = (await thread.does('agent.getTree')) as unknown as { tree: Tree };
    same(tree?.status, 'running', 'status');
  }),
  {
    id: 'commands/tree-unknown-run',
    says: 'agent.getTree of a run that the thread does not have is no_such_run.',
    rule: TREE,
    check: async (scope) =>
      isError(
        await scope
          .thread((await twoRuns(scope.lab)).id)
          .command('agent.getTree', { run_id: '01a00000-0000-7000-8000-000000000000' }),
        'no_such_run',
      ),
  },
  onNew('tree-without-run', 'agent.getTree on a thread without a run is no_such_run.', TREE, async (thread) =>
    isError(await thread.command('agent.getTree', {}), 'no_such_run'),
  ),
];
