import { Injectable, UnprocessableEntityException } from '@nestjs/common';
import type { Caller } from '../../auth/caller.js';
import { Ownership } from '../../auth/ownership.js';
import { isThreadId, THREAD_ID_RULE } from '../../protocol/thread-id.js';
import { StreamingAvailability } from '../../threads/streaming-availability.js';
import { ThreadRepository } from '../../threads/thread-repository.js';
import type { Chunk, FollowSource } from '../../delivery/follow.js';

/** Who may open a stream on a thread, whatever the transport. A thread that does not exist yet is anybody's. */
@Injectable()
export class StreamAdmission {
  constructor(
    private readonly availability: StreamingAvailability,
    private readonly threads: ThreadRepository,
    private readonly ownership: Ownership,
  ) {}

  /**
   * @throws HttpException: 422 for a malformed thread id, 503 when streaming cannot be served, 404 for another's thread
   */
  assert(threadId: string, caller: Caller): void {
    if (!isThreadId(threadId)) throw new UnprocessableEntityException(`A thread id is ${THREAD_ID_RULE}`);
    this.availability.assert(threadId);
    const thread = this.threads.ownerOf(threadId);
    if (thread) this.ownership.assert(thread, caller, `Thread ${threadId}`);
  }

  /**
   * Whether the thread is the caller's, or does not exist yet: it may have become another's since a stream was opened.
   */
  isOpenTo(threadId: string, caller: Caller): boolean {
    const thread = this.threads.ownerOf(threadId);
    return thread === null || this.ownership.mayAccess(thread.owner, caller);
  }

  /** The stream as the list of open streams holds it: at its heartbeat it goes if the thread has become another's. */
  guardedBeat<S extends { heartbeat(): void; cut(): void }>(
    stream: S,
    threadId: string,
    caller: Caller,
    onLost: () => void,
  ): Pick<S, 'heartbeat' | 'cut'> {
    return {
      heartbeat: () => (this.isOpenTo(threadId, caller) ? stream.heartbeat() : onLost()),
      cut: () => stream.cut(),
    };
  }

  /**
   * The same view for a stream that was opened before its thread existed: nothing is read from it once another owner
   * has made the thread.
   * @param onLost called then, instead of anything being sent
   */
  guard<C extends Chunk>(
    source: FollowSource<C>,
    threadId: string,
    caller: Caller,
    onLost: () => void,
  ): FollowSource<C> {
    let known = this.threads.ownerOf(threadId) !== null;
    const isOurs = (): boolean => {
      if (known) return true;
      const thread = this.threads.ownerOf(threadId);
      if (thread && !this.ownership.mayAccess(thread.owner, caller)) return false;
      known = thread !== null;
      return true;
    };
    return {
      head: () => source.head(),
      read: (after, maxBytes) => {
        if (isOurs()) return source.read(after, maxBytes);
        onLost();
        return { chunk: null, through: source.head() };
      },
      live: (listener, failed) => source.live((batch) => (isOurs() ? listener(batch) : onLost()), failed),
    };
  }
}
