import { Injectable } from '@nestjs/common';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { StreamingAvailability } from '../../threads/streaming-availability.js';
import type { ThreadOutline } from '../../storage/rows/thread.js';
import { ThreadStorage } from '../../storage/thread-storage.js';

/** The thread that a command is about, and the graph it is bound to. */
@Injectable()
export class ThreadGraph {
  constructor(private readonly threads: ThreadStorage, private readonly availability: StreamingAvailability) {}

  /** @throws ProtocolError `no_such_run` for a thread that does not exist */
  async thread(threadId: string): Promise<ThreadOutline> {
    const thread = await this.threads.outline(threadId);
    if (!thread) throw new ProtocolError('no_such_run', `Thread ${threadId} has had no run yet.`);
    return thread;
  }

  /** @throws ProtocolError `no_such_run` for a thread that no run has bound to a graph */
  async of(threadId: string): Promise<{ graphId: string; assistantId: string }> {
    const { graphId, assistantId } = await this.thread(threadId);
    if (graphId === null) throw new ProtocolError('no_such_run', `Thread ${threadId} has had no run yet.`);
    this.availability.assertGraph(graphId);
    return { graphId, assistantId: assistantId ?? graphId };
  }
}
