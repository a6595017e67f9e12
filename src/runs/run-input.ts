import { Command, Send } from '@langchain/langgraph';
import type { RootCheckpoint } from '../graphs/checkpointer.js';
import type { GraphInput, GraphStreamOptions } from '../graphs/compiled-graph.js';
import type { Run, RunCommand } from './run.js';

/** Keys of `configurable` that name a place in a checkpoint tree, or the caller; they are the server's to set. */
const OWN_KEYS = /^(?:thread_id|checkpoint_ns|checkpoint_map|checkpoint_id|langgraph_auth_.*|__pregel_.*)$/;

/** What the graph is called with. */
export interface RunCall {
  readonly input: GraphInput;
  readonly options: GraphStreamOptions;
}

/**
 * Decides what a start of the run gives the graph: its input, or, when an earlier attempt already moved the thread's
 * newest root checkpoint, nothing (null), so that the graph goes on from there and no message is added twice.
 */
export function runCall(run: Run, newest: RootCheckpoint | null, signal: AbortSignal): RunCall {
  const goesOn = run.started && (newest?.id ?? null) !== run.startCheckpointId;
  const { config, context, input, command, interruptBefore, interruptAfter, durability } = run.kwargs;
  const configurable = (config.configurable ?? {}) as Record<string, unknown>;
  const own = Object.fromEntries(Object.entries(configurable).filter(([key]) => !OWN_KEYS.test(key)));
  const fork = goesOn ? undefined : configurable.checkpoint_id;
  return {
    input: goesOn ? null : command ? toCommand(command) : (input as GraphInput),
    options: withoutUndefined({
      version: 'v3' as const,
      signal,
      configurable: {
        ...own,
        thread_id: run.threadId,
        run_id: run.runId,
        graph_id: run.graphId,
        assistant_id: run.assistantId,
        ...(run.owner === null ? {} : { langgraph_auth_user_id: run.owner, langgraph_auth_user: { identity: run.owner } }),
        ...(fork === undefined ? {} : { checkpoint_id: fork }),
      },
      context,
      interruptBefore,
      interruptAfter,
      durability,
      recursionLimit: config.recursion_limit as number | undefined,
      tags: config.tags as string[] | undefined,
      metadata: { ...(config.metadata as Record<string, unknown> | undefined), run_id: run.runId },
    }),
  };
}

/** An undefined option would wipe the graph's own default. */
function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as T;
}

/** LangGraph's own Command; a `goto` of `{node, input}` sends that input to the node. */
function toCommand({ resume, update, goto }: RunCommand): Command {
  return new Command(
    withoutUndefined({
      resume,
      update: update as Record<string, unknown> | undefined,
      goto: Array.isArray(goto) ? goto.map(toTarget) : goto === undefined ? undefined : toTarget(goto),
    }),
  );
}

function toTarget(target: unknown): string | Send {
  if (typeof target === 'string') return target;
  const { node, input } = target as { node: string; input?: unknown };
  return new Send(node, input);
}
