import { FRAME_METHOD } from '../../../protocol/stream-mode.js';
import { fieldsOf } from '../../../protocol/fields-of.js';
import type { FrameWriter } from './frame-writer.js';

/** A chunk of LangGraph's own stream: where from, mode, payload. */
type Chunk = readonly [namespace: readonly string[], mode: string, payload: unknown];

/** A stream that LangGraph writes to beside its own, for the modes that it names. */
export interface SideStream {
  readonly modes: ReadonlySet<string>;
  push(chunk: Chunk): void;
}

/**
 * Under this key of `configurable` LangGraph hands its stream on to subgraphs; what is there when a run begins it
 * writes to as well.
 */
export const SIDE_STREAM_KEY = '__pregel_stream';

/** Writes down LangGraph's mode `debug`, all of it or its checkpoints alone; `streamEvents` v3 leaves it out. */
export function debugStream(write: FrameWriter, { checkpointsOnly }: { checkpointsOnly: boolean }): SideStream {
  return {
    modes: new Set(['debug']),
    push([namespace, mode, payload]) {
      // What goes with `values` is handed to every stream.
      if (mode !== 'debug') return;
      const chunk = fieldsOf(payload);
      const isCheckpoint = chunk.type === 'checkpoint';
      if (checkpointsOnly && !isCheckpoint) return;
      const told = isCheckpoint ? { ...chunk, payload: checkpointJson(fieldsOf(chunk.payload)) } : chunk;
      write(FRAME_METHOD.debug, namespace.filter((part) => part !== ''), told);
    },
  };
}

/** A checkpoint as LangGraph writes it on a wire: without what belongs to the process. */
function checkpointJson({ config, parentConfig, tasks, ...fields }: Record<string, unknown>): object {
  return {
    ...fields,
    checkpoint: checkpointOf(config),
    parent_checkpoint: checkpointOf(parentConfig),
    config: configJson(config),
    parent_config: configJson(parentConfig),
    tasks: (Array.isArray(tasks) ? (tasks as Record<string, unknown>[]) : []).map(taskJson),
  };
}

function taskJson({ state, ...task }: Record<string, unknown>): object {
  const checkpoint = checkpointOf(state);
  return checkpoint ? { ...task, checkpoint } : { ...task, ...(state === undefined ? {} : { state }) };
}

function checkpointOf(config: unknown): object | null {
  const { thread_id: threadId, checkpoint_ns, checkpoint_id, checkpoint_map } = fieldsOf(fieldsOf(config).configurable);
  if (!threadId) return null;
  return {
    thread_id: threadId,
    checkpoint_ns: checkpoint_ns || '',
    checkpoint_id: checkpoint_id || null,
    checkpoint_map: checkpoint_map || null,
  };
}

function configJson(config: unknown): unknown {
  const { callbacks: _, configurable, ...fields } = fieldsOf(config);
  if (configurable === undefined) return config;
  const own = Object.entries(fieldsOf(configurable)).filter(
    ([key]) => !key.startsWith('__') && !key.startsWith('langgraph_auth_'),
  );
  return { ...fields, configurable: Object.fromEntries(own) };
}
