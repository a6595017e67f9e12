import type { RunnableConfig } from '@langchain/core/runnables';
import { Injectable } from '@nestjs/common';
import { EventLog } from '../event-log/event-log.js';
import type { OwnedGraph } from '../graphs/owned-graph.js';
import { stateJson } from '../graphs/state-json.js';

/** Tells the readers of a thread's log of a state that was made outside of a run. */
@Injectable()
export class StateEvents {
  constructor(private readonly log: EventLog) {}

  /**
   * Appends `checkpoints` and `values` of a checkpoint that was just made, with one timestamp that is not below that of
   * the checkpoint: clients drop what is older than the state that they have read.
   * @throws StorageUnavailableError; the checkpoint stays
   */
  async append(threadId: string, graph: OwnedGraph, made: RunnableConfig): Promise<void> {
    const state = await graph.getState(made);
    const { config, metadata, parentConfig, createdAt } = state;
    const id = (config.configurable as { checkpoint_id?: string } | undefined)?.checkpoint_id;
    if (id === undefined) return;
    const parent = parentConfig?.configurable?.['checkpoint_id'] as string | undefined;
    const data = {
      id, ...(parent === undefined ? {} : { parent_id: parent }), step: metadata?.step, source: metadata?.source,
    };
    const at = Math.max(Date.now(), createdAt === undefined ? 0 : Date.parse(createdAt));
    const event = { namespace: [], runId: null, at };
    await this.log.append(threadId, [
      { ...event, method: 'checkpoints', data: JSON.stringify(data) },
      { ...event, method: 'values', data: stateJson(state.values) },
    ]);
  }
}
