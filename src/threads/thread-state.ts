import type { StateSnapshot } from '@langchain/langgraph';

export interface CheckpointRef {
  thread_id: string;
  checkpoint_ns: string;
  checkpoint_id: string;
  checkpoint_map: Record<string, string> | null;
}

export interface PendingInterrupt {
  id: string;
  value: unknown;
  /** JSON Schema of the answer, where the graph gave one. */
  response_schema?: unknown;
}

export interface ThreadTask {
  id: string;
  name: string;
  path: unknown[];
  error: string | null;
  interrupts: PendingInterrupt[];
  /** Where the task's subgraph keeps its checkpoints. */
  checkpoint: Pick<CheckpointRef, 'thread_id' | 'checkpoint_ns'> | null;
  state: ThreadState | null;
  result: unknown;
}

/** The state of a thread at one checkpoint, as LangGraph clients read it (docs/event-stream.md, State). */
export interface ThreadState {
  values: unknown;
  /** Nodes that would run next; empty when the graph has ended. */
  next: string[];
  tasks: ThreadTask[];
  /** `step`, `source`, `parents` and what the run was given. */
  metadata: Record<string, unknown>;
  /** ISO time of the checkpoint, never of the answer; null without one. */
  created_at: string | null;
  checkpoint: CheckpointRef | null;
  parent_checkpoint: CheckpointRef | null;
  interrupts: PendingInterrupt[];
  checkpoint_id: string | null;
  parent_checkpoint_id: string | null;
}

/** Tells which interrupts a client must not see any more. */
export type IsAnswered = (interruptId: string) => boolean;

/** What of a snapshot becomes a state; a checkpoint read without its graph has the same form. */
export type Snapshot = Pick<
  StateSnapshot,
  'values' | 'next' | 'tasks' | 'config' | 'metadata' | 'createdAt' | 'parentConfig'
>;

type SnapshotTask = Snapshot['tasks'][number];

/** The state of a thread that has no checkpoint. */
export function emptyState(): ThreadState {
  return {
    values: {}, next: [], tasks: [], metadata: {}, created_at: null, checkpoint: null, parent_checkpoint: null,
    interrupts: [], checkpoint_id: null, parent_checkpoint_id: null,
  };
}

/**
 * Maps a snapshot of LangGraph; one of a checkpoint that does not exist gives the empty state.
 * @param subgraphs whether `tasks[].state` is shown; the snapshot may hold subgraphs all the same
 */
export function toThreadState(snapshot: Snapshot, isAnswered: IsAnswered, subgraphs = true): ThreadState {
  if (snapshot.createdAt === undefined) return emptyState();
  const checkpoint = toCheckpointRef(snapshot.config);
  const parent = snapshot.parentConfig ? toCheckpointRef(snapshot.parentConfig) : null;
  const tasks = snapshot.tasks.map((task) => toTask(task, isAnswered, subgraphs));
  return {
    values: snapshot.values as unknown,
    next: [...snapshot.next],
    tasks,
    metadata: { ...snapshot.metadata },
    created_at: snapshot.createdAt,
    checkpoint,
    parent_checkpoint: parent,
    interrupts: tasks.flatMap((task) => task.interrupts),
    checkpoint_id: checkpoint?.checkpoint_id ?? null,
    parent_checkpoint_id: parent?.checkpoint_id ?? null,
  };
}

/** The checkpoint that a config of LangGraph names, or null when it names none. */
export function toCheckpointRef(config: Snapshot['config']): CheckpointRef | null {
  // Picked one by one: `configurable` also holds LangGraph's own objects.
  const {
    thread_id,
    checkpoint_ns = '',
    checkpoint_id,
    checkpoint_map,
  } = (config.configurable ?? {}) as Partial<CheckpointRef>;
  if (thread_id === undefined || checkpoint_id === undefined) return null;
  return { thread_id, checkpoint_ns, checkpoint_id, checkpoint_map: checkpoint_map ?? null };
}

function toTask(task: SnapshotTask, isAnswered: IsAnswered, subgraphs: boolean): ThreadTask {
  const subgraph = task.state as Snapshot | Snapshot['config'] | undefined;
  const snapshot = subgraph !== undefined && 'values' in subgraph ? subgraph : null;
  const state = snapshot ? toThreadState(snapshot, isAnswered, subgraphs) : null;
  const own = task.interrupts.map(toInterrupt).filter((interrupt) => !isAnswered(interrupt.id));
  return {
    id: task.id,
    name: task.name,
    path: [...(task.path ?? [])],
    error: errorText(task.error),
    interrupts: withInner(own, state?.interrupts ?? []),
    checkpoint: namespaceOf(snapshot ? snapshot.config : (subgraph as Snapshot['config'] | undefined)),
    state: subgraphs ? state : null,
    result: task.result ?? null,
  };
}

/**
 * LangGraph keeps one interrupt per task: of several in a subgraph its parent knows only the last, so the subgraph's
 * count.
 */
function withInner(own: PendingInterrupt[], inner: PendingInterrupt[]): PendingInterrupt[] {
  const known = new Set(inner.map(({ id }) => id));
  return [...inner, ...own.filter(({ id }) => !known.has(id))];
}

function toInterrupt({ id, value, response_schema }: SnapshotTask['interrupts'][number]): PendingInterrupt {
  return { id: String(id), value: value as unknown, ...(response_schema === undefined ? {} : { response_schema }) };
}

function namespaceOf(config: Snapshot['config'] | undefined): ThreadTask['checkpoint'] {
  const { thread_id, checkpoint_ns } = (config?.configurable ?? {}) as Partial<CheckpointRef>;
  if (thread_id === undefined || checkpoint_ns === undefined) return null;
  return { thread_id, checkpoint_ns };
}

function errorText(error: unknown): string | null {
  if (error === undefined || error === null) return null;
  if (typeof error === 'string') return error;
  const { message } = error as { message?: unknown };
  return typeof message === 'string' ? message : JSON.stringify(error);
}
