import { Injectable } from '@nestjs/common';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { StreamingAvailability } from '../../threads/streaming-availability.js';
import { type ThreadOutline, ThreadRepository } from '../../threads/thread-repository.js';

/** The thread that a command is about, and the graph it is bound to. */
@Injectable()
export class ThreadGraph {
  constructor(private readonly threads: ThreadRepository, private readonly availability: StreamingAvailability) {}

  /** @throws ProtocolError `no_such_run` for a thread that does not exist */
  thread(threadId: string): ThreadOutline {
    const thread = this.threads.outline(threadId);
    if (!thread) throw new ProtocolError('no_such_run', `Thread ${threadId} has had no run yet.`);
    return thread;
  }

  /** @throws ProtocolError `no_such_run` for a thread that no run has bound to a graph */
  of(threadId: string): { graphId: string; assistantId: string } {
    const { graphId, assistantId } = this.thread(threadId);
    if (graphId === null) throw new ProtocolError('no_such_run', `Thread ${threadId} has had no run yet.`);
    this.availability.assertGraph(graphId);
    return { graphId, assistantId: assistantId ?? graphId };
  }
}
