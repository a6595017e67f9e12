import type { RunnableConfig } from '@langchain/core/runnables';
import { Injectable } from '@nestjs/common';
import { EventLog } from '../event-log/event-log.js';
import type { OwnedGraph } from '../graphs/owned-graph.js';
import { stateJson } from '../graphs/state-json.js';
import type { EventDraft } from '../storage/log/event-draft.js';
import { type ThreadState, toThreadState } from './thread-state.js';

/** Tells the readers of a thread's log of a state that was made outside of a run. */
@Injectable()
export class StateEvents {
  constructor(private readonly log: EventLog) {}

  /** Notes that the state was changed, and tells nobody. Waits as `append` does. */
  touch(threadId: string): Promise<void> {
    return this.log.transact(threadId, ({ thread }) => thread.touchState(Date.now()), { waits: true });
  }

  /**
   * Notes a checkpoint that was just made, and appends its `checkpoints` and `values`. It is stored already, so this
   * waits for a database that cannot write.
   */
  async append(threadId: string, graph: OwnedGraph, made: RunnableConfig): Promise<void> {
    const state = toThreadState(await graph.getState(made), () => false);
    const { checkpoint_ns: ns = '' } = (made.configurable ?? {}) as { checkpoint_ns?: string };
    await this.log.transact(threadId, (unit) => {
      unit.thread.touchState(Date.now());
      unit.raiseTimestamp(Date.parse(state.created_at ?? '') || 0);
      for (const draft of stateDrafts(state, ns === '' ? [] : ns.split('|'))) unit.append(draft);
    }, { waits: true });
  }
}

/**
 * The events that tell a state outside of a run, with one timestamp: its checkpoint, and the values there; none for a
 * thread without a checkpoint. Clients drop what is older than the state that they have read, so the thread's
 * timestamp is to be raised to that of the checkpoint first.
 */
export function stateDrafts(state: ThreadState, namespace: readonly string[] = []): EventDraft[] {
  const { checkpoint_id: id, parent_checkpoint_id: parent, metadata, values } = state;
  if (!id) return [];
  const { step, source } = metadata;
  const checkpoint = { id, ...(parent === null ? {} : { parent_id: parent }), step, source };
  const event = { namespace, runId: null, at: Date.now() };
  return [
    { ...event, method: 'checkpoints', data: JSON.stringify(checkpoint) },
    { ...event, method: 'values', data: stateJson(values) },
  ];
}
