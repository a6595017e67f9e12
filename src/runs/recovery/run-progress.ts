import { Injectable } from '@nestjs/common';
import type { CheckpointTuple } from '@langchain/langgraph-checkpoint';
import { Checkpointer } from '../../storage/checkpointer.js';

/** Tells whether a run's graph got anywhere. */
@Injectable()
export class RunProgress {
  constructor(private readonly checkpointer: Checkpointer) {}

  /**
   * Whether the root graph of the thread has finished a step since `checkpointId` was its newest checkpoint. That it
   * took its input is none: LangGraph saves a checkpoint with it, and, but for a functional graph, one after its own
   * first step.
   */
  async isMade(threadId: string, checkpointId: string | null): Promise<boolean> {
    if (((await this.checkpointer.newestRootCheckpoint(threadId))?.id ?? null) === checkpointId) return false;
    const newest: CheckpointTuple[] = [];
    const config = { configurable: { thread_id: threadId, checkpoint_ns: '' } };
    for await (const tuple of this.checkpointer.list(config, { limit: 2 })) newest.push(tuple);
    const [last, before] = newest;
    return last?.metadata?.source === 'loop' && before?.metadata?.source !== 'input';
  }
}
