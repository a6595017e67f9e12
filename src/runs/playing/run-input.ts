import { Command, Send } from '@langchain/langgraph';
import { callConfig, withoutUndefined } from '../../graphs/call-config.js';
import type { RootCheckpoint } from '../../storage/checkpointer.js';
import type { GraphInput, GraphStreamOptions } from '../../graphs/loading/compiled-graph.js';
import type { Run, RunCommand } from '../../storage/rows/run.js';

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
  const { input, command, config, interruptBefore, interruptAfter, durability } = run.kwargs;
  const { checkpoint_id: fork } = (config.configurable ?? {}) as Record<string, unknown>;
  const call = callConfig(run);
  const startsThere = goesOn || fork === undefined ? {} : { checkpoint_id: fork };
  return {
    input: goesOn ? null : command ? toCommand(command) : (input as GraphInput),
    options: {
      ...call,
      ...withoutUndefined({ interruptBefore, interruptAfter, durability }),
      configurable: { ...call.configurable, ...startsThere },
      version: 'v3',
      signal,
    },
  };
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
