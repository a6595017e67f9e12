import { Injectable } from '@nestjs/common';
import { Checkpointer } from '../storage/checkpointer.js';
import { ProtocolError } from '../protocol/protocol-error.js';

/** Whether a checkpoint that a command names exists. */
@Injectable()
export class CheckpointLookup {
  constructor(private readonly checkpointer: Checkpointer) {}

  /** @throws ProtocolError `no_such_checkpoint` */
  async assert(threadId: string, checkpointId: string, namespace: readonly string[] = []): Promise<void> {
    const tuple = await this.checkpointer.getTuple({
      configurable: { thread_id: threadId, checkpoint_ns: namespace.join('|'), checkpoint_id: checkpointId },
    });
    if (!tuple) throw new ProtocolError('no_such_checkpoint', `Thread ${threadId} has no checkpoint ${checkpointId}.`);
  }
}
